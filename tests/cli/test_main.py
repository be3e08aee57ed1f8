"""The command itself: help, lazy verbs, failures."""

import os
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import pytest
import typer
from cli.conftest import Command

from mattekit.batch.failures import Failure
from mattekit.cli import main
from mattekit.cli.output import attempt, exit_code
from mattekit.core.errors import BadArgument, BadImage

PYTHON = [sys.executable, "-m", "mattekit"]


def run(*words: object, **options: object) -> subprocess.CompletedProcess[str]:
    line = [*PYTHON, *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, timeout=300, **options)


def test_help_lists_every_verb_in_one_line(mattekit: Command) -> None:
    text = mattekit("--help").stdout
    for verb, (_, summary) in main.VERBS.items():
        assert f"\n  {verb:<10}  {summary}\n" in text


def test_options_are_listed_under_the_headings_of_their_groups(mattekit: Command) -> None:
    sections = mattekit("cutout", "--help").stdout.split("\n\n")
    options = {part.splitlines()[0]: part for part in sections if part.strip()}
    assert "  --trimap " in options["What is known of the subject:"]
    assert "  --crop " in options["What is done to a finished cut-out:"]
    assert "  --ledger " in options["Many inputs:"]
    assert "  --json " in options["Existing results and messages:"]
    assert "  --model " in options["Options:"]


def test_help_imports_no_verb_and_nothing_heavy() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from mattekit.cli.main import app; "
        "CliRunner().invoke(app, ['--help']); "
        "print([n for n in ('numpy', 'cv2', 'torch', 'mattekit.cli.cutout') if n in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("verb", ["models", "ledger", "recipe"])
def test_what_a_word_of_a_verb_does_is_one_whole_line(mattekit: Command, verb: str) -> None:
    commands = mattekit(verb, "--help").stdout.partition("Commands:\n")[2].splitlines()
    assert len(commands) > 1
    assert all(line.endswith(".") and not line.endswith("...") for line in commands)


@pytest.mark.parametrize("verb", main.VERBS)
def test_every_verb_has_help_of_its_own(mattekit: Command, verb: str) -> None:
    result = mattekit(verb, "--help")
    assert result.exit_code == 0
    assert verb in result.stdout.splitlines()[0]


def test_a_verb_with_words_of_its_own_runs_them(capsys: pytest.CaptureFixture[str]) -> None:
    def show(name: Annotated[str, typer.Argument()]) -> None:
        typer.echo(f"shown {name}")

    group = main.command_of("models", {"list": lambda: None, "show": show}, "Models")
    group.main(["show", "compact"], prog_name="models", standalone_mode=False)
    assert capsys.readouterr().out == "shown compact\n"
    group.main(["--help"], prog_name="models", standalone_mode=False)
    assert "  Models.\n" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["cutuot"], ["doctor", "--colour"], ["trimap"]])
def test_a_line_that_cannot_be_read_is_a_usage_error(mattekit: Command, words: list[str]) -> None:
    result = mattekit(*words)
    assert result.exit_code == 2
    assert "Error: " in result.stderr


def test_a_mistyped_verb_is_answered_with_the_one_that_was_meant(
    mattekit: Command, tmp_path: Path
) -> None:
    assert "did you mean cutout?" in mattekit("cutot", "cat.jpg").stderr
    (tmp_path / "my cat.jpg").touch()
    said = mattekit(tmp_path / "my cat.jpg").stderr
    assert f"did you mean: mattekit cutout '{tmp_path / 'my cat.jpg'}'" in said
    assert "there is no command 'xyz'; choose cutout, " in mattekit("xyz").stderr


def test_photos_must_be_named(mattekit: Command) -> None:
    result = mattekit("cutout")
    assert result.exit_code == 2
    assert "name the photos" in result.stderr


def test_an_address_is_refused_with_its_slashes(mattekit: Command) -> None:
    result = mattekit("cutout", "https://example.org/a.jpg")
    assert result.exit_code == 2
    assert "https://example.org/a.jpg is an address, not a file; download it" in result.stderr


def test_text_that_could_steer_a_terminal_is_written_out(mattekit: Command, files: Path) -> None:
    odd = files / "cat\x1b[2J\n.png"
    odd.write_bytes(b"no picture")
    result = mattekit("trimap", odd, "-o", files / "out")
    assert "\x1b" not in result.stderr
    assert "cat\\x1b[2J\\n.png" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "remark"),
    [
        (["trimap", "{}/alpha.png", "--output-folder", "{}/out"],
         "--output-folder is now --output"),
        (["trimap", "{}/alpha.png", "--output-folder={}/out"], "--output-folder is now --output"),
        (["predict", "--images", "{}/photo.png", "--trimaps", "{}/trimap.png", "-o", "{}/out"],
         "--trimaps is now --trimap"),
        (["predict", "{}/photo.png", "--trimap", "{}/trimap.png", "-o", "{}/out", "--output",
          "alpha"], "--output is now --save"),
        (["evaluate", "--predicted", "{}/alpha.png", "--true", "{}/alpha.png",
          "--protocol", "gfm", "--json", "{}/out.json"], "--json is now --output"),
    ],
)  # fmt: skip
def test_old_spellings_work_for_one_release_and_say_so(
    mattekit: Command, files: Path, words: list[str], remark: str
) -> None:
    result = mattekit(*(word.format(files) for word in words))
    assert result.exit_code == 0, result.stderr
    assert f"mattekit: {remark}; the old spelling ends with the next release" in result.stderr
    assert list(files.glob("out*"))


def test_the_version_is_that_of_the_package(mattekit: Command) -> None:
    assert mattekit("--version").stdout == f"mattekit {version('mattekit')}\n"


@pytest.mark.parametrize(
    ("error", "sentence", "code"),
    [
        (BadImage("cat.png is broken; expected a picture"), "cat.png is broken", 1),
        (BadArgument("a band of -3 pixels; give 0 or more"), "a band of -3", 2),
        (MemoryError(), "out of memory", 1),
        (KeyboardInterrupt(), "stopped by Ctrl-C", 130),
        (ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn"), "mattekit[torch]", 1),
        (PermissionError(13, "Permission denied", "out.png"), "out.png: permission denied", 1),
        (ZeroDivisionError("division by zero"), "unexpected ZeroDivisionError", 1),
    ],
)
def test_any_failure_is_one_sentence_and_an_exit_code(
    error: BaseException, sentence: str, code: int
) -> None:
    def fail() -> None:
        raise error

    failure = attempt(fail)
    assert isinstance(failure, Failure)
    assert sentence in failure.sentence
    assert "\n" not in failure.sentence
    assert exit_code(failure) == code


def test_the_ways_of_typer_to_end_a_command_pass() -> None:
    def leave() -> None:
        raise typer.Exit(7)

    with pytest.raises(typer.Exit):
        attempt(leave)


@pytest.mark.slow
def test_a_failure_shows_no_traceback_unless_asked_wherever_debug_stands() -> None:
    plain = run("composite", "none.png", "none.png", "white", "-o", "x.png")
    assert plain.returncode == 1
    assert plain.stderr == "none.png does not exist; expected a picture\n"
    debug = run("composite", "none.png", "none.png", "white", "-o", "x.png", "--debug")
    assert "Traceback" in debug.stderr


@pytest.mark.slow
@pytest.mark.posix
def test_a_full_disk_is_a_sentence_and_leaves_no_file(files: Path) -> None:
    import resource

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60, 60))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    words = ("trimap", files / "alpha.png", "-o", files / "out")
    result = run(*words, preexec_fn=small_files, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert result.returncode == 1
    assert "cannot write" in result.stderr
    assert "file too large" in result.stderr
    assert list((files / "out").iterdir()) == []


@pytest.mark.slow
@pytest.mark.posix
@pytest.mark.parametrize(
    ("number", "code", "processes"),
    [(signal.SIGINT, 130, 1), (signal.SIGTERM, 143, 1), (signal.SIGINT, 130, 2)],
)
def test_a_signal_lets_the_work_at_hand_finish_and_keeps_what_is_done(
    files: Path, number: int, code: int, processes: int
) -> None:
    folder = files / "many"
    folder.mkdir()
    for index in range(300):
        (folder / f"{index:03}.png").write_bytes((files / "alpha.png").read_bytes())
    line = [*PYTHON, "trimap", str(folder), "-o", str(files / "out"), "--processes", str(processes)]
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()  # the first one is done
        os.killpg(child.pid, number)  # as a terminal does, to the workers too
        assert child.stderr is not None
        shown, said = child.stdout.read(), child.stderr.read()
        assert child.wait(timeout=120) == code
    assert "finishing the current work" in said
    assert "finished files are whole and stay" in said
    assert "ended from outside" not in said
    done = list((files / "out").iterdir())
    assert 0 < len(done) < 300
    assert len(done) == 1 + len(shown.splitlines())  # every file was reported, none half-written


@pytest.mark.posix
def test_help_answers_at_once() -> None:
    import resource

    run("--help")
    times = []
    for _ in range(3):
        start = time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        run("--help")
        times.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - start[1])
    assert min(times) < 0.4


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("nowhere.py", "--import nowhere.py: there is no such file"),
        ("no_such_module", "there is no such module; name one, or a .py file"),
        ("own/json.py", "a module needs a unique name"),
        pytest.param("own/broken.py", "plug-in broken cannot be imported", marks=pytest.mark.slow),
        pytest.param("own/dim_.py", "are both called 'dim' among the", marks=pytest.mark.slow),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_one_sentence(
    place: str, sentence: str, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "json.py").write_text("")
    (own / "broken.py").write_text("import elsewhere")
    (own / "dim_.py").write_text(
        "from mattekit.core.config import config\n"
        "from mattekit.core.plugins import register\n"
        '@register("networks")\n@config\nclass Dim:\n    name: str = "dim"\n'
    )
    result = run("models", "show", "plain", "--import", place, cwd=tmp_path)
    assert result.returncode == 2
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.slow
def test_names_that_a_code_page_lacks_are_escaped_and_the_batch_goes_on(files: Path) -> None:
    """As on Windows, where what is printed goes into a file."""
    folder = files / "many"
    folder.mkdir()
    for name in ("\u732b", "\u00e9t\u00e9"):
        (folder / f"{name}.png").write_bytes((files / "alpha.png").read_bytes())
    page = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    result = run("trimap", folder, "-o", files / "out", env=page, encoding="cp1252")
    assert result.returncode == 0
    assert "\\u732b.png" in result.stdout
    assert "\u00e9t\u00e9.png" in result.stdout
    assert len(list((files / "out").iterdir())) == 2

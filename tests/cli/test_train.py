"""`train`, `recipe` and `plot` as people type them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mattekit.cli.main import app
from mattekit.networks import weights


def mattekit(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The smoke run of a bundled recipe, and what it printed."""
    folder = tmp_path_factory.mktemp("runs") / "smoke"
    return folder, mattekit("train", "tiny", "--smoke", "-o", str(folder), "--quiet")


@pytest.mark.slow
def test_a_smoke_run_learns_and_leaves_a_network_that_can_be_loaded(
    smoke: tuple[Path, Result],
) -> None:
    folder, result = smoke
    assert result.exit_code == 0
    assert result.output == ""
    checkpoint = folder / "checkpoints" / "step-000012"
    assert weights.load(checkpoint / "weights.safetensors").needs_trimap


@pytest.mark.slow
def test_its_loss_falls_below_nine_tenths(smoke: tuple[Path, Result]) -> None:
    from mattekit.training.run_log import read_log

    totals = [line.values["total"] for line in read_log(smoke[0]) if line.kind == "losses"]
    assert len(totals) == 12
    assert totals[-1] < 0.9 * totals[0]


@pytest.mark.slow
def test_the_same_command_again_finds_the_run_finished(smoke: tuple[Path, Result]) -> None:
    again = mattekit("train", "tiny", "--smoke", "-o", str(smoke[0]))
    assert again.exit_code == 0
    assert "step 12 of 12 was reached already" in again.output


@pytest.mark.slow
def test_its_curves_can_be_drawn(smoke: tuple[Path, Result], tmp_path: Path) -> None:
    drawn = mattekit("plot", str(smoke[0]), "-o", str(tmp_path / "curves.html"))
    assert drawn.exit_code == 0
    assert "validation/sad" in (tmp_path / "curves.html").read_text()


def test_recipes_are_listed_and_shown_with_defaults_and_length() -> None:
    listed = mattekit("recipe", "list")
    assert "tiny" in listed.output
    shown = mattekit("recipe", "show", "tiny", "optimiser.lr=3e-5")
    assert "lr: 3.0e-05" in shown.output
    assert "accumulate: 1" in shown.output
    assert "# length: 600 steps = 18.75 epochs of 256 samples, 8 a step" in shown.output


def test_a_recipe_is_shown_without_its_data_and_with_its_presets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MATTEKIT_DATA", raising=False)
    shown = mattekit("recipe", "show", "alphagan-a6", "preset=readme")
    assert "root: ${MATTEKIT_DATA}" in shown.output
    assert "# preset=file sets other values" in shown.output
    assert "rate starts high and dips, from 0.001 to 0.0003" in shown.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train", "dim_stage1"], "data.train.root needs the environment variable MATTEKIT_DATA"),
        (["recipe", "show", "dim", "preset=papre"], "did you mean 'paper'?"),
        (["recipe", "show", "tinny"], "there is no recipe 'tinny'; did you mean 'tiny'?"),
        (["recipe", "show", "tiny", "optimser.lr=1"], "did you mean 'optimiser'?"),
        (["train", "tiny", "--precision", "fp16", "--device", "cpu"], "fp16 needs a GPU"),
        (["train", "tiny", "--resume", "/nowhere"], "is neither a run nor a checkpoint"),
        (["train", "tiny", "--device", "gpu"], "no device called 'gpu'"),
        (["plot", "/nowhere"], "is no run"),
        (["recipe", "show", "tiny", "losses=[[alpha_l1]]"], "losses.0: a name or {name: ...} is"),
        (["recipe", "show", "tiny", f"seed={2**64}"], "seed: below 2^63 is expected"),
        (["recipe", "show", "tiny", "init.file=x.safetensors"], "init: file is read with"),
        (["recipe", "show", "tiny", "init.strict=false"], "init: strict=false is for weights"),
    ],
)
def test_a_mistake_is_one_sentence_and_an_exit_code(
    words: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MATTEKIT_DATA", raising=False)
    result = mattekit(*words)
    assert result.exit_code in (1, 2)
    assert sentence in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_command_saves_and_says_how_to_resume_it(
    number: int, code: int, workers: int, tmp_path: Path
) -> None:
    """The signal reaches the whole process group, as from `timeout` or a scheduler."""
    command = [sys.executable, "-m", "mattekit", "train", "tiny", "data.train.size=64"]
    small = ["data.size=64", "data.crop=[64]", "data.valid=null", "batch=1", "-o", "run"]
    command += [*small, f"data.workers={workers}"]
    child = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not (tmp_path / "run" / "log.jsonl").exists():
        assert child.poll() is None
        time.sleep(0.05)
    os.killpg(child.pid, number)
    _, printed = child.communicate(timeout=120)
    assert child.returncode == code
    assert "stopped and saved; the same command resumes it" in printed
    assert (tmp_path / "run" / "checkpoints" / "last").is_file()

"""What the README and the pages show is understood, and run."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer

from mattekit.cli.main import VERBS, app
from mattekit.core.types import FOREGROUND
from mattekit.imaging.compose import over
from mattekit.imaging.files import write_alpha, write_image, write_trimap
from mattekit.imaging.trimap import make_trimap

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix() for path in [ROOT / "README.md", *ROOT.glob("docs/*.md")]
)
RUN = (
    "README.md",
    "docs/tour.md",
    "docs/commands.md",
    "docs/photographers.md",
    "docs/developers.md",
    "docs/researchers.md",
    "docs/operators.md",
)
"""Pages whose commands and Python are run; the commands of the others are read only."""
NOT_RUN = ("serve", "models import", "predict")
"""What needs a browser, as --paint does, or weights that mattekit does not have."""

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / page).read_text())


def commands(page: str) -> list[str]:
    """Lines of `mattekit ...`, continued ones joined, comments cut off."""
    text = "\n".join(code for language, code in blocks(page) if language in ("", "sh"))
    lines = text.replace("\\\n", " ").splitlines()
    return [line.partition("  #")[0].strip() for line in lines if line.startswith("mattekit ")]


LINES = [(page, line) for page in PAGES for line in commands(page)]


@pytest.mark.parametrize(("page", "line"), LINES)
def test_every_command_that_a_page_shows_is_understood(page: str, line: str) -> None:
    line = re.sub(r" --import \S+", "", line)  # understood before any command is
    verb, *words = shlex.split(line)[1:]
    if verb.startswith("-"):
        return
    assert verb in VERBS
    command = typer.main.get_command(app).get_command(None, verb)
    if not any(word in ("-h", "--help") for word in words):
        command.make_context(verb, words).close()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files of the names that the pages use."""
    rows, columns = np.indices((960, 740))
    distance = np.hypot((rows - 480) / 1.4, columns - 400)
    alpha = np.clip((250 - distance) / 6 + 0.5, 0, 1).astype(np.float32)
    colours = np.array([[0.9, 0.5, 0.1], [0.1, 0.3, 0.6]], np.float32)
    noise = np.random.default_rng(1).normal(0, 0.03, (960, 740, 3)).astype(np.float32)
    image = (over(colours[0], alpha[..., None], colours[1]) + noise).clip(0, 1)
    strokes = np.ones(alpha.shape, np.uint8)
    strokes[470:490, 300:500], strokes[10:30] = FOREGROUND, 0
    for photo in ("photo.jpg", "photos/one.jpg"):
        write_image(tmp_path / photo, image)
    write_alpha(tmp_path / "mask.png", (alpha > 0.5).astype(np.float32))
    write_trimap(tmp_path / "strokes.png", strokes)
    for trimap in ("trimap.png", "trimaps/one.png", "trimap/one.png"):
        write_trimap(tmp_path / trimap, make_trimap(alpha, 8, 8))
    for matte in ("alpha.png", "alpha/one.png", "mine/one.png"):
        write_alpha(tmp_path / matte, alpha)
    write_image(tmp_path / "cut-out.png", image, alpha=alpha)
    write_image(tmp_path / "beach.jpg", image[::-1])
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*line: str) -> None:
    found = subprocess.run(line, capture_output=True, text=True, timeout=600)
    assert found.returncode == 0, f"{shlex.join(line)}\n{found.stderr}"


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN)
def test_the_commands_of_a_page_run_in_their_order(page: str, desk: Path) -> None:
    for line in commands(page):
        words = line.removeprefix("mattekit ")
        if words.startswith(NOT_RUN) or "--paint" in words:
            continue
        again = words.startswith(("cutout", "example")) and "--json" not in words
        existing = ["--overwrite"] if again and "--skip-existing" not in words else []
        run(sys.executable, "-m", "mattekit", *shlex.split(words), *existing)


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN)
def test_the_python_blocks_of_a_page_run_in_their_order(page: str, desk: Path) -> None:
    code = "\n".join(code for language, code in blocks(page) if language == "python")
    if code:
        run(sys.executable, "-c", code)


def test_the_readme_is_short_and_serves_photographers_then_developers_then_researchers() -> None:
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 120
    places = [text.index(f"## For {who}") for who in ("photographers", "developers", "researchers")]
    assert places == sorted(places)


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_links_to_is_there(page: str) -> None:
    links = re.findall(r"\]\((?!https?://|#|/)([^)#\s]+)", (ROOT / page).read_text())
    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []


@pytest.mark.slow
def test_the_first_example_runs(desk: Path) -> None:
    run(sys.executable, "examples/01_cutout.py")
    assert (desk / "astronaut.png").exists()

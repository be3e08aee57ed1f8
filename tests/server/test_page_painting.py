"""The page for one photo, opened by `mattekit cutout --paint`, which waits for it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from server.pages import EXAMPLE, HELMET, PATIENCE, SIZE, button, press, stroke

from mattekit.core.types import BACKGROUND, FOREGROUND
from mattekit.imaging.files import read_alpha, read_trimap

pytestmark = pytest.mark.browser
Started = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def paint() -> Iterator[Started]:
    """Start `mattekit cutout --paint`: the process, and the address of its page."""
    running: list[subprocess.Popen[str]] = []

    def start(*words: object) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-m", "mattekit", "cutout", *map(str, words), "--paint"]
        process = subprocess.Popen(
            command, env={**os.environ, "BROWSER": "true"}, text=True, stderr=subprocess.PIPE
        )
        running.append(process)
        assert process.stderr is not None
        address = re.search(r"http://\S+", process.stderr.readline())
        assert address
        return process, address[0]

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_painting_for_a_command_ends_with_done_and_its_files(
    browser: Browser, paint: Started, tmp_path: Path
) -> None:
    words = [EXAMPLE / "example.jpg", "--trimap", EXAMPLE / "example-trimap.png", "-o", tmp_path]
    process, address = paint(*words, "--save", "rgba,trimap")
    page = browser.new_page(viewport={"width": 1100, "height": 800})
    page.goto(address)
    done = button(page, "Done")
    expect(done).to_be_enabled(timeout=PATIENCE)
    expect(page.locator("#status")).to_contain_text("press Done", timeout=PATIENCE)
    for name in ("open", "download", "backdrop"):
        expect(page.locator(f"#{name}")).to_be_hidden()
    press(page, "Brush", "Remove")
    stroke(page, HELMET)
    done.click()
    expect(page.locator("#farewell")).to_contain_text("mattekit writes the files now")
    assert process.wait(PATIENCE / 1000) == 0
    page.close()
    before = read_trimap((EXAMPLE / "example-trimap.png").read_bytes())
    painted = read_trimap(tmp_path / "example-trimap.png")
    y, x = int(HELMET[1] * SIZE), int(HELMET[0] * SIZE)
    assert before[y, x] == FOREGROUND
    assert painted[y, x] == BACKGROUND
    assert (painted[:250] == before[:250]).all()
    assert read_alpha(tmp_path / "example.png")[y, x] == 0


def test_cancel_ends_the_command_and_loading_the_page_again_does_not(
    browser: Browser, paint: Started, tmp_path: Path
) -> None:
    process, address = paint(EXAMPLE / "example.jpg", "-o", tmp_path / "out")
    page = browser.new_page()
    page.goto(address)
    expect(page.locator("#status")).to_contain_text("press Done", timeout=PATIENCE)
    page.reload()
    expect(page.locator("#status")).to_contain_text("press Done", timeout=PATIENCE)
    button(page, "Cancel").click()
    expect(page.locator("#farewell")).to_contain_text("Nothing is written")
    page.close()
    _, said = process.communicate(timeout=PATIENCE / 1000)
    assert process.returncode == 1
    assert "nothing was written" in said
    assert not (tmp_path / "out").exists()

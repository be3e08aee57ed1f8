"""`mattekit cutout --paint`, with the requests of the page in place of the page."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cli.conftest import SIZE, Command

from mattekit.imaging.files import open_picture, read_alpha, read_trimap

PATIENCE = 120  # seconds, on a busy machine


@dataclass(frozen=True)
class Waiting:
    """A command that waits for a painting, and a client with its token."""

    process: subprocess.Popen[str]
    address: str
    page: httpx.Client

    def end(self) -> tuple[int, str]:
        """Exit code and what was said on stderr."""
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said


@contextmanager
def painting(*words: object, browser: str = "true") -> Iterator[Waiting]:
    """A command with --paint; `browser` is the program that is given the address."""
    command = [sys.executable, "-m", "mattekit", "cutout", *map(str, words), "--paint"]
    process = subprocess.Popen(
        command,
        env={**os.environ, "BROWSER": browser},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            found = re.search(r"(http://127.0.0.1:\d+)/#paint&token=(\S+)", said)
            assert found, said
            headers = {"Authorization": f"Bearer {found[2]}"}
            with httpx.Client(base_url=found[1], headers=headers, timeout=PATIENCE) as page:
                yield Waiting(process, found[0], page)
        finally:
            process.kill()


@pytest.mark.slow
def test_done_writes_what_the_painted_trimap_gives(mattekit: Command, files: Path) -> None:
    trimap = (files / "trimap.png").read_bytes()
    words = ["--save", "rgba,trimap", "--background", "red", "-o", files / "painted"]
    with painting(files / "photo.png", *words) as waiting:
        assert waiting.page.get("/v1/painting").json()["start"] is False
        assert waiting.page.get("/v1/painting/trimap").status_code == 404
        shown = open_picture(waiting.page.get("/v1/painting/photo").content)
        assert (shown.colours == open_picture(files / "photo.png").colours).all()
        stranger = httpx.get(waiting.page.base_url.join("/v1/painting"))
        assert stranger.status_code == 401
        assert waiting.page.post("/v1/painting", content=trimap).status_code == 204
        code, said = waiting.end()
    assert code == 0, said
    mattekit("cutout", files / "photo.png", "--trimap", files / "trimap.png", "-o", files / "plain")
    painted = read_alpha(files / "painted" / "photo.png")
    assert (painted == read_alpha(files / "plain" / "photo.png")).all()
    assert sorted(path.name for path in (files / "painted").iterdir()) == [
        "photo-on-red.png",
        "photo-trimap.png",
        "photo.png",
    ]


@pytest.mark.slow
def test_a_hint_is_the_start_and_cancel_writes_nothing(files: Path) -> None:
    words = ["--mask", files / "mask.png", "--band", "2", "--model", "knn", "-o", files / "out"]
    with painting(files / "photo.png", *words) as waiting:
        about = waiting.page.get("/v1/painting").json()
        assert about == {"name": "photo", "model": "knn", "start": True}
        start = read_trimap(waiting.page.get("/v1/painting/trimap").content)
        assert start.shape == SIZE
        assert set(start.ravel()) == {0, 1, 2}
        waiting.page.delete("/v1/painting")
        code, said = waiting.end()
    assert code == 1
    assert "cancelled on the page; nothing was written" in said
    assert not (files / "out").exists()


@pytest.mark.slow
def test_a_page_that_is_loaded_again_stays_and_one_that_is_closed_ends_it(files: Path) -> None:
    with painting(files / "photo.png", "-o", files / "out") as waiting:
        waiting.page.get("/v1/painting")
        for seconds in (0.3, 3.5):  # the second page is open for longer than the first is missed
            with pytest.raises(httpx.ReadTimeout):
                waiting.page.get("/v1/painting/open", timeout=seconds)
        assert waiting.process.poll() is None
        code, said = waiting.end()
    assert code == 1
    assert "the page was closed before Done was pressed; nothing was written" in said
    assert not (files / "out").exists()


@pytest.mark.slow
def test_ctrl_c_ends_it_with_a_sentence(files: Path) -> None:
    with painting(files / "photo.png", "-o", files / "out") as waiting:
        waiting.page.get("/v1/painting")
        waiting.process.send_signal(signal.SIGINT)
        code, said = waiting.end()
    assert code == 130
    assert "stopped by Ctrl-C" in said
    assert "Traceback" not in said
    assert not (files / "out").exists()


@pytest.mark.slow
def test_the_address_is_opened_in_the_browser(files: Path) -> None:
    browser, seen = files / "browser", files / "seen"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {seen}.part && mv {seen}.part {seen}\n')
    browser.chmod(0o755)
    with painting(files / "photo.png", browser=f"{browser} %s") as waiting:
        end = time.monotonic() + PATIENCE
        while not seen.exists():
            assert time.monotonic() < end, "no browser was opened"
            time.sleep(0.1)
        assert seen.read_text() == waiting.address


@pytest.mark.parametrize("given", [["-"], ["photo.png", "hills.png"]])
def test_only_one_photo_can_be_painted(mattekit: Command, files: Path, given: list[str]) -> None:
    words = [files / word if word != "-" else word for word in given]
    result = mattekit("cutout", *words, "--paint")
    assert result.exit_code == 2
    assert "--paint is for one photo" in result.stderr


def test_without_the_server_the_extra_is_named(
    mattekit: Command, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "mattekit.cli.painting", raising=False)
    result = mattekit("cutout", files / "photo.png", "--paint", "-o", files / "out")
    assert result.exit_code == 1
    assert 'pip install "mattekit[serve]"' in result.stderr


def test_results_that_exist_are_refused_before_anybody_paints(
    mattekit: Command, files: Path
) -> None:
    (files / "out").mkdir()
    (files / "out" / "photo.png").write_bytes(b"kept")
    result = mattekit("cutout", files / "photo.png", "--paint", "-o", files / "out")
    assert result.exit_code == 1
    assert "exists; add --overwrite" in result.stderr

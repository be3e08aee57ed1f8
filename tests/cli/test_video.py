"""Videos on the command line: refused before any work, nothing of the user's lost, one result."""

import hashlib
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from cli.conftest import Command

from mattekit.core.types import Plane
from mattekit.imaging.files import write_alpha
from mattekit.keying.video import read_frames, write_video

pytest.importorskip("av")
SIZE = (64, 96)


def disc(x: float) -> Plane:
    rows, columns = np.indices(SIZE)
    return np.clip((18 - np.hypot(rows - 32, columns - x)) / 4 + 0.5, 0, 1).astype(np.float32)


def shot(x: float, size: tuple[int, int] = SIZE) -> Plane:
    """A striped ball before a green screen."""
    stripes = np.where((np.indices(SIZE)[1] - x) % 8 < 4, 1.0, 0.6)[..., None]
    alpha = disc(x)[..., None]
    mixed = alpha * stripes * np.float32([200, 120, 90]) + (1 - alpha) * np.float32([50, 170, 70])
    return np.rint(mixed).astype(np.uint8)[: size[0], : size[1]]


@pytest.fixture
def ball(tmp_path: Path) -> Path:
    write_video(tmp_path / "ball.mov", [shot(44 + number) for number in range(3)], Fraction(24))
    return tmp_path / "ball.mov"


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_video_never_takes_its_own_place(mattekit: Command, ball: Path) -> None:
    before = fingerprint(ball)
    for output in (ball, ball.parent):  # in a folder the result has the name of the video
        result = mattekit("key", ball, "-o", output, "--overwrite")
        assert result.exit_code == 2
        assert "is an input and would be overwritten; change -o" in result.stderr
    assert fingerprint(ball) == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--format", "tiff"], "leave --format tiff out"),
        (["--crop"], "cannot be cropped"),
        (["--processes", "2"], "continues the one before"),
    ],
)
def test_what_a_video_cannot_have_is_refused_before_it_is_unpacked(
    mattekit: Command, ball: Path, words: list[str], sentence: str
) -> None:
    result = mattekit("key", ball, "-o", ball.with_name("cut.mov"), *words)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert [path.name for path in ball.parent.iterdir()] == ["ball.mov"]


def test_a_video_is_one_result_of_a_report(mattekit: Command, ball: Path) -> None:
    words = ["key", ball, "-o", ball.with_name("cut.mov"), "--json"]
    [result] = json.loads(mattekit(*words).stdout)["results"]
    assert (result["input"], result["status"]) == (str(ball), "done")
    assert result["outputs"] == [str(ball.with_name("cut.mov"))]
    assert mattekit(*words).exit_code == 1
    [result] = json.loads(mattekit(*words, "--skip-existing").stdout)["results"]
    assert result["status"] == "skipped"


def test_an_unsure_video_is_written_like_others(mattekit: Command, ball: Path) -> None:
    mask, target = ball.with_name("first.png"), ball.with_name("cut.mov")
    write_alpha(mask, (disc(44) > 0.5).astype(np.float32))
    result = mattekit("cutout", ball, "--mask", mask, "--min-confidence", "0.9999", "-o", target)
    assert result.exit_code == 1
    assert "000001.png: unsure" in result.stderr
    assert target.exists()
    assert not ball.with_name("cut-frames").exists()


def test_frames_of_another_hint_are_not_gone_on_with(mattekit: Command, ball: Path) -> None:
    mask, folder = ball.with_name("holdout.png"), ball.with_name("cut-frames")
    write_video(ball, [shot(44), np.full((*SIZE, 3), 120, np.uint8)], Fraction(24))
    words = ["key", ball, "-o", ball.with_name("cut.mov"), "--holdout", mask]
    kept = []
    for white in (0, 0, 1):
        if not mask.exists() or white:
            write_alpha(mask, np.full(SIZE, white, np.float32))
        result = mattekit(*words)
        kept.append("already there" in result.stdout)
        if not white:
            assert "1 of 2 frames are not done" in result.stderr
            assert len([*(folder / "results").iterdir()]) == 1
    assert kept == [False, True, False]


def test_a_sequence_needs_the_hints_that_are_named(mattekit: Command, ball: Path) -> None:
    missing = ball.with_name("no-such.png")
    result = mattekit("cutout", ball, "--mask", missing, "-o", ball.with_name("cut.mov"))
    assert result.exit_code == 1
    assert f"there is no hint {missing}" in result.stderr
    assert [path.name for path in ball.parent.iterdir()] == ["ball.mov"]


def test_a_sequence_has_one_subject(mattekit: Command, ball: Path) -> None:
    result = mattekit(
        "cutout", ball, "--point", "44,32", "--subjects", "each", "-o", ball.with_name("cut.mov")
    )
    assert result.exit_code == 2
    assert "leave --subjects out" in result.stderr


def test_an_mp4_of_odd_sides_repeats_its_last_pixels(tmp_path: Path) -> None:
    write_video(tmp_path / "odd.mp4", [shot(44, (63, 95))] * 2, Fraction(24))
    frames = [*read_frames(tmp_path / "odd.mp4")]
    assert [frame.shape for frame in frames] == [(64, 96, 3)] * 2
    assert np.abs(frames[0][:63, :95].astype(int) - shot(44, (63, 95))).mean() < 12

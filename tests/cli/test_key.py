"""`mattekit key`, `mattekit pair`, and sequences."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from cli.conftest import Command

from mattekit.core.types import Plane
from mattekit.imaging.compose import over, over_linear
from mattekit.imaging.files import (
    open_picture,
    read_alpha,
    write_alpha,
    write_image,
    write_trimap,
)
from mattekit.imaging.picture import to_depth
from mattekit.imaging.trimap import make_trimap
from mattekit.keying.video import write_video

SIZE = (64, 96)
GREEN = np.float32([0.2, 0.7, 0.3])


def disc(x: float) -> Plane:
    rows, columns = np.indices(SIZE)
    return np.clip((18 - np.hypot(rows - 32, columns - x)) / 4 + 0.5, 0, 1).astype(np.float32)


def shot(x: float, seed: int = 0) -> Plane:
    """A striped ball before a green screen."""
    columns = np.arange(SIZE[1])[None, :, None]
    own = np.where((columns - x) % 8 < 4, np.float32([0.8, 0.5, 0.4]), np.float32([0.5, 0.2, 0.3]))
    own = np.broadcast_to(own, (*SIZE, 3)).astype(np.float32)
    image = over_linear(own, disc(x)[..., None], np.broadcast_to(GREEN, (*SIZE, 3)))
    grain = np.random.default_rng(seed).normal(0, 0.01, image.shape)
    return (image + grain).clip(0, 1).astype(np.float32)


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """Five frames of a ball that moves."""
    for number in range(5):
        write_image(tmp_path / "shot" / f"ball.{number + 8:04d}.png", shot(44 + number, number))
    return tmp_path / "shot"


def test_a_photo_is_keyed_into_the_parts_that_are_asked_for(
    mattekit: Command, tmp_path: Path
) -> None:
    write_image(tmp_path / "ball.png", shot(48))
    result = mattekit(
        "key", tmp_path / "ball.png", "-o", tmp_path / "out", "--save", "rgba,alpha,preview",
        "--background", "#804020", "--crop",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"ball.png", "ball-alpha.png", "ball-preview.jpg", "ball-on-804020.png"}
    assert read_alpha(tmp_path / "out" / "ball.png").shape < SIZE


def test_a_result_larger_than_max_pixels_is_refused(mattekit: Command, tmp_path: Path) -> None:
    write_image(tmp_path / "ball.png", shot(48))
    words = ("key", tmp_path / "ball.png", "-o", tmp_path / "out", "--max-pixels", "10000")
    for wish in (["--longest", "200"], ["--longest", "200", "--crop"]):
        result = mattekit(*words, *wish)
        assert result.exit_code == 1
        assert "the result has" in result.stderr


def test_exr_is_keyed_to_floats_straight_or_multiplied(mattekit: Command, tmp_path: Path) -> None:
    write_image(tmp_path / "ball.exr", shot(48))
    read = []
    for name, words in (("straight", ["--straight"]), ("multiplied", [])):
        place = tmp_path / name / "ball.exr"
        result = mattekit("key", tmp_path / "ball.exr", "-o", place, "--bits", "32", *words)
        assert result.exit_code == 0, result.stderr
        assert (b"straight" in place.read_bytes()) == bool(words)
        read.append(open_picture(place))
    seen = disc(48) > 0.1
    assert np.abs(read[0].linear - read[1].linear)[seen].max() < 1e-4
    assert np.abs(read[0].alpha - disc(48)).mean() < 0.01


def test_one_plate_and_one_mask_serve_many_photos(mattekit: Command, tmp_path: Path) -> None:
    plate = np.random.default_rng(2).random((8, 12, 3)).repeat(8, 0).repeat(8, 1)
    write_image(tmp_path / "plate.png", plate.astype(np.float32))
    for x in (40, 52):
        own = np.broadcast_to(np.float32([0.9, 0.9, 0.2]), (*SIZE, 3))
        image = over(own, disc(x)[..., None], plate).astype(np.float32)
        write_image(tmp_path / "in" / f"{x}.png", image)
    write_alpha(tmp_path / "holdout.png", (disc(46) == 1).astype(np.float32))
    result = mattekit(
        "key", tmp_path / "in", "-o", tmp_path / "out", "--plate", tmp_path / "plate.png",
        "--holdout", tmp_path / "holdout.png",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    for x in (40, 52):
        alpha = read_alpha(tmp_path / "out" / f"{x}.png")
        assert alpha[disc(46) == 1].min() == 1
        assert np.abs(alpha - np.maximum(disc(x), disc(46) == 1)).mean() < 0.03


def test_a_pair_gives_the_exact_alpha(mattekit: Command, tmp_path: Path) -> None:
    for name, behind in (("white", 1.0), ("black", 0.0)):
        image = over(np.float32([0.8, 0.5, 0.1]), disc(48)[..., None], np.full((*SIZE, 3), behind))
        write_image(tmp_path / f"{name}.png", image.astype(np.float32))
    white, black, cut = (tmp_path / f"{name}.png" for name in ("white", "black", "cut"))
    result = mattekit("pair", white, black, "-o", cut)
    assert result.exit_code == 0, result.stderr
    assert np.abs(read_alpha(cut) - disc(48)).max() < 0.01
    same = mattekit(
        "pair", tmp_path / "white.png", tmp_path / "white.png", "-o", tmp_path / "no.png"
    )
    assert same.exit_code == 1
    assert "nearly one background" in same.stderr


@pytest.mark.slow
def test_a_sequence_is_steady_and_goes_on_where_it_was_interrupted(
    mattekit: Command, frames: Path, tmp_path: Path
) -> None:
    words = ["key", frames / "ball.####.png", "--sequence", "--save", "rgba"]
    whole = mattekit(*words, "-o", tmp_path / "whole", "--json")
    assert whole.exit_code == 0, whole.stderr
    results = json.loads(whole.stdout)["results"]
    assert ["flicker" in result["extra"] for result in results] == [False, *[True] * 4]
    mattekit(*words, "-o", tmp_path / "parts")
    for number in (10, 11, 12):
        (tmp_path / "parts" / f"ball.{number:04d}.png").unlink()
    again = mattekit(*words, "-o", tmp_path / "parts", "--skip-existing")
    assert again.stdout.count("already there") == 2
    for path in sorted((tmp_path / "whole").iterdir()):
        assert path.read_bytes() == (tmp_path / "parts" / path.name).read_bytes()


def test_a_hint_of_one_frame_serves_those_before_and_after_it(
    mattekit: Command, frames: Path, tmp_path: Path
) -> None:
    write_trimap(tmp_path / "hints" / "ball.0010.png", make_trimap(disc(46), 3, 3))
    result = mattekit(
        "cutout", frames, "--trimap", tmp_path / "hints", "--sequence", "--model", "closed-form",
        "-o", tmp_path / "out", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    results = json.loads(result.stdout)["results"]
    order = [Path(entry["input"]).name[5:9] for entry in results]
    assert order == ["0010", "0011", "0012", "0009", "0008"]
    assert all(entry["extra"]["subject_confidence"] > 0.3 for entry in results[1:])
    for number in range(5):
        alpha = read_alpha(tmp_path / "out" / f"ball.{number + 8:04d}.png")
        assert np.abs(alpha - disc(44 + number)).mean() < 0.03


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--processes", "2"], "continues the one before"),
        (["--crop"], "cannot be cropped"),
        (["--save", "preview"], "--save rgba or alpha too"),
    ],
)
def test_what_frames_cannot_have_is_refused(
    mattekit: Command, frames: Path, tmp_path: Path, words: list[str], sentence: str
) -> None:
    result = mattekit("key", frames, "--sequence", "-o", tmp_path / "out", *words)
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_missing_frames_are_refused(mattekit: Command, frames: Path, tmp_path: Path) -> None:
    (frames / "ball.0010.png").unlink()
    result = mattekit("key", frames, "--sequence", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "missing between ball.0009.png and ball.0011.png" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".mov", ".webm"])
def test_a_video_becomes_one_with_alpha(mattekit: Command, tmp_path: Path, suffix: str) -> None:
    av = pytest.importorskip("av")
    pictures = [to_depth(shot(44 + number, number), 8) for number in range(4)]
    write_video(tmp_path / "ball.mp4", pictures, Fraction(24))
    out = tmp_path / f"cut{suffix}"
    result = mattekit("key", tmp_path / "ball.mp4", "-o", out)
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ball.mp4", out.name]
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        # FFmpeg's own decoder of VP9 leaves alpha out
        own = av.CodecContext.create("libvpx-vp9", "r") if suffix == ".webm" else stream
        found = [frame for packet in container.demux(stream) for frame in own.decode(packet)]
        assert stream.average_rate == 24
    assert len(found) == 4
    alpha = found[3].to_ndarray(format="rgba")[..., 3] / 255
    assert np.abs(alpha - disc(47)).mean() < 0.02


def test_a_composite_of_a_video_is_an_mp4(mattekit: Command, tmp_path: Path) -> None:
    pytest.importorskip("av")
    pictures = [to_depth(shot(44 + number, number), 8) for number in range(2)]
    write_video(tmp_path / "ball.mp4", pictures, Fraction(24))
    refused = mattekit("key", tmp_path / "ball.mp4", "-o", tmp_path / "cut.mp4")
    assert refused.exit_code == 2
    assert "cannot carry alpha" in refused.stderr
    on = mattekit(
        "key", tmp_path / "ball.mp4", "-o", tmp_path / "cut.mp4", "--background", "#402080"
    )
    assert on.exit_code == 0, on.stderr
    assert (tmp_path / "cut.mp4").exists()


def test_an_interrupted_video_keeps_its_frames_until_it_is_done(
    mattekit: Command, tmp_path: Path
) -> None:
    pytest.importorskip("av")
    grey = np.full((*SIZE, 3), 120, np.uint8)
    pictures = [to_depth(shot(44), 8), grey]
    write_video(tmp_path / "ball.mp4", pictures, Fraction(24))
    words = ["key", tmp_path / "ball.mp4", "-o", tmp_path / "cut.mov"]
    assert mattekit(*words).exit_code == 1  # the second frame shows no screen
    folder = tmp_path / "cut-frames"
    assert sorted(path.name for path in (folder / "results").iterdir()) == ["000001.png"]
    write_image(folder / "photos" / "000002.png", shot(45))
    assert mattekit(*words).exit_code == 0
    assert not folder.exists()


def test_a_misspelt_screen_colour_is_a_usage_error(mattekit: Command, frames: Path) -> None:
    result = mattekit("key", frames, "--screen-colour", "gren", "-o", frames / "out")
    assert (result.exit_code, result.stderr.count("'gren' is not a valid colour")) == (2, 1)

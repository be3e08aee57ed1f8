"""Repair strokes: what a stroke touches changes, everything else stays to the last bit."""

import numpy as np
import pytest

from mattekit.classical.closed_form import closed_form
from mattekit.core.errors import BadArgument
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Mask, Plane, Trimap
from mattekit.cutouts.repair import merged, read_strokes, repair, repaired_cutout
from mattekit.imaging.files import encode_image
from mattekit.imaging.picture import Picture
from mattekit.inference.matting import build_matting

SIZE = (80, 120)


def disc(row: int, column: int, radius: float) -> Mask:
    rows, columns = np.indices(SIZE)
    return np.hypot(rows - row, columns - column) < radius


@pytest.fixture
def photo() -> Plane:
    """Two orange discs on blue."""
    subject = disc(40, 35, 20) | disc(40, 90, 18)
    grain = np.random.default_rng(5).normal(0, 5, (*SIZE, 3))
    image = np.where(subject[..., None], [230, 120, 20], [20, 60, 190]) + grain
    return image.clip(0, 255).astype(np.uint8)


@pytest.fixture
def alpha() -> Alpha:
    """The left disc with a hole, the right one missing, and a ghost in the corner."""
    found = disc(40, 35, 20).astype(np.float32)
    found[36:42, 33:39] = 0
    found[3:10, 100:110] = 0.3
    rng = np.random.default_rng(6)
    noise = rng.random(SIZE).astype(np.float32) * 0.001
    return np.where(found == 0, noise, found)


def strokes(**marks: tuple[slice, slice]) -> Trimap:
    labels = np.full(SIZE, UNKNOWN, np.uint8)
    for name, place in marks.items():
        labels[place] = FOREGROUND if name.startswith("on") else BACKGROUND
    return labels


def find(photo: Plane, trimap: Trimap) -> Alpha:
    return closed_form(photo, trimap).alpha


HOLE = (slice(38, 40), slice(35, 37))
GHOST = (slice(5, 8), slice(103, 107))


def test_a_stroke_in_a_hole_closes_it_and_leaves_the_rest_as_it_is(
    photo: Plane, alpha: Alpha
) -> None:
    result = repair(photo, alpha, strokes(on=HOLE), find)
    assert (result[36:42, 33:39] > 0.9).all()
    far = ~disc(39, 36, 20)
    assert np.array_equal(result[far], alpha[far])


def test_a_stroke_of_the_background_removes_a_ghost_and_nothing_else(
    photo: Plane, alpha: Alpha
) -> None:
    result = repair(photo, alpha, strokes(off=GHOST), find)
    assert (result[3:10, 100:110] < 0.05).all()
    left = (slice(None), slice(0, 80))
    assert np.array_equal(result[left], alpha[left])


def test_both_kinds_of_strokes_work_at_once(photo: Plane, alpha: Alpha) -> None:
    result = repair(photo, alpha, strokes(on=HOLE, off=GHOST), find)
    assert result[38, 36] == 1
    assert result[6, 105] == 0


def test_changes_that_no_stroke_touches_are_not_written() -> None:
    alpha, candidate = np.zeros(SIZE, np.float32), np.zeros(SIZE, np.float32)
    candidate[10:20, 10:20] = 1  # touched
    candidate[10:20, 60:70] = 1  # not touched
    result = merged(alpha, candidate, strokes(on=(slice(12, 14), slice(12, 14))))
    assert (result[10:20, 10:20] == 1).all()
    assert not result[:, 30:].any()


def test_a_stroke_of_the_background_never_adds(photo: Plane, alpha: Alpha) -> None:
    result = repair(photo, alpha, strokes(off=(slice(37, 41), slice(34, 38))), find)
    assert (result <= alpha).all()


def test_sizes_and_empty_strokes_are_refused(photo: Plane, alpha: Alpha) -> None:
    with pytest.raises(BadArgument, match="the alpha to repair is 60x40 and the photo 120x80"):
        repair(photo, alpha[:40, :60], strokes(on=HOLE), find)
    with pytest.raises(BadArgument, match="no stroke is painted"):
        repair(photo, alpha, strokes(), find)


def test_white_strokes_on_a_black_page_are_refused(photo: Plane, alpha: Alpha) -> None:
    page = np.full(SIZE, BACKGROUND, np.uint8)
    page[38:42, 88:92] = FOREGROUND
    with pytest.raises(BadArgument, match="leave what is right already grey or transparent"):
        repair(photo, alpha, page, lambda photo, trimap: alpha)


def test_strokes_are_read_on_a_grey_or_a_transparent_page() -> None:
    wanted = strokes(on=HOLE, off=GHOST)
    page = np.full((*SIZE, 3), 0.5, np.float32)
    page[HOLE], page[GHOST] = 1, 0
    opacity = (wanted != UNKNOWN).astype(np.float32)
    for file in (
        encode_image(page, format="png"),
        encode_image(page, format="jpeg"),
        encode_image(page, format="png", alpha=opacity),
    ):
        assert np.array_equal(read_strokes(file), wanted)
    noise = np.random.default_rng(3).random((*SIZE, 3)).astype(np.float32)
    noise[HOLE], noise[GHOST] = 1, 0
    assert np.array_equal(read_strokes(encode_image(noise, format="png", alpha=opacity)), wanted)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_photo_is_not_taken_for_strokes(channels: int) -> None:
    shades = np.random.default_rng(4).random((*SIZE, channels)).repeat(3 // channels, axis=2)
    with pytest.raises(BadArgument, match="many colours, as a photo has; paint white"):
        read_strokes(encode_image(shades.astype(np.float32), format="png"))


def test_an_alpha_that_the_photo_has_is_multiplied_with_the_repaired_one(
    photo: Plane, alpha: Alpha
) -> None:
    own = np.full(SIZE, 255, np.uint8)
    own[:, :30] = 0
    picture = Picture(colours=photo, alpha=own)
    cut = repaired_cutout(picture, alpha, strokes(on=HOLE), build_matting("closed-form"))
    assert not cut.alpha[:, :30].any()
    assert (cut.alpha[36:42, 33:39] > 0.9).all()

"""From boxes and strokes to trimaps."""

import cv2
import numpy as np
import pytest

from mattekit.core.errors import BadArgument, BadImage, BadTrimap, NoSubject
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Mask, Plane, Trimap
from mattekit.subject.segment import from_box, from_scribbles, small_copy, stroke_labels

CENTRE, RADIUS = (70, 50), 26


@pytest.fixture(scope="module")
def ball() -> Plane:
    """An orange ball before grass."""
    rng = np.random.default_rng(3)
    image = rng.normal([60, 140, 50], 18, (100, 140, 3))
    colours = rng.normal([220, 120, 30], 12, (100, 140, 3))
    image[subject()] = colours[subject()]
    return image.clip(0, 255).astype(np.uint8)


def subject() -> Mask:
    rows, columns = np.indices((100, 140))
    return np.hypot(columns - CENTRE[0], rows - CENTRE[1]) < RADIUS


def agrees(trimap: Trimap) -> bool:
    """Whether what is known is right and enough of it is known."""
    true = subject()
    wrong = true[trimap == BACKGROUND].sum() + (~true)[trimap == FOREGROUND].sum()
    return bool(wrong == 0 and (trimap == UNKNOWN).mean() < 0.3)


def test_a_box_around_the_subject_is_enough(ball: Plane) -> None:
    assert agrees(from_box(ball, (38, 18, 64, 64)))


def test_outside_of_the_box_is_background(ball: Plane) -> None:
    trimap = from_box(ball, (38, 18, 64, 64))
    assert (trimap[:, :37] == BACKGROUND).all()
    assert (trimap[84:] == BACKGROUND).all()


@pytest.mark.slow
def test_the_same_box_gives_the_same_trimap(ball: Plane) -> None:
    first = from_box(ball, (38, 18, 64, 64))
    cv2.setRNGSeed(99)
    assert (from_box(ball, (38, 18, 64, 64)) == first).all()


@pytest.mark.slow
def test_a_photo_larger_than_the_small_copy_gives_a_trimap_of_its_size(ball: Plane) -> None:
    wide = np.concatenate([ball, np.tile(ball[:, :30], (1, 24, 1))], axis=1)
    assert small_copy(wide).shape == (81, 700, 3)
    trimap = from_box(wide, (38, 18, 64, 64))
    assert trimap.shape == (100, 860)
    assert trimap[50, 70] == FOREGROUND


@pytest.mark.parametrize(
    ("box", "error", "says"),
    [
        ((500, 500, 10, 10), BadArgument, "lies outside of the photo"),
        ((10, 10, 0, 5), BadArgument, "lies outside of the photo"),
        ((0, 0, 140, 100), BadTrimap, "leaves no background"),
        ((60, 40, 1, 1), BadTrimap, "is almost empty"),
        ((65, 45, 10, 10), NoSubject, "in the box"),
        ((2, 2, 20, 12), NoSubject, "in the box"),
    ],
)
def test_a_box_that_cannot_work_is_refused_with_advice(
    ball: Plane, box: tuple[int, int, int, int], error: type[Exception], says: str
) -> None:
    flat = ball.copy()
    flat[:30, :40] = (60, 140, 50)
    with pytest.raises(error, match=says):
        from_box(flat, box)


def strokes(*, subject: bool = True, background: bool = True) -> Trimap:
    labels = np.full((100, 140), UNKNOWN, np.uint8)
    if subject:
        cv2.line(labels, (60, 50), (80, 52), FOREGROUND, 3)
    if background:
        cv2.line(labels, (5, 5), (135, 8), BACKGROUND, 3)
    return labels


def test_two_strokes_are_enough(ball: Plane) -> None:
    assert agrees(from_scribbles(ball, strokes()))


def test_strokes_stay_what_they_were_painted_as(ball: Plane) -> None:
    painted = strokes()
    painted[50, 96] = BACKGROUND  # in the middle of the band around the edge
    trimap = from_scribbles(ball, painted)
    assert (trimap[painted != UNKNOWN] == painted[painted != UNKNOWN]).all()


@pytest.mark.parametrize(
    ("kinds", "says"),
    [({"subject": False}, "no white strokes"), ({"background": False}, "no black ones")],
)
def test_strokes_of_one_kind_are_refused(ball: Plane, kinds: dict[str, bool], says: str) -> None:
    with pytest.raises(BadTrimap, match=says):
        from_scribbles(ball, strokes(**kinds))


def test_strokes_on_a_black_page_are_refused(ball: Plane) -> None:
    page = np.where(strokes() == FOREGROUND, FOREGROUND, BACKGROUND).astype(np.uint8)
    with pytest.raises(BadTrimap, match="nearly every pixel"):
        from_scribbles(ball, page)


def test_strokes_of_another_size_are_refused(ball: Plane) -> None:
    with pytest.raises(BadImage, match="140x100"):
        from_scribbles(ball, strokes()[:-1])


def test_white_is_subject_black_is_background_and_grey_and_clear_are_neither() -> None:
    colours = np.uint8([[[255, 255, 255], [200, 210, 220], [199, 255, 255]],
                        [[0, 0, 0], [55, 10, 20], [56, 0, 0]]])  # fmt: skip
    alpha = np.float32([[1, 1, 1], [1, 1, 1]])
    U = UNKNOWN
    assert stroke_labels(colours).tolist() == [[2, 2, U], [0, 0, U]]
    alpha[:, 0] = 0
    assert stroke_labels(colours, alpha).tolist() == [[U, 2, U], [U, 0, U]]

"""Every hint finds a trimap; the union says all that commands and forms need."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mattekit.core.errors import BadArgument, BadImage, BadTrimap, NoSubject
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Sample
from mattekit.imaging.files import write_alpha, write_image, write_trimap
from mattekit.imaging.picture import to_depth
from mattekit.imaging.trimap import make_trimap
from mattekit.subject.finding import TAKEN
from mattekit.subject.hints import HINTS, Auto, Box, Mask, Points, Scribbles, Trimap, hint_of

CENTRE = (60, 50)


@pytest.fixture(scope="module")
def disc() -> Sample:
    """An orange disc on grass."""
    rng = np.random.default_rng(1)
    image = rng.normal([60, 140, 50], 15, (90, 120, 3))
    rows, columns = np.indices((90, 120))
    inside = np.hypot(columns - CENTRE[0], rows - CENTRE[1]) < 24
    image[inside] = [220, 110, 30]
    alpha = inside.astype(np.float32)
    return Sample(
        image=(image / 255).clip(0, 1).astype(np.float32),
        alpha=alpha,
        trimap=make_trimap(alpha, 3, 3),
    )


def strokes() -> np.ndarray:
    labels = np.full((90, 120), UNKNOWN, np.uint8)
    labels[45:55, 55:65], labels[2:4] = FOREGROUND, BACKGROUND
    return labels


def hints(disc: Sample, folder: Path) -> list[Any]:
    mask = disc.alpha > 0.5
    write_trimap(folder / "trimap.png", disc.trimap)
    write_alpha(folder / "mask.png", mask.astype(np.float32))
    cv2.imwrite(str(folder / "labels.png"), mask.astype(np.uint8))
    write_image(folder / "strokes.png", np.repeat(strokes()[..., None] / np.float32(2), 3, axis=2))
    return [
        Trimap(value=disc.trimap),
        Trimap(value=folder / "trimap.png"),
        Trimap(value=(folder / "trimap.png").read_bytes()),
        Mask(value=mask),
        Mask(value=mask.astype(np.int64)),
        Mask(value=mask.astype(np.uint8)),
        Mask(value=mask.astype(np.uint8) * 255),
        Mask(value=mask.astype(np.int32) * 255),
        Mask(value=folder / "mask.png"),
        Mask(value=folder / "labels.png"),
        Box(value=(30, 20, 60, 60)),
        Box.parse("30 20 60 60"),
        Points(value=[CENTRE]),
        Points(value=((*CENTRE, 1), (5, 5, 0))),
        Points.parse("60,50 5,5,0"),
        Scribbles(value=strokes()),
        Scribbles(value=folder / "strokes.png"),
        Auto(),
    ]


@pytest.mark.slow
def test_every_hint_finds_the_disc(disc: Sample, tmp_path: Path) -> None:
    tried = hints(disc, tmp_path)
    assert {type(hint) for hint in tried} == {*HINTS.values()}
    for hint in tried:
        trimap = hint.find(to_depth(disc.image, 8)).trimap
        known = trimap != UNKNOWN
        right = (trimap == FOREGROUND) == (disc.alpha > 0.5)
        assert right[known].mean() > 0.995, hint
        assert known.mean() > 0.6, hint
        assert (trimap == FOREGROUND).any(), hint


@pytest.mark.parametrize("kind", HINTS.values(), ids=lambda kind: kind.__name__)
def test_a_hint_says_how_it_is_written(kind: Any) -> None:
    assert kind.help.endswith(".")
    if kind is Auto:
        return
    assert kind.metavar
    assert kind.is_file != hasattr(kind, "parse")


@pytest.mark.slow
def test_only_a_subject_that_was_found_without_a_hint_has_a_confidence(disc: Sample) -> None:
    assert (Auto().find(to_depth(disc.image, 8)).confidence or 0) > TAKEN
    assert Trimap(value=disc.trimap).find(disc.image).confidence is None


@pytest.mark.parametrize("scale", [0.5, 2])
def test_a_mask_of_another_size_is_resized_with_a_warning(disc: Sample, scale: float) -> None:
    mask = cv2.resize((disc.alpha > 0.5).astype(np.float32), None, fx=scale, fy=scale)
    found = Mask(value=mask).find(disc.image)
    assert found.trimap.shape == (90, 120)
    assert "resized" in found.warnings[0]


def test_a_mask_of_another_aspect_is_refused(disc: Sample) -> None:
    with pytest.raises(BadImage, match="mask is 64x64 and the photo 120x90"):
        Mask(value=np.ones((64, 64), np.float32)).find(disc.image)


def test_the_width_of_the_band_goes_to_the_mask(disc: Sample) -> None:
    mask = disc.alpha > 0.5
    unknown = [
        np.count_nonzero(hint_of(mask=mask, band=band).find(disc.image).trimap == UNKNOWN)
        for band in (2, 6)
    ]
    assert unknown[0] < unknown[1]


def test_smoothed_values_are_a_warning_or_with_strict_an_error(disc: Sample) -> None:
    smooth = to_depth(cv2.GaussianBlur(disc.alpha, (0, 0), 3), 8)
    assert hint_of(trimap=smooth).find(disc.image).warnings
    with pytest.raises(BadTrimap, match="none of 0, 128 and 255"):
        hint_of(trimap=smooth, strict=True).find(disc.image)


@pytest.mark.slow
def test_a_trimap_without_any_subject_is_refused(disc: Sample) -> None:
    with pytest.raises(BadTrimap, match="the trimap is black all over; paint the subject white"):
        Trimap(value=np.zeros_like(disc.trimap)).find(disc.image)


def test_without_a_hint_the_subject_is_looked_for(rng: np.random.Generator) -> None:
    assert hint_of(box=None, mask=None) == Auto()
    with pytest.raises(NoSubject, match="draw a box"):
        Auto().find((rng.random((40, 60, 3)) * 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("parse", "text", "says"),
    [
        (Box.parse, "10,20,30", "not a valid box"),
        (Box.parse, "1%,2%,3%,4%", "in pixels"),
        (Points.parse, "10", "not a valid point"),
        (Points.parse, "10,20,2", "not a valid point"),
        (Points.parse, "", "not a valid point"),
    ],
)
def test_a_text_that_is_no_hint_is_refused(parse: Any, text: str, says: str) -> None:
    with pytest.raises(BadArgument, match=says):
        parse(text)


@pytest.mark.parametrize(
    ("points", "says"),
    [([(5, 5, 0)], "no point is on the subject"), ([(120, 5)], "outside of the photo")],
)
def test_points_that_cannot_work_are_refused(disc: Sample, points: Any, says: str) -> None:
    with pytest.raises(BadArgument, match=says):
        Points(value=points).find(disc.image)


@pytest.mark.slow
def test_a_point_on_the_background_takes_a_second_object_out(rng: np.random.Generator) -> None:
    image = rng.normal([60, 140, 50], 8, (90, 140, 3))
    rows, columns = np.indices((90, 140))
    left, right = (np.hypot(rows - 45, columns - x) < 22 for x in (45, 92))
    image[left | right] += [150, -30, 0]
    photo = image.clip(0, 255).astype(np.uint8)
    trimap = Points(value=[(45, 45), (92, 45, 0)]).find(photo).trimap
    assert (trimap[left] != BACKGROUND).mean() > 0.95
    assert (trimap[right] == FOREGROUND).mean() < 0.05


def test_pixels_may_be_numbers_of_any_kind() -> None:
    assert hint_of(box=np.array([1.0, 2, 30, 40])) == Box(value=(1, 2, 30, 40))
    assert hint_of(points=np.array([[1, 2], [3, 4]])) == Points(value=((1, 2), (3, 4)))


@pytest.mark.parametrize(
    ("hint", "sentence"),
    [
        ({"box": (1, 2, 3)}, r"the box cannot be \(1, 2, 3\); expected x, y, width, height"),
        ({"box": "1,2,3,4"}, "the box cannot be '1,2,3,4'"),
        ({"box": (1, 2, 3, float("nan"))}, "the box cannot be"),
        ({"points": (1, 2)}, r"the points cannot be \(1, 2\); expected \(x, y\) or \(x, y, 0\)"),
        ({"points": [(1, 2, 7)]}, "the points cannot be"),
        ({"points": [(1, 2, 3, 4)]}, "the points cannot be"),
    ],
)
def test_what_cannot_be_pixels_is_refused_with_what_can(
    hint: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(BadArgument, match=sentence):
        hint_of(**hint)

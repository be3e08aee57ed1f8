"""Hints of the user about the subject: a union of configs, each of which finds a trimap.

The class of a hint has its name, its syntax as text or whether it is a file, and its help text.
Command-line options, forms and documentation are derived from it. One hint may mean several
subjects: a mask with one value per subject (0 is background), as instance segmentation gives, or
points on each.
"""

import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

import numpy as np

from mattekit.core import types
from mattekit.core.config import by_name, config
from mattekit.core.errors import BadArgument, BadTrimap
from mattekit.core.types import FOREGROUND, Plane
from mattekit.imaging.arrays import ArrayLike, as_mask, as_picture, is_array
from mattekit.imaging.arrays import labels_of as trimap_labels
from mattekit.imaging.files import MAX_PIXELS, open_picture, open_trimap, read_alpha
from mattekit.imaging.sources import Source
from mattekit.subject.bands import fitted, from_mask, pixels_of, soft_bands
from mattekit.subject.finding import FoundSubject, find_alone, find_at_points, find_in_box
from mattekit.subject.segment import Point, Rectangle, from_scribbles, stroke_labels

Array = ArrayLike

Subjects = Literal["each", "all"]
"""A result for each subject, or one for all."""
MOST_LABELS = 64
"""A mask with more values is soft rather than labelled."""


@config
class Trimap:
    """A drawn trimap: background, unknown region and foreground."""

    name: Literal["trimap"] = "trimap"
    value: Source | Array
    """A file with black, grey and white, or labels 0, 1 and 2."""
    strict: bool = False
    """Refuse smoothed values."""
    metavar: ClassVar[str] = "FILE|DIR"
    is_file: ClassVar[bool] = True
    help: ClassVar[str] = "Black background, grey unknown, white subject."

    def find(self, colours: Plane, *, max_pixels: int = MAX_PIXELS) -> FoundSubject:
        if is_array(self.value):
            labels, warnings = trimap_labels(self.value, strict=self.strict)
        else:
            labels, warnings = open_trimap(self.value, strict=self.strict, max_pixels=max_pixels)
        if not labels.any():
            raise BadTrimap(
                "the trimap is black all over; paint the subject white and its edge grey"
            )
        return FoundSubject(trimap=labels, warnings=warnings)


@config
class Mask:
    """Any segmentation of the subject."""

    name: Literal["mask"] = "mask"
    value: Source | Array
    """A file, or an array of booleans, of labels 0 and 1, or of [0, 1]."""
    band: str | float | None = None
    """Width of the unknown edge, in pixels or as a share such as `2%`; by default as wide as the
    edge is soft."""
    label: int | Literal["any"] | None = None
    """For a mask of labels, where 0 is background: the subject with this value, or all of them."""
    metavar: ClassVar[str] = "FILE|DIR"
    is_file: ClassVar[bool] = True
    help: ClassVar[str] = "Any segmentation, white on the subject."

    def __post_init__(self) -> None:
        if self.band is not None:
            pixels_of(self.band, 1, "width")  # which refuses what is none

    def find(self, colours: Plane, *, max_pixels: int = MAX_PIXELS) -> FoundSubject:
        values = self.value
        if not is_array(values):
            values = read_alpha(values, max_pixels=max_pixels)
            if self.label is not None:
                values = np.rint(values * np.iinfo(np.uint8).max)
            elif 0 < values.max() <= 1 / np.iinfo(np.uint8).max:  # a file of labels 0 and 1
                values = values > 0
        if self.label is not None:
            labels = np.asarray(values)
            values = labels > 0 if self.label == "any" else labels == self.label
        mask, warnings = fitted(as_mask(values), (colours.shape[0], colours.shape[1]))
        if 0 < mask.max() <= 0.5:
            raise BadTrimap(
                "nothing in the mask is white; give one that is white on the subject, or if it has "
                "a value for each subject: --subjects each or all, in Python label=1 or 'any'"
            )
        soft = self.band is None
        trimap = soft_bands(colours, mask) if soft else from_mask(mask, self.band)
        return FoundSubject(trimap=trimap, mask=mask, settles=soft, warnings=warnings)


@config
class _Segmented:
    """Fields of hints that use a segmenter."""

    segmenter: str | None = None
    """Name or ONNX file of a segmenter; default: the best installed one."""
    commercial_only: bool = False
    """Refuse segmenters whose terms do not clearly allow commercial use."""


@config
class Box(_Segmented):
    """A box around the subject."""

    name: Literal["box"] = "box"
    value: Rectangle
    """x, y of the upper left corner, width, height, in pixels of the photo."""
    metavar: ClassVar[str] = "X,Y,W,H"
    is_file: ClassVar[bool] = False
    help: ClassVar[str] = "A box around the subject, in pixels."

    @classmethod
    def parse(cls, text: str) -> "Box":
        """Parse the box.

        >>> Box.parse("10, 20,300,400").value
        (10, 20, 300, 400)
        """
        numbers = r"(-?\d+)[,\s]+(-?\d+)[,\s]+(\d+)[,\s]+(\d+)"
        match = re.fullmatch(numbers, text.strip())
        if not match:
            raise BadArgument(f"'{text}' is not a valid box; write x,y,width,height in pixels")
        x, y, width, height = (int(number) for number in match.groups())
        return cls(value=(x, y, width, height))

    def find(self, colours: Plane, *, max_pixels: int = MAX_PIXELS) -> FoundSubject:
        return find_in_box(
            colours, self.value, self.segmenter, commercial_only=self.commercial_only
        )


@config
class Points(_Segmented):
    """Clicks on the subject and on the background."""

    name: Literal["points"] = "points"
    value: Sequence[Point]
    """(x, y) on the subject and (x, y, 0) on the background, in pixels of the photo."""
    metavar: ClassVar[str] = "X,Y[,0] ..."
    is_file: ClassVar[bool] = False
    help: ClassVar[str] = "Pixels of the subject, or with a third number 0 of the background."

    @classmethod
    def parse(cls, text: str) -> "Points":
        """Parse the points, separated by spaces or semicolons.

        >>> Points.parse("120,80 40,300,0").value
        ((120, 80), (40, 300, 0))
        """
        points: list[Point] = []
        for word in re.split(r"[\s;]+", text.strip()):
            match = re.fullmatch(r"(\d+),(\d+)(?:,([01]))?", word)
            if not match:
                raise BadArgument(
                    f"'{word}' is not a valid point; write x,y on the subject and x,y,0 on the "
                    "background, with spaces between points"
                )
            numbers = tuple(int(number) for number in match.groups() if number is not None)
            points.append(cast(Point, numbers))
        return cls(value=tuple(points))

    def find(self, colours: Plane, *, max_pixels: int = MAX_PIXELS) -> FoundSubject:
        return find_at_points(
            colours, self.value, self.segmenter, commercial_only=self.commercial_only
        )


@config
class Scribbles:
    """Painted strokes."""

    name: Literal["scribbles"] = "scribbles"
    value: Source | Array
    """A file or colours, or labels as in a trimap, unknown where nothing is painted."""
    metavar: ClassVar[str] = "FILE|DIR"
    is_file: ClassVar[bool] = True
    help: ClassVar[str] = "White strokes on the subject, black ones on the background."

    def find(self, colours: Plane, *, max_pixels: int = MAX_PIXELS) -> FoundSubject:
        return FoundSubject(trimap=from_scribbles(colours, self._strokes(max_pixels)))

    def _strokes(self, max_pixels: int) -> types.Trimap:
        values = self.value
        if is_array(values):
            strokes = np.asarray(values)
            if strokes.dtype == np.uint8 and strokes.ndim == 2 and strokes.max() <= FOREGROUND:
                return strokes
        picture = (
            as_picture(values) if is_array(values) else open_picture(values, max_pixels=max_pixels)
        )
        return stroke_labels(picture.colours, picture.alpha_window())


@config
class Auto(_Segmented):
    """No hint: the subject is found in the photo, or the photo is refused."""

    name: Literal["auto"] = "auto"
    help: ClassVar[str] = "The subject is found without a hint."

    def find(self, colours: Plane, *, max_pixels: int = MAX_PIXELS) -> FoundSubject:
        return find_alone(colours, self.segmenter, commercial_only=self.commercial_only)


HintConfig = Trimap | Mask | Box | Points | Scribbles | Auto

HINTS = by_name(HintConfig)


def hint_of(
    *,
    band: str | float | None = None,
    label: int | Literal["any"] | None = None,
    strict: bool = False,
    segmenter: str | None = None,
    commercial_only: bool = False,
    **given: Any,
) -> HintConfig:
    """The hint given by keyword; without one, `Auto`.

    Args:
        band, label, strict, segmenter, commercial_only: options of the hints that have them.
        given: values by the names of `HINTS`; at most one is not None.

    >>> hint_of(mask=None, box=(1, 2, 30, 40)).value
    (1, 2, 30, 40)
    """
    named = {name: {"value": value} for name, value in given.items() if value is not None}
    if len(named) > 1:
        raise BadArgument(f"{' and '.join(named)} both say what the subject is; give one")
    options = {
        "band": band,
        "label": label,
        "strict": strict,
        "segmenter": segmenter,
        "commercial_only": commercial_only,
    }
    name, value = next(iter(named.items()), ("auto", {}))
    if name in ("box", "points"):
        value = {"value": _pixels(name, given[name])}
    own = {field.name for field in fields(HINTS[name])} & {*options}
    if segmenter is not None and "segmenter" not in own:
        raise BadArgument(f"--segmenter finds the subject, which --{name} already says; give one")
    hint: HintConfig = HINTS[name](**value, **{option: options[option] for option in own})
    return hint


def _pixels(name: str, value: Any) -> Any:
    """The box or the points, of numbers of any kind, as whole numbers of pixels."""
    try:
        if name == "box":
            x, y, width, height = map(int, value)
            return x, y, width, height
        points = tuple(tuple(map(int, point)) for point in value)
        if all(len(point) == 2 or (len(point) == 3 and point[2] in (0, 1)) for point in points):
            return points
    except (TypeError, ValueError, OverflowError):  # not so many numbers, or none
        pass
    expected = "x, y, width, height" if name == "box" else "(x, y) or (x, y, 0) for each"
    raise BadArgument(f"the {name} cannot be {value!r}; expected {expected}, in pixels")


def hints_of_subjects(hints: dict[str, Any], subjects: Subjects) -> list[dict[str, Any]]:
    """Arguments of `hint_of`, once per subject or once for all.

    >>> hints_of_subjects({"points": [(10, 20), (30, 20), (5, 5, 0)]}, "each")[1]
    {'points': [(30, 20), (10, 20, 0), (5, 5, 0)]}
    """
    together = subjects == "all"
    if hints.get("mask") is not None:
        labels = ["any"] if together else labels_of(hints["mask"])
        return [hints | {"label": label} for label in labels]
    if hints.get("points") is not None:
        each = [hints["points"]] if together else _each_point(hints["points"])
        return [hints | {"points": points} for points in each]
    raise BadArgument(
        "--subjects needs to know the subjects; give --mask with one value per subject, or a "
        "--point on each"
    )


def labels_of(mask: Path) -> list[int]:
    """The values of the subjects in a mask of labels, of 8 bits.

    Raises:
        BadArgument: no pixel is a subject, or there are too many values for a mask of labels.
    """
    values = np.unique(np.rint(read_alpha(mask) * 255).astype(np.uint8))
    labels = [int(value) for value in values if value > 0]
    if not labels:
        raise BadArgument(f"{mask} is black all over; a mask of labels has one value per subject")
    if len(labels) > MOST_LABELS:
        raise BadArgument(
            f"{mask} has {len(labels)} values, as a soft mask has; --subjects each needs one value "
            "per subject"
        )
    return labels


def _each_point(points: Sequence[Point]) -> list[list[Point]]:
    on = [point[:2] for point in points if point[2:] != (0,)]
    off: list[Point] = [point for point in points if point[2:] == (0,)]
    return [[own, *((*other, 0) for other in on if other != own), *off] for own in on]

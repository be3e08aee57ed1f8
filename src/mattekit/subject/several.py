"""Several subjects in one photo: a hint for each of them, or for all together.

A mask may have one value per subject (0 is background), as instance segmentation does; every point
on a subject stands for one subject, and the other points are outside it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mattekit.core.errors import BadArgument
from mattekit.imaging.files import read_alpha
from mattekit.subject.segment import Point

Subjects = Literal["each", "all"]
"""A result for each subject, or one for all."""
MOST_LABELS = 64
"""A mask with more values is soft rather than labelled."""


def hints_of_subjects(hints: dict[str, Any], subjects: Subjects) -> list[dict[str, Any]]:
    """Arguments of `hint_of`, once per subject or once for all.

    >>> hints_of_subjects({"points": [(10, 20), (30, 20), (5, 5, 0)]}, "each")[1]
    {'points': [(30, 20), (10, 20, 0), (5, 5, 0)]}
    """
    if hints.get("mask") is not None:
        if subjects == "all":
            return [hints | {"label": "any"}]
        return [hints | {"label": label} for label in labels_of(hints["mask"])]
    if hints.get("points") is not None:
        if subjects == "all":
            return [hints]
        return [hints | {"points": points} for points in _each_point(hints["points"])]
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

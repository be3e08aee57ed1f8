"""Moving what a plane shows on its canvas, which keeps its size: turning and zooming."""

from typing import Literal

import cv2
import numpy as np

from mattekit.core.types import Interpolation, Plane, Size
from mattekit.imaging.resize import resize

Border = Literal["zero", "reflect"]
"""What comes in from outside: nothing, or the plane mirrored at its edge."""

PADDING: dict[Border, Literal["constant", "reflect"]] = {"zero": "constant", "reflect": "reflect"}


def rotate(
    plane: Plane, interpolation: Interpolation = "smooth", *, degrees: float, border: Border
) -> Plane:
    """The plane turned anticlockwise about its middle."""
    height, width = plane.shape[:2]
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1)
    turned: Plane = cv2.warpAffine(
        plane,
        turn,
        (width, height),
        flags=cv2.INTER_NEAREST if interpolation == "labels" else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT if border == "zero" else cv2.BORDER_REFLECT_101,
    )
    return turned.reshape(plane.shape)


def zoom(
    plane: Plane, interpolation: Interpolation = "smooth", *, factor: float, border: Border
) -> Plane:
    """The plane `factor` times as large about its middle."""
    height, width = plane.shape[:2]
    size = (max(1, round(height * factor)), max(1, round(width * factor)))
    return _centred(resize(plane, size, interpolation), (height, width), border)


def _centred(plane: Plane, size: Size, border: Border) -> Plane:
    """The plane cut or filled up on all sides."""
    cut, margins = [], []
    for length, wanted in zip(plane.shape, size, strict=False):
        before = (wanted - length) // 2
        after = wanted - length - before
        cut.append(slice(max(0, -before), length - max(0, -after)))
        margins.append((max(0, before), max(0, after)))
    margins += [(0, 0)] * (plane.ndim - 2)
    return np.pad(plane[tuple(cut)], margins, mode=PADDING[border])

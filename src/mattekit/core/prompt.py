"""What a user pointed at in a photo, and its encoding as planes for a network."""

from dataclasses import dataclass

import numpy as np

from mattekit.core.types import Plane, Size

Box = tuple[int, int, int, int]
"""x, y of the upper left corner, width, height, in pixels of the photo."""
Point = tuple[float, float]
"""x, y in pixels of the photo."""

CLICK = 2.0  # radius of a click in a plane


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What a user pointed at; it may be empty."""

    box: Box | None = None
    on: tuple[Point, ...] = ()
    """Points on the subject."""
    off: tuple[Point, ...] = ()
    """Points on the background."""

    @property
    def kind(self) -> str:
        """The kind of prompt, as segmenters list those they support."""
        return "points" if self.on or self.off else "box" if self.box else "nothing"


def prompt_planes(prompt: Prompt, size: Size, side: int) -> Plane:
    """Box (1 inside, -1 outside, 0 without one), points on, points off: 3 h w."""
    planes = np.zeros((3, side, side), np.float32)
    across, down = side / size[1], side / size[0]
    if prompt.box is not None:
        planes[0] = -1
        planes[0][inside_box(prompt.box, across, down, side)] = 1
    rows, columns = np.indices((side, side))
    for plane, points in ((planes[1], prompt.on), (planes[2], prompt.off)):
        for x, y in points:
            away = (columns - x * across) ** 2 + (rows - y * down) ** 2
            np.maximum(plane, np.exp(-away / (2 * CLICK**2)), out=plane)
    return planes


def inside_box(box: Box, across: float, down: float, side: int) -> tuple[slice, slice]:
    """Rows and columns of a box in a plane of that side, at least two of each."""
    x, y, width, height = box
    top, left = min(max(round(y * down), 0), side - 2), min(max(round(x * across), 0), side - 2)
    bottom, right = round((y + height) * down), round((x + width) * across)
    return slice(top, max(bottom, top + 2)), slice(left, max(right, left + 2))

"""Coverage drawn at several times the size and reduced by area, so that thin things fade right.

A strand half a pixel wide covers half of the pixels it crosses: that share is its alpha.
Coordinates are (x, y) in pixels of the final picture, pixel i covering [i, i + 1).
"""

from collections.abc import Iterable, Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mattekit.core.types import Alpha, Plane, Size

Points = npt.NDArray[np.float64]  # ... 2, as (x, y)
Numbers = npt.NDArray[np.float64]  # one per path, or per path and piece
Fixed = npt.NDArray[np.int32]  # points as OpenCV takes them
Pieces = Any  # n m 2, Fixed: OpenCV takes the array, though its stubs know lists only

PIECES = 4
"""A path is drawn in so many pieces, each of one width and shade; it has PIECES * m + 1 points."""

SHIFT = 4  # fractional bits of coordinates handed to OpenCV
FARTHEST = 30_000  # pixels; beyond, coordinates no longer fit
LEVELS = 8  # steps of coverage below one sub-pixel
GOLDEN = 0.6180339887  # its multiples fill [0, 1) evenly
LARGE = 3_000_000  # pixels from which on twice the size must do


class Canvas:
    """A plane of coverage, drawn `times` larger than it will be."""

    def __init__(self, size: Size, times: int | None = None) -> None:
        self.size = size
        self.times = times or (4 if size[0] * size[1] < LARGE else 2)
        self.plane = np.zeros((size[0] * self.times, size[1] * self.times), np.uint8)

    def fill(self, outlines: Iterable[Points], value: float = 1.0) -> None:
        """Fill closed outlines (each p 2), one over the other; value 0 cuts a hole."""
        for outline in outlines:
            points = _fixed(outline, self.times)
            cv2.fillPoly(self.plane, [points], round(255 * value), cv2.LINE_8, SHIFT)

    def strokes(self, paths: Points, widths: Numbers, opacity: float = 1.0) -> None:
        """Draw paths (n p 2); widths (n PIECES) in pixels hold for equal pieces along each path.

        What is there already is kept where it covers more.
        """
        layer = np.zeros_like(self.plane)
        levels = _levels(widths * self.times)
        for level, pieces in _grouped(_fixed(paths, self.times), levels):
            value = round(255 * opacity * min(level, 1.0))
            thickness = max(1, round(level) - 1)  # OpenCV draws 2 as 3 wide, 4 as 5, 6 as 7
            cv2.polylines(layer, pieces, False, value, thickness, cv2.LINE_8, SHIFT)
        np.maximum(self.plane, layer, out=self.plane)

    def alpha(self) -> Alpha:
        """The share of each pixel that is covered."""
        height, width = self.size
        reduced = cv2.resize(self.plane, (width, height), interpolation=cv2.INTER_AREA)
        return reduced.astype(np.float32) / np.float32(255)


def shade_strokes(plane: Plane, paths: Points, shades: Numbers, thickness: int) -> None:
    """Draw paths (n p 2) into a uint8 plane, each piece (n PIECES) in its own shade.

    Every other path comes first, so that dark ones lie over bright ones and the other way round.
    """
    levels = np.clip(np.round(shades / 16) * 16, 0, 255)
    fixed = _fixed(paths, 1)
    smooth = cv2.LINE_AA if thickness == 1 else cv2.LINE_8  # seven times as slow where thick
    for first, order in ((0, 1.0), (1, -1.0)):
        for level, pieces in _grouped(fixed[first::2], order * levels[first::2]):
            cv2.polylines(plane, pieces, False, abs(level), thickness, smooth, SHIFT)


def _fixed(points: Points, times: int) -> Fixed:
    """Points of the final picture as fixed-point coordinates of a plane `times` larger."""
    scaled = np.clip(points * times - 0.5, -FARTHEST, FARTHEST)
    return np.round(scaled * (1 << SHIFT)).astype(np.int32)


def _levels(widths: Numbers) -> Numbers:
    """Widths in sub-pixels as OpenCV can draw them: shares of one, or odd numbers.

    Between two odd numbers a path gets the larger or the smaller so that the mean over paths is
    right, and all pieces of a path go the same way.
    """
    toss = (0.5 + GOLDEN * np.arange(len(widths)))[:, None] % 1
    shares = np.where(widths > 0, np.maximum(np.round(widths * LEVELS), 1), 0) / LEVELS
    odd = 1 + 2 * np.floor((widths - 1) / 2 + 1 - toss)
    return np.where(widths < 1, shares, np.maximum(odd, 1))


def _grouped(paths: Fixed, keys: Numbers) -> Iterator[tuple[float, Pieces]]:
    """Pieces of paths (n m 2) that share a key (one per path and piece), lowest key first."""
    step = (paths.shape[1] - 1) // PIECES
    if step == 0 or len(paths) == 0:
        return
    parts = [paths[:, start : start + step + 1] for start in range(0, PIECES * step, step)]
    pieces = np.stack(parts, axis=1).reshape(-1, step + 1, 2)
    flat = keys.ravel()
    order = np.argsort(flat, kind="stable")
    values, starts = np.unique(flat[order], return_index=True)
    for value, group in zip(values, np.split(order, starts[1:]), strict=True):
        if value != 0:
            yield float(value), pieces[group]

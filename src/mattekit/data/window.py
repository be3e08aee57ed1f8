"""Windows of pictures, and the matching part of a background of another size."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mattekit.core.types import Image, Mask, Plane, Size
from mattekit.imaging.picture import Picture
from mattekit.imaging.resize import resize

Placement = Literal["cover", "stretch", "corner", "centre", "random"]
"""How a background of another size gets behind a foreground, see `BackgroundPlacement.compute`."""


@dataclass(frozen=True)
class Window:
    """A rectangle of a picture."""

    rows: slice
    columns: slice

    @property
    def size(self) -> Size:
        """Height and width."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    @classmethod
    def whole(cls, size: Size) -> "Window":
        """The whole picture."""
        return cls(slice(0, size[0]), slice(0, size[1]))

    @classmethod
    def around(cls, pixel: tuple[int, int], wanted: Size, size: Size) -> "Window":
        """The window of the wanted size nearest to the pixel that lies within the picture."""
        top, left = (
            min(max(place - part // 2, 0), length - part)
            for place, part, length in zip(pixel, wanted, size, strict=True)
        )
        return cls(slice(top, top + wanted[0]), slice(left, left + wanted[1]))

    @classmethod
    def square(
        cls, side: int | None, size: Size, unknown: Callable[[], Mask], rng: np.random.Generator
    ) -> "Window":
        """A square around a random unknown pixel; all of a smaller picture, or without `side`."""
        if side is None or min(size) <= side:
            return cls.whole(size)
        return cls.around(random_pixel(unknown(), rng), (side, side), size)

    def of(self, plane: Plane) -> Plane:
        """The part of a plane that lies in the window."""
        return plane[self.rows, self.columns]


def random_pixel(wanted: Mask, rng: np.random.Generator) -> tuple[int, int]:
    """A random pixel of the wanted ones, or of all if there are none."""
    if not wanted.any():
        wanted = np.ones_like(wanted)
    candidates = np.flatnonzero(wanted)
    row, column = divmod(int(candidates[rng.integers(len(candidates))]), wanted.shape[1])
    return row, column


@dataclass(frozen=True)
class BackgroundPlacement:
    """A background picture behind a canvas: the offset of the canvas and the step of its pixels.

    Both are in pixels of the picture, down and to the right.
    """

    corner: tuple[float, float]
    step: tuple[float, float]

    @classmethod
    def compute(
        cls,
        placement: Placement,
        size: Size,
        canvas: Size,
        rng: np.random.Generator,
        *,
        side: tuple[int, int] | None = None,
    ) -> "BackgroundPlacement":
        """The placement of a picture of that size behind a canvas.

        - cover: scaled to just cover the canvas, aspect kept, centred.
        - stretch: scaled in each direction separately, as GFM does.
        - corner: the top left part, never shrunk, as the published composites of Adobe's set are.
        - centre: the middle, never shrunk.
        - random: any part, never shrunk; if `side` is a range, the picture is first scaled
          so that its longer side is within it, as AlphaGAN-A6 does with 2000 to 6000.
        """
        height, width = (length / wanted for length, wanted in zip(size, canvas, strict=True))
        if placement == "stretch":
            return cls((0, 0), (height, width))
        step = fit = min(height, width)
        if placement == "random" and side is not None:
            step = min(max(size) / rng.integers(*side, endpoint=True), fit)
        elif placement != "cover":
            step = min(fit, 1)
        down, right = (length - wanted * step for length, wanted in zip(size, canvas, strict=True))
        corner = (down / 2, right / 2)
        if placement == "corner":
            corner = (0, 0)
        elif placement == "random":
            corner = (int(rng.integers(int(down) + 1)), int(rng.integers(int(right) + 1)))
        return cls(corner, (step, step))

    def spans(self, window: Window, size: Size) -> tuple[slice, slice]:
        """The rows and columns of the picture that lie behind a window of the canvas."""
        spans = []
        for part, corner, step, length in zip(
            (window.rows, window.columns), self.corner, self.step, size, strict=True
        ):
            first = int(corner + part.start * step)
            last = min(max(round(corner + part.stop * step), first + 1), length)
            spans.append(slice(min(first, last - 1), last))
        return spans[0], spans[1]

    def part(self, picture: Picture, window: Window) -> Image:
        """The part of the picture behind a window of the canvas, at the window's size."""
        return resize(picture.window(*self.spans(window, picture.size)), window.size)

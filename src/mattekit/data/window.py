"""Windows of pictures, and the matching part of a background of another size."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mattekit.core.types import Image, Plane, Size
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

    def of(self, plane: Plane) -> Plane:
        """The part of a plane that lies in the window."""
        return plane[self.rows, self.columns]


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
        fit = min(height, width)
        if placement == "stretch":
            return cls((0, 0), (height, width))
        if placement == "cover":
            return cls.centred(fit, size, canvas)
        if placement == "corner":
            return cls((0, 0), (min(fit, 1), min(fit, 1)))
        if placement == "centre":
            return cls.centred(min(fit, 1), size, canvas)
        step = 1.0 if side is None else max(size) / rng.integers(*side, endpoint=True)
        step = min(step, fit)
        spare = [length - wanted * step for length, wanted in zip(size, canvas, strict=True)]
        top, left = (int(rng.integers(int(room) + 1)) for room in spare)
        return cls((top, left), (step, step))

    @classmethod
    def centred(cls, step: float, size: Size, canvas: Size) -> "BackgroundPlacement":
        """The middle of the picture behind the middle of the canvas."""
        top, left = (
            (length - wanted * step) / 2 for length, wanted in zip(size, canvas, strict=True)
        )
        return cls((top, left), (step, step))

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

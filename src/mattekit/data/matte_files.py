"""A foreground and its alpha as files; only windows are converted to floats."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mattekit.core.errors import BadData
from mattekit.core.types import UNKNOWN, Alpha, Image, Mask, Plane, Sample, Size, Trimap
from mattekit.data.crop import random_pixel, unknown_pixels
from mattekit.data.window import Window
from mattekit.imaging.files import open_alpha, open_picture, open_trimap
from mattekit.imaging.picture import Picture, to_float


@dataclass(frozen=True)
class MatteFiles:
    """The files of a picture with an alpha; without `alpha` it is a channel of `colours`."""

    colours: Path
    alpha: Path | None = None
    trimap: Path | None = None
    tolerance: float = 0.0
    """Alphas this close to 0 or 1 count as 0 or 1."""

    def open(self) -> "Matte":
        """The planes as stored; refused if they differ in size or alpha is empty."""
        picture = open_picture(self.colours)
        alpha = picture.alpha if self.alpha is None else open_alpha(self.alpha)
        place = self.alpha or self.colours
        if alpha is None:
            raise BadData(
                f"{self.colours} has no alpha channel; cut-outs with transparency are expected"
            )
        check_size(self.colours, picture.size, place, alpha)
        if not alpha.any():
            raise BadData(f"the alpha of {place} is empty: no pixel is foreground")
        if self.trimap is None:
            return Matte(picture, alpha, None, self.tolerance)
        trimap, _ = open_trimap(self.trimap)
        check_size(self.colours, picture.size, self.trimap, trimap)
        return Matte(picture, alpha, trimap, self.tolerance)


@dataclass(frozen=True)
class Matte:
    """The planes of `MatteFiles`, alpha in the depth of its file."""

    picture: Picture
    stored_alpha: Plane
    trimap: Trimap | None = None
    tolerance: float = 0.0

    @property
    def size(self) -> Size:
        """Height and width."""
        return self.picture.size

    def colours(self, window: Window) -> Image:
        """The colours in a window as floats."""
        return self.picture.window(window.rows, window.columns)

    def alpha(self, window: Window) -> Alpha:
        """The alpha in a window as floats."""
        alpha = to_float(window.of(self.stored_alpha)).clip(0, 1)
        if self.tolerance:
            alpha[alpha <= self.tolerance] = 0
            alpha[alpha >= 1 - self.tolerance] = 1
        return alpha

    def window(self, side: int | None, rng: np.random.Generator) -> Window:
        """A square around a random unknown pixel; everything if smaller or without `side`.

        Without a trimap, soft pixels and those at a hard edge are unknown.
        """
        if side is None or min(self.size) <= side:
            return Window.whole(self.size)
        return self.window_of((side, side), rng)

    def window_of(self, size: Size, rng: np.random.Generator) -> Window:
        """A window of that size around a random unknown pixel."""
        unknown = (
            _edges(self.stored_alpha, self.tolerance)
            if self.trimap is None
            else self.trimap == UNKNOWN
        )
        return Window.around(random_pixel(unknown, rng), size, self.size)


def require_unknown(sample: Sample) -> Sample:
    """Refuse a sample without unknown pixels."""
    if not unknown_pixels(sample).any():
        raise BadData(
            f"{sample.name} has no unknown pixel, so there is nothing to learn; leave it out, or "
            "give it a trimap with a grey band"
        )
    return sample


def check_size(picture: Path, size: Size, path: Path, plane: Plane) -> None:
    """Refuse a plane that has another size than its picture."""
    if plane.shape[:2] != size:
        raise BadData(
            f"{path} is {plane.shape[1]}x{plane.shape[0]} and {picture} is {size[1]}x{size[0]}; "
            "they belong together and must have the same size"
        )


def _edges(alpha: Plane, tolerance: float) -> Mask:
    """Soft pixels; for an alpha without any, the pixels at its edge."""
    opaque = 1.0 if alpha.dtype.kind == "f" else int(np.iinfo(alpha.dtype).max)
    known = type(opaque)(tolerance * opaque)
    soft: Mask = (alpha > known) & (alpha < opaque - known)
    if soft.any():
        return soft
    inside = (alpha > opaque / 2).astype(np.uint8)
    kernel = np.ones((3, 3), dtype=np.uint8)
    return cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, kernel) > 0

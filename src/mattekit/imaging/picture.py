"""A picture as it was read: planes in the depth of the file, converted to floats window by window.

A photograph of 100 megapixels takes 0.3 GB as bytes and 1.2 GB as floats, so a `Picture` keeps the
bytes. Where pictures come from: `imaging.files`.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mattekit.core.errors import BadArgument
from mattekit.core.types import Alpha, Image, Plane, Size
from mattekit.imaging.compose import over, to_linear, to_srgb

ExistingAlpha = Literal["ignore", "multiply", "composite"]
WHOLE = slice(None)
SEVERAL = "the file holds more than one picture; the first one was read"
IGNORED = (
    "the photo has transparent parts of its own, which are ignored; "
    "--existing-alpha multiply or composite uses them"
)


@dataclass(frozen=True, kw_only=True)
class DecodedImage:
    """Upright planes in the depth and colour space of the file, before colour management."""

    colours: Plane
    """h w for grey, h w 3 for colour; unassociated."""
    alpha: Plane | None = None
    linear: bool = False
    """Floats in linear light."""
    profile: bytes = b""
    """The ICC profile."""
    exif: bytes = b""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Upright, sRGB-coded colours of a file, and what else the file holds."""

    colours: Plane
    """h w 3, of uint8, uint16 or float32; sRGB-coded and unassociated, floats within [0, 1]."""
    alpha: Plane | None = None
    """h w, of the same type."""
    linear: Image | None = None
    """h w 3, of files in linear light: the colours unclipped, values above 1 included."""
    exif: bytes = b""
    """EXIF data without orientation, for `write_image(..., exif=...)`."""
    warnings: tuple[str, ...] = ()

    @property
    def size(self) -> Size:
        """Height and width."""
        height, width = self.colours.shape[:2]
        return height, width

    @property
    def bits(self) -> int:
        """Bits a sample: 8, 16 or 32."""
        return self.colours.dtype.itemsize * 8

    def image(self) -> Image:
        """All colours as floats in [0, 1]."""
        return to_float(self.colours)

    def window(self, rows: slice, columns: slice) -> Image:
        """The colours of a part of the picture as floats in [0, 1]."""
        return to_float(self.colours[rows, columns])

    def alpha_window(self, rows: slice = WHOLE, columns: slice = WHOLE) -> Alpha:
        """The alpha of a part of the picture as floats in [0, 1]; 1 where the file has none."""
        if self.alpha is None:
            return np.ones(self.colours[rows, columns].shape[:2], dtype=np.float32)
        return to_float(self.alpha[rows, columns])


def to_float(plane: Plane) -> Plane:
    """Samples of any depth as floats in [0, 1]; a new array in any case."""
    if plane.dtype.kind == "f":
        return plane.astype(np.float32)
    scaled: Plane = np.divide(plane, np.float32(np.iinfo(plane.dtype).max), dtype=np.float32)
    return scaled


def to_depth(plane: Plane, bits: int) -> Plane:
    """Samples of any depth as integers of 8 or 16 bits, rounded, not truncated."""
    wanted = np.dtype(f"uint{bits}")
    if plane.dtype == wanted:
        return plane
    result: Plane = np.empty(plane.shape, dtype=wanted)
    for top in range(0, len(plane), 256):  # in strips, to avoid a second plane of floats
        rows = to_float(plane[top : top + 256])
        if np.isnan(rows).any():
            raise BadArgument("some values of the picture are not numbers and cannot be written")
        result[top : top + 256] = np.rint(rows.clip(0, 1) * np.iinfo(wanted).max)
    return result


def apply_existing_alpha(
    picture: Picture, how: ExistingAlpha, colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
) -> Picture:
    """Handle an alpha channel that the photo already has.

    `ignore` drops it, with a warning where it was not opaque; `composite` puts the photo on a
    colour; `multiply` keeps it, for the caller to multiply with the alpha that it finds.
    """
    if picture.alpha is None or how == "multiply":
        return picture
    if how == "ignore":
        opaque = bool((to_depth(picture.alpha, 8) == 255).all())
        remarks = () if opaque else (IGNORED,)
        return replace(picture, alpha=None, warnings=picture.warnings + remarks)
    alpha = picture.alpha_window()[..., None]
    behind = np.array(colour, dtype=np.float32)
    if picture.linear is not None:
        linear = over(picture.linear, alpha, to_linear(behind))
        return replace(picture, linear=linear, colours=coded(linear), alpha=None)
    composite = over(picture.image(), alpha, behind)
    if picture.bits < 32:
        composite = to_depth(composite, picture.bits)
    return replace(picture, colours=composite, alpha=None)


def coded(linear: Image) -> Image:
    """Linear light as sRGB-coded values, clipped to [0, 1]."""
    return to_srgb(linear.clip(0, 1))

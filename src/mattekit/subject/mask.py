"""From a segmentation of the subject to a trimap: its edge becomes an unknown band."""

import re

from mattekit.core.errors import BadArgument, BadImage, BadTrimap
from mattekit.core.types import Alpha, Mask, Size, Trimap
from mattekit.imaging.resize import resize
from mattekit.imaging.trimap import BAND_SHARE, diagonal, edge_band

MASK_TOLERANCE = 0.1  # a segmenter's 0 and 1 are rarely exact
NARROWEST_BAND = 4
ASPECT_TOLERANCE = 0.01


def from_mask(mask: Alpha, band: str | float | None = None) -> Trimap:
    """The trimap of a mask: a band along its edge and values between 0 and 1 become unknown.

    Args:
        band: width of the unknown edge, in pixels or as a share of the subject such as `2%`.
    """
    width = band_pixels(band, diagonal(inside_of(mask)))
    return edge_band(mask, width, tolerance=MASK_TOLERANCE)


def inside_of(mask: Alpha) -> Mask:
    """Where a mask shows the subject.

    Raises:
        BadTrimap: it shows the subject everywhere or nowhere.
    """
    inside = mask > 0.5
    if inside.all() or not inside.any():
        raise BadTrimap(f"the mask is {'all white' if inside.all() else 'empty'}; nothing to cut")
    return inside


def band_pixels(width: str | float | None, diagonal: float) -> float:
    """Pixels of a band given in pixels, as a share of the subject's diagonal, or by default.

    >>> band_pixels("2%", 500), band_pixels(7, 500), band_pixels(None, 500)
    (10.0, 7.0, 5.0)
    """
    if width is None:
        return max(NARROWEST_BAND, BAND_SHARE * diagonal)
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", str(width).strip())
    if not match:
        raise BadArgument(
            f"'{width}' is not a valid width; write pixels such as 12, or a share such as 2%"
        )
    return float(match[1]) * (diagonal / 100 if match[2] else 1)


def fitted(mask: Alpha, size: Size) -> tuple[Alpha, tuple[str, ...]]:
    """The mask at the photo's size, and a warning if it had another size.

    Raises:
        BadImage: the mask has another aspect ratio, so it belongs to another picture.
    """
    if mask.shape == size:
        return mask, ()
    found = f"the mask is {mask.shape[1]}x{mask.shape[0]} and the photo {size[1]}x{size[0]}"
    aspect = (mask.shape[1] / mask.shape[0]) / (size[1] / size[0])
    if abs(aspect - 1) > ASPECT_TOLERANCE:
        raise BadImage(f"{found}; give a mask of the whole photo, with its aspect ratio")
    return resize(mask, size), (f"{found}; it was resized",)

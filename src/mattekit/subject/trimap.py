"""Hints of any kind, or none, brought to a trimap.

The trimap is all that a matting method sees of it.
"""

import re

import numpy as np

from mattekit.classical.edge import edge_band
from mattekit.core.errors import BadArgument, BadImage, BadTrimap, NoSubject
from mattekit.core.types import Alpha, Plane, Size, Trimap
from mattekit.subject.hints import Hints
from mattekit.subject.proposal import propose
from mattekit.subject.segment import from_box, from_scribbles

MASK_TOLERANCE = 0.1  # a segmenter's mask is surer than that where it means 0 or 1
BAND_SHARE = 0.01  # of the diagonal of the mask's bounding box
NARROWEST_BAND = 4
CANNOT_TELL = (
    "cannot tell the subject; draw a box: --box x,y,w,h, or paint: mattekit cutout PHOTO --paint"
)


def subject_trimap(image: Plane, hints: Hints, *, band_width: str | float | None = None) -> Trimap:
    """The trimap that the hints stand for; without any, the one that is proposed, if trusted.

    Args:
        band_width: of a mask's unknown edge, in pixels or as a share such as `2%`.
    """
    if hints.trimap is not None:
        return hints.trimap
    if hints.mask is not None:
        return from_mask(hints.mask, (image.shape[0], image.shape[1]), band_width)
    if hints.box is not None:
        return from_box(image, hints.box)
    if hints.scribbles is not None:
        return from_scribbles(image, hints.scribbles)
    proposal = propose(image)
    if not proposal.trusted:
        raise NoSubject(CANNOT_TELL)
    return proposal.trimap


def from_mask(mask: Alpha, size: Size, band_width: str | float | None = None) -> Trimap:
    """The trimap of a mask: unknown are its widened edge and what is neither 0 nor 1 in it."""
    if mask.shape != size:
        raise BadImage(
            f"the mask is {mask.shape[1]}x{mask.shape[0]} and the photo {size[1]}x{size[0]}; "
            "resize the mask to the photo"
        )
    inside = mask > 0.5
    if inside.all() or not inside.any():
        raise BadTrimap(f"the mask is {'all white' if inside.all() else 'empty'}; nothing to cut")
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    diagonal = float(np.hypot(np.ptp(rows) + 1, np.ptp(columns) + 1))
    width = band_pixels(band_width, diagonal)
    return edge_band(mask, width, tolerance=MASK_TOLERANCE)


def band_pixels(width: str | float | None, diagonal: float) -> float:
    """Pixels of a band given in pixels, as a share of the subject's diagonal, or not at all.

    >>> band_pixels("2%", 500), band_pixels(7, 500), band_pixels(None, 500)
    (10.0, 7.0, 5.0)
    """
    if width is None:
        return max(NARROWEST_BAND, BAND_SHARE * diagonal)
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", str(width).strip())
    if not match:
        raise BadArgument(f"'{width}' is no width; write pixels such as 12, or a share such as 2%")
    return float(match[1]) * (diagonal / 100 if match[2] else 1)

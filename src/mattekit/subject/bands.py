"""From a mask of the subject to a trimap: its edge becomes an unknown band.

`from_mask` gives an even band. `soft_bands` gives one as wide as the edge is soft: the mask,
filtered with the photo as guide (guided filter, He et al. 2010), is a first matte. It moves the
edge of the mask to edges of the picture, and where it is soft over many pixels, as at hair and fur,
the band is wide. It is computed on a small copy of the photo.
"""

import re

import cv2
import numpy as np

from mattekit.core.errors import BadArgument, BadImage, BadTrimap
from mattekit.core.types import (
    BACKGROUND,
    FOREGROUND,
    UNKNOWN,
    Alpha,
    Image,
    Mask,
    Plane,
    Size,
    Trimap,
)
from mattekit.imaging.picture import to_float
from mattekit.imaging.resize import fit_within, resize
from mattekit.imaging.trimap import BAND_SHARE, band, diagonal, disc, edge_band

TOLERANCE = 0.1  # a mask's 0 and 1 are rarely exact
TOLERANCE_FOUND = 0.3  # and a segmenter's are vague even far from the subject
NARROWEST_BAND = 4
ASPECT_TOLERANCE = 0.01

LONGEST = 512  # side of the small copy
REACH = 0.04  # of the subject's diagonal: greatest distance of the mask's edge from the true one
NARROWEST = 0.005  # of the diagonal: unknown on either side of a hard edge
MARGIN = 0.004  # of the diagonal: unknown around soft pixels
FEWEST_PIXELS = 2.0  # minimum of the three above on the small copy
SOFT = 0.15  # values of the first matte this close to 0 or 1 are hard
VAGUE = 0.05  # the same, where the mask itself is undecided
EVENNESS = 1e-4  # variance of colours below which the guided filter only averages
SMALL_HOLE = 0.02  # of the subject: a smaller hole in the mask is probably a mistake
SMALL_PIECE = 0.01


def from_mask(mask: Alpha, band: str | float | None = None) -> Trimap:
    """The trimap of a mask: a band along its edge and values between 0 and 1 become unknown.

    Args:
        band: width of the unknown edge, in pixels or as a share of the subject such as `2%`.
    """
    length = diagonal(inside_of(mask))
    width = max(NARROWEST_BAND, BAND_SHARE * length)
    if band is not None:
        width = pixels_of(band, length, "width")
    return edge_band(mask, width, tolerance=TOLERANCE)


def inside_of(mask: Alpha) -> Mask:
    """Where a mask shows the subject.

    Raises:
        BadTrimap: it shows the subject everywhere or nowhere.
    """
    inside = mask > 0.5
    if inside.all() or not inside.any():
        raise BadTrimap(f"the mask is {'all white' if inside.all() else 'empty'}; nothing to cut")
    return inside


def pixels_of(length: str | float, whole: float, what: str) -> float:
    """Pixels of a length in pixels or as a share of a whole; `what` is its name in errors.

    >>> pixels_of("3%", 200, "margin"), pixels_of(4, 200, "margin")
    (6.0, 4.0)
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", str(length).strip())
    if not match:
        raise BadArgument(
            f"'{length}' is not a valid {what}; write pixels such as 12, or a share such as 2%"
        )
    return float(match[1]) * (whole / 100 if match[2] else 1)


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


def soft_bands(image: Plane, mask: Alpha, *, found: bool = False) -> Trimap:
    """The trimap of a mask, with bands as wide as its edge is soft.

    Small holes become unknown, so that the matting decides. Small pieces apart from the subject
    become unknown too, or background in a segmenter's mask. Where such a mask is only soft in the
    midst of the subject, all is subject.

    Args:
        mask: h w of the photo, in [0, 1].
        found: the mask comes from a segmenter, not from a user.

    Raises:
        BadTrimap: the mask is empty or full.
    """
    size = fit_within(mask.shape, LONGEST)
    small, shrunk = to_float(resize(image, size)), resize(mask, size)
    inside = inside_of(shrunk)
    holes, pieces = small_parts(~inside, SMALL_HOLE * inside.sum()), small_pieces(inside)
    shrunk = np.where(holes, np.float32(1), np.where(pieces, np.float32(0), shrunk))
    labels = _bands(small, shrunk, TOLERANCE_FOUND if found else TOLERANCE)
    unsure = holes if found else holes | pieces
    around = max(FEWEST_PIXELS, 2 * NARROWEST * diagonal(inside))
    labels[grown(unsure, round(around))] = UNKNOWN
    if found:
        labels[enclosed(labels, ~inside)] = FOREGROUND
    return resize(labels, mask.shape, "labels")


def _bands(small: Image, mask: Alpha, tolerance: float) -> Trimap:
    """Unknown where the first matte is soft, and a little on either side of its edge."""
    length = diagonal(mask > 0.5)
    near = edge_band(mask, max(FEWEST_PIXELS, REACH * length), tolerance=tolerance)
    undecided = near == UNKNOWN
    first = guided(small, mask, max(2, round(REACH * length / 2)))
    first = np.where(undecided, first, near / np.float32(FOREGROUND))
    edge = max(FEWEST_PIXELS, NARROWEST * length)
    unknown = band(first > 0.5, inner=edge, outer=edge) == UNKNOWN
    vague = between(mask, VAGUE) & between(first, VAGUE)
    soft = undecided & (between(first, SOFT) | vague)
    unknown |= grown(soft, max(1, round(MARGIN * length)))
    labels = np.where(first > 0.5, FOREGROUND, BACKGROUND).astype(np.uint8)
    labels[unknown & undecided] = UNKNOWN
    return labels


def guided(image: Image, plane: Plane, radius: int) -> Alpha:
    """The guided filter: the locally linear function of the image closest to the plane."""

    def mean(values: Plane) -> Plane:
        return cv2.blur(values, (2 * radius + 1, 2 * radius + 1))

    colour, value = mean(image), mean(plane)
    together = mean(image * plane[..., None]) - colour * value[..., None]
    spread = np.empty((*plane.shape, 3, 3), np.float32)
    for one in range(3):
        of_one = mean(image * image[..., one : one + 1]) - colour * colour[..., one : one + 1]
        spread[..., one] = of_one
    spread += EVENNESS * np.eye(3, dtype=np.float32)
    slope = np.linalg.solve(spread, together[..., None])[..., 0]
    offset = value - (slope * colour).sum(axis=-1)
    matte: Alpha = ((mean(slope) * image).sum(axis=-1) + mean(offset)).clip(0, 1)
    return matte.astype(np.float32)


def between(values: Plane, margin: float) -> Mask:
    """Where values are neither within `margin` of 0 nor of 1."""
    inside: Mask = (values > margin) & (values < 1 - margin)
    return inside


def small_parts(mask: Mask, largest: float) -> Mask:
    """Connected parts of the mask of at most `largest` pixels that do not touch the border."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    area = stats[:, cv2.CC_STAT_AREA]
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    free = (left > 0) & (top > 0) & (right < mask.shape[1]) & (bottom < mask.shape[0])
    small = free & (area <= largest)
    small[0] = False
    chosen: Mask = small[parts]
    return chosen


def enclosed(labels: Trimap, outside: Mask) -> Mask:
    """Unknown parts that neither touch the background nor hold a pixel that is `outside`."""
    _, parts = cv2.connectedComponents((labels == UNKNOWN).astype(np.uint8))
    reached = np.unique(parts[outside | grown(labels == BACKGROUND, 2)])
    chosen: Mask = (labels == UNKNOWN) & ~np.isin(parts, reached)
    return chosen


def small_pieces(mask: Mask) -> Mask:
    """Parts of a mask that are small relative to its largest one, and not close to a large one."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    area = stats[:, cv2.CC_STAT_AREA]
    small = area < SMALL_PIECE * area[1:].max(initial=0)
    close = grown(mask & ~small[parts], max(1, round(REACH * diagonal(mask))))
    small[np.unique(parts[close])] = False
    small[0] = False
    chosen: Mask = small[parts]
    return chosen


def grown(mask: Mask, radius: int) -> Mask:
    """The mask dilated by `radius` pixels."""
    wider: Mask = cv2.dilate(mask.astype(np.uint8), disc(radius)) > 0
    return wider

"""Trimaps: made from alphas and masks, validated, pasted into alphas.

In memory a trimap holds the labels of `core.types`; files hold 0, 128 and 255, and only `to_pixels`
and `arrays.snap` know it. Files themselves: `imaging.files`.
"""

import math

import cv2
import numpy as np

from mattekit.core.errors import BadArgument, BadTrimap
from mattekit.core.types import (
    BACKGROUND,
    FOREGROUND,
    UNKNOWN,
    Alpha,
    Mask,
    Plane,
    Size,
    Trimap,
    size_text,
)
from mattekit.imaging.arrays import PIXELS, ArrayLike, as_mask

BAND_SHARE = 0.01  # of the subject's diagonal: the width of an edge band, unless one is given
SHARE_OF_DEPTH = 0.5  # of the way from the edge to the deepest pixel that may become unknown


def make_trimap(alpha_or_mask: ArrayLike, inner: int | float, outer: int | float) -> Trimap:
    """A trimap whose unknown band reaches `inner` pixels into the subject and `outer` out of it.

    Soft pixels (0 < alpha < 1) are always unknown.

    Args:
        alpha_or_mask: h w of booleans, floats in [0, 1], integers 0 and 1, or 8 bits.
        inner: pixels, 0 or more.
        outer: pixels, 0 or more.

    Returns:
        h w, labels 0 background, 1 unknown, 2 foreground.

    Raises:
        BadArgument: a width is negative, or the values are not those of an alpha or mask.

    >>> make_trimap(np.array([[0, 0, 0, 1, 1, 1]], dtype=bool), inner=1, outer=2)
    array([[0, 1, 1, 1, 2, 2]], dtype=uint8)
    """
    return band(as_mask(alpha_or_mask), inner=inner, outer=outer)


def band(
    alpha_or_mask: Plane, *, inner: int | float, outer: int | float, tolerance: int | float = 0
) -> Trimap:
    """Unknown within `inner` pixels inside and `outer` pixels outside of the edge of the subject.

    Distances are Euclidean. Alphas within `tolerance` of 0 or 1 count as 0 or 1; all others
    are unknown whatever the widths.
    """
    _require_matte(alpha_or_mask)
    for width in (inner, outer):
        if not 0 <= width < math.inf:
            raise BadArgument(f"a band cannot be {width} pixels wide; give 0 or more")
    opaque = alpha_or_mask >= 1 - tolerance
    transparent = alpha_or_mask <= tolerance
    return labelled(_distance(opaque) > inner, _distance(transparent) > outer)


def edge_band(matte: Plane, width: float, *, tolerance: float = 0.0) -> Trimap:
    """Unknown within `width` pixels of the edge, or fewer where subject or background are thin.

    At most half the distance from the edge to the deepest pixel becomes unknown, so that some
    pixels of both stay known.

    Args:
        tolerance: values this close to 0 and 1 count as 0 and 1; all others are unknown.
    """
    inner, outer = (
        min(width, SHARE_OF_DEPTH * float(_distance(side).max()))
        for side in (matte >= 1 - tolerance, matte <= tolerance)
    )
    return band(matte, inner=inner, outer=outer, tolerance=tolerance)


def diagonal(mask: Mask) -> float:
    """Diagonal of the mask's bounding box in pixels; 0 for an empty mask."""
    _, _, width, height = cv2.boundingRect(_bytes(mask))
    return float(np.hypot(height, width))


def random_band(
    alpha_or_mask: Plane, rng: np.random.Generator, *, minimum: int, maximum: int
) -> Trimap:
    """A band whose inner and outer widths are drawn independently from `minimum` to `maximum`."""
    if not 0 <= minimum <= maximum:
        raise BadArgument(f"random widths from {minimum} to {maximum} pixels: no such range")
    inner, outer = rng.integers(minimum, maximum, size=2, endpoint=True)
    return band(alpha_or_mask, inner=int(inner), outer=int(outer))


def legacy(alpha_or_mask: Plane, rng: np.random.Generator) -> Trimap:
    """The published generator of AlphaGAN and DIM re-implementations: n steps with a k x k ellipse.

    k is 2, 3 or 4 and n from 5 to 14. The even kernels are off-centre by up to the whole band; kept
    to reproduce published runs; otherwise use `random_band`.
    """
    _require_matte(alpha_or_mask)
    kernel = _ellipse(int(rng.integers(2, 4, endpoint=True)))
    steps = int(rng.integers(5, 14, endpoint=True))
    opaque = cv2.erode(_bytes(alpha_or_mask >= 1), kernel, iterations=steps)
    touched = cv2.dilate(_bytes(alpha_or_mask > 0), kernel, iterations=steps)
    return labelled(opaque > 0, touched == 0)


def dilated(alpha_or_mask: Plane, kernel: int) -> Mask:
    """The visible part after one dilation with a kernel x kernel ellipse."""
    _require_matte(alpha_or_mask)
    return cv2.dilate(_bytes(alpha_or_mask > 0), _ellipse(kernel)) > 0


def ellipse_band(alpha_or_mask: Plane, kernel: int = 25) -> Trimap:
    """The trimap that GFM trains with: one erosion of what is opaque and one dilation of what is
    visible, with a kernel x kernel ellipse."""
    outside = ~dilated(alpha_or_mask, kernel)
    return labelled(cv2.erode(_bytes(alpha_or_mask >= 1), _ellipse(kernel)) > 0, outside)


def to_pixels(trimap: Trimap) -> Plane:
    """The trimap as files hold it: 0 background, 128 unknown, 255 foreground."""
    return PIXELS[trimap]


def paste_known(alpha: Alpha, trimap: Trimap) -> Alpha:
    """The alpha with 0 on the known background and 1 on the known foreground.

    >>> paste_known(np.float32([[0.3, 0.3, 0.3]]), np.uint8([[0, 1, 2]]))
    array([[0. , 0.3, 1. ]], dtype=float32)
    """
    known = np.where(trimap == UNKNOWN, alpha, trimap == FOREGROUND)
    return known.astype(np.float32, copy=False)


def check_trimap(trimap: Trimap, size: Size, *, needs_both: bool = False) -> tuple[str, ...]:
    """Refuse a trimap that does not fit a picture of this size; warn when nothing is unknown.

    `needs_both`: the method learns colours from known foreground and known background.
    """
    if trimap.shape != size:
        raise BadTrimap(
            f"the trimap is {size_text(trimap.shape)} and the picture {size_text(size)}; they must "
            "have the same size"
        )
    for label, word in ((FOREGROUND, "foreground (white)"), (BACKGROUND, "background (black)")):
        if needs_both and not np.any(trimap == label):
            raise BadTrimap(
                f"the trimap has no {word}; mark some, the method needs known pixels of both kinds"
            )
    if np.any(trimap == UNKNOWN):
        return ()
    return ("the trimap has no unknown (grey) pixels, so the alpha is the trimap itself",)


def labelled(foreground: Mask, background: Mask) -> Trimap:
    """The trimap of what is known to be foreground and background; the rest is unknown."""
    labels: Trimap = np.full(foreground.shape, UNKNOWN, dtype=np.uint8)
    labels[background] = BACKGROUND
    labels[foreground] = FOREGROUND
    return labels


def _distance(inside: Mask) -> Plane:
    """Distance of every pixel inside to the nearest one outside; 0 outside."""
    if inside.all():
        return np.full(inside.shape, np.inf, dtype=np.float32)
    distance: Plane = cv2.distanceTransform(_bytes(inside), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return distance


def disc(radius: int) -> Plane:
    """The kernel that grows a mask by `radius` pixels in every direction."""
    return _ellipse(2 * radius + 1)


def _ellipse(size: int) -> Plane:
    kernel: Plane = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return kernel


def _bytes(mask: Plane) -> Plane:
    return np.ascontiguousarray(mask).view(np.uint8)


def _require_matte(plane: Plane) -> None:
    """Accept an alpha in [0, 1] or a mask of booleans; 0 to 255 would be opaque everywhere."""
    if plane.ndim != 2 or plane.dtype.kind not in "bf":
        raise BadArgument(
            f"expected an alpha (h w, floats in [0, 1]) or a mask (h w, booleans), got "
            f"{'x'.join(map(str, plane.shape))} of {plane.dtype}"
        )
    if plane.dtype.kind == "f" and not (plane.min(initial=0) >= 0 and plane.max(initial=1) <= 1):
        raise BadArgument("the alpha has values outside [0, 1]; divide by its white value first")

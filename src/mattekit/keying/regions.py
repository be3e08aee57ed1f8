"""Where a picture shows its known background, where surely the subject, and where it mixes both.

A background pixel may be darker or brighter than the plate, as in a shadow, but not of another
colour. The core of the subject keeps away from the background by more than the edge is soft.
"""

import cv2
import numpy as np

from mattekit.core.types import Image, Mask, Plane, Trimap
from mattekit.imaging.compose import to_srgb
from mattekit.imaging.trimap import disc, labelled
from mattekit.subject.bands import small_parts

DARKEST, BRIGHTEST = 0.5, 1.2  # light on the background, as a share of the plate's
LEAST_DIFFERENCE = 0.01
NOISE_COUNTS = 2.2
"""A difference of so many times the usual one is none of noise."""
SIMILAR = 0.15
FEWEST = 2  # pixels of core that are given up in any case
SAME = 0.7  # of the softness, given up beyond it


def difference(light: Image, plate: Image, *, moved: bool = False) -> Plane:
    """How far every pixel is from the plate under the light that suits it best.

    In sRGB-coded values, in which noise is about the same everywhere.

    Args:
        moved: a pixel may show what the plate has next to it.
    """
    smooth = cv2.blur(light, (3, 3))
    brightness = (smooth * plate).sum(axis=2) / np.maximum((plate * plate).sum(axis=2), 1e-6)
    lit = to_srgb(plate * brightness.clip(DARKEST, BRIGHTEST)[..., None])
    seen = to_srgb(smooth.clip(0))
    if moved:
        window = np.ones((3, 3), np.uint8)
        lit = seen.clip(cv2.erode(lit, window), cv2.dilate(lit, window))
    apart: Plane = np.linalg.norm(seen - lit, axis=2)
    return apart


def noise_of(apart: Plane) -> float:
    """The usual difference of pixels that show the background."""
    near = apart[apart < SIMILAR]
    return float(np.median(near)) if near.size else 0.0


def empty_of(apart: Plane, *, softness: float, despeckle: int) -> Mask:
    """Pixels that show the background alone; what else is small among them is noise."""
    least = max(LEAST_DIFFERENCE, NOISE_COUNTS * noise_of(apart)) / softness
    empty = cv2.morphologyEx((apart < least).view(np.uint8), cv2.MORPH_OPEN, disc(2)) > 0
    return empty | small_parts(~empty, despeckle)


def regions(empty: Mask, subject: Mask, *, softness: float) -> Trimap:
    """The trimap of what shows the background alone and of what surely does not show it.

    Args:
        softness: above 1 more is unknown, below less.
    """
    background = cv2.erode(empty.view(np.uint8), disc(1)) > 0
    return labelled(_inner(subject & ~empty, empty, softness), background)


def _inner(core: Mask, empty: Mask, softness: float) -> Mask:
    """The core without its rim, which is as wide as the edge there is soft."""
    if core.all() or not core.any():
        return core
    depth, nearest = cv2.distanceTransformWithLabels(
        core.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # every pixel of the core has the label of the pixel outside that is nearest to it: the way on
    # from there to the background is as long as the edge is soft
    outside = ~core
    from_empty = cv2.distanceTransform((~empty).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    soft = np.zeros(int(nearest.max()) + 1, np.float32)
    soft[nearest[outside]] = from_empty[outside]
    inner: Mask = core & (depth > softness * (FEWEST + SAME * soft[nearest]))
    return inner

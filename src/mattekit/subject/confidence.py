"""Confidence that a cut-out shows the right subject; the confidence of the edge is separate."""

import cv2
import numpy as np

from mattekit.core.types import BACKGROUND, UNKNOWN, Alpha, Mask, Trimap
from mattekit.imaging.resize import fit_within, resize
from mattekit.subject.bands import small_parts

LONGEST = 512
PLAIN_UNKNOWN = 0.4  # share of the subject; even furry ones have less unknown
LONG_TOUCH = 0.5  # of a side of the photo
SIDES_CUT_OFF = 0.85  # factor for a subject cut off at three or more sides of the photo


def subject_confidence(
    alpha: Alpha, trimap: Trimap, *, mask: Alpha | None = None, sure: float | None = None
) -> float:
    """From 0 to 1: the segmenter's confidence, reduced by suspicious properties of the result.

    These are a matte that disagrees with the mask, pieces apart from the largest one, enclosed
    holes, sides of the photo that cut the subject off, and a large share of unknown pixels.

    Args:
        mask: of the segmenter or the user, if there is one.
        sure: the segmenter's confidence.
    """
    size = fit_within(alpha.shape, LONGEST)
    small = resize(alpha, size)
    inside = small > 0.5
    if not inside.any():
        return 0.0
    area = float(np.count_nonzero(inside))
    confidence = 1.0 if sure is None else sure
    if mask is not None:
        confidence *= overlap(inside, resize(mask, size) > 0.5)
    confidence *= largest_share(inside)
    confidence *= max(0.0, 1 - float(np.count_nonzero(small_parts(~inside, area))) / area)
    possible = np.count_nonzero(trimap != BACKGROUND)
    unknown = int(np.count_nonzero(trimap == UNKNOWN)) / max(1, int(possible))
    confidence *= 1 - max(0.0, float(unknown) - PLAIN_UNKNOWN)
    if sides_touched(inside) >= 3:
        confidence *= SIDES_CUT_OFF
    return confidence


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union; 1 where both are empty."""
    union = np.count_nonzero(one | other)
    return float(np.count_nonzero(one & other) / union) if union else 1.0


def largest_share(mask: Mask) -> float:
    """Share of a mask in its largest connected part."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    area = stats[1:, cv2.CC_STAT_AREA]
    return float(area.max(initial=0) / max(1, area.sum()))


def sides_touched(mask: Mask) -> int:
    """Number of sides of the picture along which half or more is subject."""
    sides = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    return sum(float(side.mean()) >= LONG_TOUCH for side in sides)

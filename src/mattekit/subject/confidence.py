"""How sure it is that a cut-out shows the right subject; the edge has a confidence of its own."""

import cv2
import numpy as np

from mattekit.core.types import BACKGROUND, UNKNOWN, Alpha, Mask, Trimap
from mattekit.imaging.resize import fit_within, resize
from mattekit.subject.bands import small_parts

LONGEST = 512
PLAIN_UNKNOWN = 0.4  # of what may be subject: more unknown than a furry one has
LONG_TOUCH = 0.5  # of a side of the photo
SIDES_CUT_OFF = 0.85  # factor for a subject that ends at three sides or more


def subject_confidence(
    alpha: Alpha, trimap: Trimap, *, mask: Alpha | None = None, sure: float | None = None
) -> float:
    """From 0 to 1: the segmenter's certainty, less what is suspicious about the result.

    Suspicious are a matte that disagrees with the mask, pieces apart from the largest one, enclosed
    holes, sides of the photo along which the subject ends, and a large share of unknown pixels.

    Args:
        mask: what the segmenter or the user said, if it was a mask.
        sure: how sure the segmenter was.
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
    """Share of a mask that its largest connected part has."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    area = stats[1:, cv2.CC_STAT_AREA]
    return float(area.max(initial=0) / max(1, area.sum()))


def sides_touched(mask: Mask) -> int:
    """Sides of the picture along which half or more is subject."""
    sides = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    return sum(float(side.mean()) >= LONG_TOUCH for side in sides)

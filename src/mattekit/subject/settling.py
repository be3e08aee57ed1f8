"""Where the matting is unsure, the mask of the subject decides.

Of cloth before a wall of its colour matting makes haze, while the mask that the trimap was made
from knows that cloth is whole. Both state how far they expect to be off, the mask by its distance
from its own edge, and the surer one has the greater weight.
"""

from dataclasses import replace

import cv2
import numpy as np

from mattekit.core.matte import Matte
from mattekit.core.types import UNKNOWN, Alpha, Mask, Plane, Trimap
from mattekit.imaging.resize import fit_within, resize
from mattekit.imaging.trimap import diagonal

LONGEST = 512  # side of the small copy on which distances are measured
EDGE = 0.008  # of the subject's diagonal: how far the mask's edge may be from the true one
ON_EDGE = 0.7  # expected error of the mask at its edge
ANYWHERE = 0.06  # and anywhere else
STEEPNESS = 2.0  # the mask's own soft values are drawn apart by this factor
POWER = 3  # of the expected errors that are weighed; 2 would be best were they exact


def settled(matte: Matte, mask: Alpha, trimap: Trimap) -> Matte:
    """The matte, drawn to the mask where its expected error is greater than that of the mask."""
    if matte.expected_error is None:
        return matte
    unknown = trimap == UNKNOWN
    alpha, error = matte.alpha.copy(), matte.expected_error.copy()
    of_matte, of_mask = error[unknown], expected_error(mask)[unknown]
    weight = of_matte**POWER / (of_matte**POWER + of_mask**POWER)
    steep = ((mask[unknown] - 0.5) * STEEPNESS + 0.5).clip(0, 1)
    alpha[unknown] += weight * (steep - alpha[unknown])
    error[unknown] += weight * (of_mask - of_matte)
    return replace(matte, alpha=alpha, expected_error=error)


def expected_error(mask: Alpha) -> Plane:
    """How far a mask is expected to be off: much at its edge, as much as it is soft elsewhere."""
    small = resize(mask, fit_within(mask.shape, LONGEST))
    inside = small > 0.5
    away = distance(inside) + distance(~inside)
    near = np.exp(-((away / max(1.0, EDGE * diagonal(inside))) ** 2))
    error = ANYWHERE + ON_EDGE * near + np.minimum(small, 1 - small)
    return resize(error.astype(np.float32), mask.shape)


def distance(where: Mask) -> Plane:
    """Of every pixel that is `where`, to the nearest that is not."""
    return cv2.distanceTransform(where.astype(np.uint8), cv2.DIST_L2, 3)

"""The unknown band along the edge of a subject that a segmentation found."""

import cv2
import numpy as np

from mattekit.core.types import Mask, Plane, Trimap
from mattekit.imaging.trimap import band

SHARE_OF_DEPTH = 0.5


def edge_band(matte: Plane, width: float, *, tolerance: float = 0.0) -> Trimap:
    """Unknown within `width` pixels of the edge, or fewer where subject or background are thin.

    At most half the way from the edge to the deepest pixel becomes unknown, so that something of
    both stays known.

    Args:
        tolerance: values within it of 0 and 1 count as these; what lies between is unknown.
    """
    inner, outer = (
        min(width, SHARE_OF_DEPTH * _depth(side))
        for side in (matte >= 1 - tolerance, matte <= tolerance)
    )
    return band(matte, inner=inner, outer=outer, tolerance=tolerance)


def _depth(mask: Mask) -> float:
    """Distance of the deepest pixel inside from the nearest one outside."""
    if mask.all():
        return float("inf")
    inside = mask.astype(np.uint8)
    return float(cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).max())

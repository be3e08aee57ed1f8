"""What a lens and a shutter do to a plane: defocus over discs, motion over a path."""

import cv2
import numpy as np

from mattekit.core.types import Plane

KERNEL = 5  # radius in pixels up to which a disc is applied at full size


def disc_blur(plane: Plane, radius: float) -> Plane:
    """The plane out of focus: every point becomes a disc of `radius` pixels."""
    factor = max(int(radius / KERNEL), 1)
    height, width = plane.shape[:2]
    small = (max(width // factor, 1), max(height // factor, 1))
    reduced = cv2.resize(plane, small, interpolation=cv2.INTER_AREA) if factor > 1 else plane
    reach = radius / factor
    side = np.arange(-int(reach) - 1, int(reach) + 2)
    disc = np.clip(reach + 0.5 - np.hypot(side[:, None], side), 0, 1).astype(np.float32)
    blurred = cv2.filter2D(reduced, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT)
    return cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)


def motion_blur(plane: Plane, *, far: float, angle: float, turn: float) -> Plane:
    """The plane averaged over a move of `far` pixels along `angle` and a turn of `turn` degrees."""
    height, width = plane.shape[:2]
    steps = int(np.clip(max(far, abs(turn) * min(height, width) / 120), 4, 24))
    total = np.zeros_like(plane)
    for share in np.linspace(-0.5, 0.5, steps):
        motion = cv2.getRotationMatrix2D((width / 2, height / 2), turn * share, 1.0)
        motion[:, 2] += share * far * np.array([np.cos(angle), np.sin(angle)])
        cv2.accumulate(
            cv2.warpAffine(plane, motion, (width, height), borderMode=cv2.BORDER_REPLICATE), total
        )
    return total / np.float32(steps)

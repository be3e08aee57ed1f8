"""Trimaps as people and tools make them: tight to loose, with wobbling bands, without specks."""

import cv2
import numpy as np

from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Mask, Plane, Trimap

WIDTHS = (1.5, 24.0)
"""Range of the band on either side of the soft pixels, in pixels of a training scene."""


def drawn_trimap(alpha: Alpha, rng: np.random.Generator) -> Trimap:
    """A trimap that is right, up to a little slack, about what it claims to know."""
    slack = rng.choice([0.004, 0.02, 0.05], 2)
    foreground, background = alpha >= 1 - slack[0], alpha <= slack[1]
    if rng.random() < 0.6:
        size = int(rng.integers(1, 5))
        foreground, background = _opened(foreground, size), _opened(background, 2 * size)
    inner, outer = WIDTHS[0] * (WIDTHS[1] / WIDTHS[0]) ** rng.random(2)
    if rng.random() < 0.4:
        outer = inner * np.exp(rng.normal(0, 0.3))
    wobble = np.exp(_wobble(alpha.shape, rng) * rng.uniform(0, 0.5))
    trimap = np.full(alpha.shape, UNKNOWN, np.uint8)
    trimap[_depth(foreground) > inner * wobble] = FOREGROUND
    trimap[_depth(background) > outer * wobble] = BACKGROUND
    if rng.random() < 0.35:
        sigma = rng.uniform(2, 8)
        for label in (FOREGROUND, BACKGROUND):
            thin = cv2.GaussianBlur(_floats(trimap == label), (0, 0), sigma) < rng.uniform(0.4, 0.8)
            trimap[thin & (trimap == label)] = UNKNOWN
    return trimap


def _opened(mask: Mask, radius: int) -> Mask:
    """Without the specks that nobody would paint."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0


def _depth(mask: Mask) -> Plane:
    return cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)


def _wobble(size: tuple[int, ...], rng: np.random.Generator) -> Plane:
    """Smooth noise about 0, in lumps of a random size."""
    cells = int(rng.uniform(3, 25)) + 3
    lumps = rng.standard_normal((cells, cells), dtype=np.float32)
    return cv2.resize(lumps, size[::-1], interpolation=cv2.INTER_CUBIC)


def _floats(mask: Mask) -> Plane:
    return mask.astype(np.float32)

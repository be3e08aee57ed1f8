"""A small picture with strands, its planes exact."""

import cv2
import numpy as np
import pytest

from mattekit.core.types import Sample
from mattekit.imaging.compose import over
from mattekit.imaging.trimap import make_trimap

SIZE = (96, 112)


def soft(rng: np.random.Generator, low: float, high: float) -> np.ndarray:
    """Colours that change slowly."""
    coarse = rng.uniform(low, high, (6, 7, 3)).astype(np.float32)
    return cv2.resize(coarse, SIZE[::-1], interpolation=cv2.INTER_CUBIC).clip(0, 1)


@pytest.fixture(scope="session")
def strands() -> Sample:
    """A dark disc with thin strands on a bright background."""
    rng = np.random.default_rng(7)
    canvas = np.zeros((4 * SIZE[0], 4 * SIZE[1]), np.float32)
    cv2.circle(canvas, (220, 210), 100, 1.0, -1)
    for angle in rng.uniform(0, 2 * np.pi, 40):
        tip = (220 + int(150 * np.cos(angle)), 210 + int(150 * np.sin(angle)))
        cv2.line(canvas, (220, 210), tip, 1.0, 4)
    alpha = cv2.resize(canvas, SIZE[::-1], interpolation=cv2.INTER_AREA).clip(0, 1)
    foreground, background = soft(rng, 0.0, 0.35), soft(rng, 0.6, 1.0)
    return Sample(
        image=over(foreground, alpha[..., None], background),
        alpha=alpha,
        trimap=make_trimap(alpha, 3, 3),
        foreground=foreground,
        background=background,
    )

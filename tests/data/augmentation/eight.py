"""One sample of 8 x 8 pixels, made by hand, and many draws of a step on it."""

from dataclasses import replace
from typing import Any

import numpy as np

from mattekit.core.types import Image, Sample
from mattekit.data.augmentation import StepConfig
from mattekit.imaging.compose import over

DRAWS = 2000
ROW = np.float32([0, 0, 0, 0.25, 0.75, 1, 1, 1])
"""Every row of alpha: three pixels of background, two soft ones, three of foreground."""


def plain(red: float, green: float, blue: float) -> Image:
    """One colour."""
    return np.full((8, 8, 3), (red, green, blue), dtype=np.float32)


def mixed(seed: int) -> Image:
    """Another colour in every pixel, in steps of 8 bits."""
    values = np.random.default_rng(seed).integers(256, size=(8, 8, 3))
    return values.astype(np.float32) / 255


def eight(**planes: Any) -> Sample:
    """The sample, with some planes exchanged and the image composed of the rest."""
    alpha = np.tile(ROW, (8, 1))
    sample = Sample(
        image=plain(0, 0, 0),
        alpha=alpha,
        trimap=(np.ceil(alpha) + np.floor(alpha)).astype(np.uint8),
        foreground=plain(0.8, 0.4, 0.2),
        background=plain(0.1, 0.3, 0.5),
        name="eight",
    )
    sample = replace(sample, **planes)
    return sample if "image" in planes else replace(sample, image=composed(sample))


def composed(sample: Sample) -> Image:
    """The image that the layers of a sample make."""
    assert sample.foreground is not None
    assert sample.background is not None
    image: Image = over(sample.foreground, sample.alpha[..., None], sample.background)
    return image


def draws(step: StepConfig, sample: Sample) -> list[Sample]:
    """What the step makes of the sample, 2,000 times."""
    rng = np.random.default_rng(7)
    return [step(sample, rng) for _ in range(DRAWS)]


def rate(samples: list[Sample], before: Sample, plane: str = "image") -> float:
    """Share of the samples whose plane has changed."""
    unchanged = getattr(before, plane)
    return float(np.mean([not np.array_equal(getattr(one, plane), unchanged) for one in samples]))

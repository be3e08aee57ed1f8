"""Steps that degrade the image by compression and resampling, but not foreground and background."""

from typing import Literal

import numpy as np

from mattekit.core.config import config
from mattekit.core.types import Sample
from mattekit.data.augmentation.chance import check_probability, check_range, happens
from mattekit.data.augmentation.layers import with_image
from mattekit.data.augmentation.noise import jpeg, resample


@config
class JpegConfig:
    """JPEG artefacts, in the image alone."""

    name: Literal["jpeg"] = "jpeg"
    probability: float = 0.5
    """Share of the samples that it happens to."""
    quality: tuple[int, int] = (50, 95)
    """Lowest and highest quality, from 1 to 100."""

    def __post_init__(self) -> None:
        check_probability(probability=self.probability)
        check_range(1, quality=self.quality)
        if self.quality[1] > 100:
            raise ValueError("quality must be at most 100")

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        if not happens(self.probability, rng):
            return sample
        quality = int(rng.integers(*self.quality, endpoint=True))
        return with_image(sample, jpeg(sample.image, quality))


@config
class ResampleConfig:
    """Loss of detail: the image alone, downsampled and upsampled."""

    name: Literal["resample"] = "resample"
    probability: float = 0.5
    """Share of the samples that it happens to."""
    factors: tuple[float, float] = (1.0, 2.0)
    """Least and greatest factor of downsampling."""

    def __post_init__(self) -> None:
        check_probability(probability=self.probability)
        check_range(1, factors=self.factors)

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        if not happens(self.probability, rng):
            return sample
        return with_image(sample, resample(sample.image, rng.uniform(*self.factors)))

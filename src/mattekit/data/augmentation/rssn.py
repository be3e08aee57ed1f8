"""RSSN, GFM's composition route: it matches resolution, sharpness and noise of two photographs.

Li et al. 2022, section 5. A composite of photographs from different cameras is recognisable,
so both may be denoised, the background blurred, and one field of noise added to everything.
Resolution (R) is up to the source, whose backgrounds have the size of the foreground. As coded by
the authors with two corrections: noise is clipped instead of wrapping around in 8 bits, and nothing
is truncated to 8 bits.
"""

from typing import Literal

import numpy as np

from mattekit.core.config import config
from mattekit.core.types import Sample
from mattekit.data.augmentation.chance import check_probability, happens
from mattekit.data.augmentation.denoise import Method, denoise
from mattekit.data.augmentation.layers import layers_of, recomposed
from mattekit.data.augmentation.noise import add_noise, box_blur, noise_field

GREY_STEPS = 255


@config
class RssnConfig:
    """Make foreground and background look as if one camera had taken them."""

    name: Literal["rssn"] = "rssn"
    denoise: float = 0.5
    """Probability that foreground and background are both denoised; 0 where the source does it."""
    method: Method = "nlm"
    """Non-local means, or bm3d if that package is installed."""
    sigma: float = 10.0
    """Strength of the noise that is removed, in steps of 255."""
    blur: float = 0.5
    """Probability that the background is blurred, as by a shallow depth of field."""
    sides: tuple[int, ...] = (20, 30, 40, 50, 60)
    """Sides of the box filter in pixels, one of which is drawn."""
    noise: float = 0.5
    """Probability that one field of noise is added to image, foreground and background."""
    noise_sigma: float = 10.0
    """Standard deviation of that noise, in steps of 255."""

    def __post_init__(self) -> None:
        check_probability(denoise=self.denoise, blur=self.blur, noise=self.noise)
        if not self.sides or min(self.sides) < 1:
            raise ValueError("sides must be one or more sides of at least 1 pixel")
        if self.sigma <= 0 or self.noise_sigma < 0:
            raise ValueError("sigma must be above 0 and noise_sigma at least 0")

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        if happens(self.denoise, rng):
            sample = self._denoised(sample)
        if happens(self.blur, rng):
            side = int(rng.choice(np.asarray(self.sides)))
            sample = recomposed(sample, background=box_blur(layers_of(sample)[1], side))
        if happens(self.noise, rng):
            sample = self._noisy(sample, rng)
        return sample

    def _denoised(self, sample: Sample) -> Sample:
        foreground, background = (
            denoise(layer, method=self.method, sigma=self.sigma / GREY_STEPS)
            for layer in layers_of(sample)
        )
        return recomposed(sample, foreground=foreground, background=background)

    def _noisy(self, sample: Sample, rng: np.random.Generator) -> Sample:
        """The sample with sensor noise; equal in both layers and thus in the image: aN + (1-a)N."""
        field = noise_field(sample.image.shape, self.noise_sigma / GREY_STEPS, rng)
        foreground, background = (add_noise(layer, field) for layer in layers_of(sample))
        return recomposed(sample, foreground=foreground, background=background)

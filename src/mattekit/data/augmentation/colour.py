"""Steps that change colours: hue, saturation and tone curve."""

from functools import partial
from typing import Literal

import cv2
import numpy as np

from mattekit.core.config import config
from mattekit.core.types import Image, Sample
from mattekit.data.augmentation.chance import Limited, Share, TruncatedNormal, happens
from mattekit.data.augmentation.layers import Layer, recoloured

CIRCLE = 255
"""Units of a full turn in the published hue shifts."""

NEAR_ONE = TruncatedNormal(mean=1, deviation=0.2, limit=0.5)


@config
class ColourConfig(Limited):
    """Scale hue and saturation, shift the hue, then apply a tone curve."""

    name: Literal["colour"] = "colour"
    probability: Share = 1.0
    """Share of the samples that it happens to."""
    layer: Layer = "subject"
    """Whose colours change."""
    hue_factor: TruncatedNormal = NEAR_ONE
    """Factor of the hue, which runs from red over green and blue back to red."""
    hue_shift: TruncatedNormal = TruncatedNormal(mean=0, deviation=10, limit=51)
    """Shift of the hue in 255ths of the colour circle."""
    saturation_factor: TruncatedNormal = NEAR_ONE
    """Factor of the distance to grey; the brightest channel stays."""
    gamma: TruncatedNormal = NEAR_ONE
    """Exponent of the tone curve; above 1 darkens."""

    def __post_init__(self) -> None:
        Limited.__post_init__(self)
        for name in ("hue_factor", "saturation_factor", "gamma"):
            value: TruncatedNormal = getattr(self, name)
            if value.mean - value.limit < 0:
                raise ValueError(f"{name} must not reach below 0")

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        if not happens(self.probability, rng):
            return sample
        how = partial(
            recolour,
            hue_factor=self.hue_factor.draw(rng),
            hue_shift=self.hue_shift.draw(rng),
            saturation_factor=self.saturation_factor.draw(rng),
            gamma=self.gamma.draw(rng),
        )
        return recoloured(sample, self.layer, how)


def recolour(
    image: Image, *, hue_factor: float, hue_shift: float, saturation_factor: float, gamma: float
) -> Image:
    """The image with hue and saturation changed, then each channel raised to the power gamma."""
    hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV))
    hue = (hue * np.float32(hue_factor) + np.float32(hue_shift * 360 / CIRCLE)) % np.float32(360)
    saturation = (saturation * np.float32(saturation_factor)).clip(0, 1)
    changed = cv2.cvtColor(cv2.merge([hue, saturation, value]), cv2.COLOR_HSV2RGB)
    return changed.clip(0, 1) ** np.float32(gamma)

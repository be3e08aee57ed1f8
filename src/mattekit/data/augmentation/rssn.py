"""RSSN, GFM's composition route: it matches resolution, sharpness and noise of two photographs.

Li et al. 2022, section 5. A composite of photographs from different cameras is recognisable,
so both may be denoised, the background blurred, and one field of noise added to everything.
Resolution (R) is up to the source, whose backgrounds have the size of the foreground. As coded by
the authors with two corrections: noise is clipped instead of wrapping around in 8 bits, and nothing
is truncated to 8 bits.
"""

from importlib import import_module
from typing import Annotated, Any, Literal

import cv2
import numpy as np

from mattekit.core.config import config
from mattekit.core.errors import BadArgument
from mattekit.core.types import Image, Plane, Sample
from mattekit.data.augmentation.camera import add_noise, noise_field
from mattekit.data.augmentation.chance import Limited, Share, Within, happens
from mattekit.data.augmentation.layers import layers_of, recomposed
from mattekit.imaging.picture import to_depth, to_float

Method = Literal["nlm", "bm3d"]
BM3D_LICENCE = (
    "the package bm3d is free for non-commercial use only (Tampere University); "
    "pictures made with it are derived under that licence"
)
"""Shown once when the method is used, and stored with the pictures."""

STRENGTH = 1.5  # of sigma: best in PSNR within 0.1 dB at 5, 10 and 20 grey steps of noise
GREY_STEPS = 255


@config
class RssnConfig(Limited):
    """Make foreground and background look as if one camera had taken them."""

    name: Literal["rssn"] = "rssn"
    denoise: Share = 0.5
    """Probability that foreground and background are both denoised; 0 where the source does it."""
    method: Method = "nlm"
    """Non-local means, or bm3d if that package is installed."""
    sigma: float = 10.0
    """Strength of the noise that is removed, in steps of 255."""
    blur: Share = 0.5
    """Probability that the background is blurred, as by a shallow depth of field."""
    sides: tuple[int, ...] = (20, 30, 40, 50, 60)
    """Sides of the box filter in pixels, one of which is drawn."""
    noise: Share = 0.5
    """Probability that one field of noise is added to image, foreground and background."""
    noise_sigma: Annotated[float, Within(0)] = 10.0
    """Standard deviation of that noise, in steps of 255."""

    def __post_init__(self) -> None:
        Limited.__post_init__(self)
        if not self.sides or min(self.sides) < 1:
            raise ValueError("sides must be one or more sides of at least 1 pixel")
        if self.sigma <= 0:
            raise ValueError("sigma must be above 0")

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        if happens(self.denoise, rng):
            foreground, background = (
                denoise(layer, method=self.method, sigma=self.sigma / GREY_STEPS)
                for layer in layers_of(sample)
            )
            sample = recomposed(sample, foreground=foreground, background=background)
        if happens(self.blur, rng):
            side = int(rng.choice(np.asarray(self.sides)))
            sample = recomposed(sample, background=box_blur(layers_of(sample)[1], side))
        if happens(self.noise, rng):  # equal in both layers and thus in the image: aN + (1-a)N
            field = noise_field(sample.image.shape, self.noise_sigma / GREY_STEPS, rng)
            foreground, background = (add_noise(layer, field) for layer in layers_of(sample))
            sample = recomposed(sample, foreground=foreground, background=background)
        return sample


def box_blur(image: Image, side: int) -> Image:
    """The mean over squares of side x side pixels; RSSN's imitation of shallow depth of field."""
    blurred: Plane = cv2.blur(image, (side, side))
    return blurred.clip(0, 1)


def denoise(image: Image, *, method: Method = "nlm", sigma: float = 10 / 255) -> Image:
    """The image without normal noise of standard deviation sigma, a share of the range [0, 1].

    `nlm` is non-local means (Buades et al. 2005), at 16 bits to keep fine gradations; `bm3d` needs
    the package of that name.
    """
    if sigma <= 0:
        raise BadArgument(
            f"cannot remove noise of sigma {sigma}; expected a share such as 10 / 255"
        )
    if method == "bm3d":
        bm3d = require("bm3d").bm3d_rgb(image, sigma)
        return np.asarray(bm3d, dtype=np.float32).clip(0, 1)
    denoised: Plane = cv2.fastNlMeansDenoising(
        to_depth(image, 16),
        [STRENGTH * sigma * 65535] * image.shape[2],
        templateWindowSize=7,
        searchWindowSize=21,
        normType=cv2.NORM_L1,
    )
    return to_float(denoised)


def require(method: Method) -> Any:
    """The package of a method that is not built in, or an error that says how to install it."""
    if method == "nlm":
        return None
    try:
        return import_module(method)
    except ImportError as error:
        raise BadArgument(
            "the method bm3d needs the package of that name (free for non-commercial use only); "
            "run: pip install bm3d, or use the method nlm"
        ) from error

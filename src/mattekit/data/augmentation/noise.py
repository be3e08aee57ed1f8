"""Image degradations: noise, blur, JPEG, sharpening, resampling.

Pure functions of float images in [0, 1]; strengths of noise are shares of that range, so 10 of 255
grey steps are `10 / 255`. Results are clipped to [0, 1].
"""

import io

import cv2
import numpy as np
import PIL.Image

from mattekit.core.types import Image, Plane
from mattekit.imaging.picture import to_depth, to_float
from mattekit.imaging.resize import resize


def noise_field(shape: tuple[int, ...], sigma: float, rng: np.random.Generator) -> Plane:
    """Independent normal values of standard deviation sigma, to be added to one or more images."""
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(sigma)


def add_noise(image: Image, field: Plane) -> Image:
    """The image plus a field of noise, clipped to [0, 1]."""
    return (image + field).clip(0, 1)


def box_blur(image: Image, side: int) -> Image:
    """The mean over squares of side x side pixels; RSSN's imitation of shallow depth of field."""
    blurred: Plane = cv2.blur(image, (side, side))
    return blurred.clip(0, 1)


def gaussian_blur(image: Image, sigma: float) -> Image:
    """The image blurred by a Gaussian of standard deviation sigma, in pixels."""
    blurred: Plane = cv2.GaussianBlur(image, (0, 0), sigma)
    return blurred.clip(0, 1)


def sharpen(image: Image, amount: float, sigma: float = 1.0) -> Image:
    """Unsharp masking: the difference to a blurred copy added `amount` times."""
    return (image + np.float32(amount) * (image - gaussian_blur(image, sigma))).clip(0, 1)


def jpeg(image: Image, quality: int) -> Image:
    """The image after JPEG with reduced colour channels, at a quality from 1 to 100."""
    file = io.BytesIO()
    PIL.Image.fromarray(to_depth(image, 8)).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    return to_float(np.asarray(PIL.Image.open(file)))


def resample(image: Image, factor: float) -> Image:
    """The image downsampled by `factor` and upsampled again, for loss of detail."""
    height, width = image.shape[:2]
    small = resize(image, (max(1, round(height / factor)), max(1, round(width / factor))))
    return resize(small, (height, width))

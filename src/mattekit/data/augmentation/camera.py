"""Simulated camera: the effects of optics, sensor and software on a perfect picture.

Each effect is applied with a probability and a random strength, in the order of a real camera:
optics, colour filter, sensor, sharpening, encoder.
"""

from typing import Literal

import cv2
import numpy as np

from mattekit.core.config import config
from mattekit.core.types import Image, Plane, Sample
from mattekit.data.augmentation.chance import check_probability, check_range, happens
from mattekit.data.augmentation.layers import with_image
from mattekit.data.augmentation.noise import add_noise, gaussian_blur, jpeg, sharpen
from mattekit.imaging.picture import to_depth, to_float


@config
class CameraConfig:
    """Exposure, blur, colour filter, sensor noise, sharpening and JPEG, in the image alone."""

    name: Literal["camera"] = "camera"
    exposure: float = 0.5
    """Probability of a change of brightness and tone curve."""
    exposure_deviation: float = 0.15
    """Standard deviation of the logarithms of gain and gamma."""
    blur: float = 0.3
    """Probability of blur by the lens."""
    blur_sigma: tuple[float, float] = (0.3, 0.9)
    """Least and greatest standard deviation of the blur, in pixels."""
    mosaic: float = 0.25
    """Probability that two colours of every pixel are interpolated, as behind a Bayer filter."""
    noise: float = 0.7
    """Probability of noise, which grows with brightness."""
    noise_sigma: tuple[float, float] = (0.002, 0.03)
    """Least and greatest strength, drawn log-uniformly, as a share of white."""
    smooth_noise: float = 0.4
    """Probability that the noise is smoothed, as after denoising."""
    sharpen: float = 0.3
    """Probability of sharpening."""
    sharpen_amount: tuple[float, float] = (0.2, 1.0)
    """Least and greatest share of the detail that is added."""
    sharpen_sigma: tuple[float, float] = (0.6, 1.6)
    """Least and greatest standard deviation of the detail filter, in pixels."""
    jpeg: float = 0.55
    """Probability of JPEG."""
    quality: tuple[int, int] = (55, 98)
    """Lowest and highest quality of JPEG."""

    def __post_init__(self) -> None:
        check_probability(
            exposure=self.exposure,
            blur=self.blur,
            mosaic=self.mosaic,
            noise=self.noise,
            smooth_noise=self.smooth_noise,
            sharpen=self.sharpen,
            jpeg=self.jpeg,
        )
        check_range(0.1, blur_sigma=self.blur_sigma, sharpen_sigma=self.sharpen_sigma)
        check_range(1e-6, noise_sigma=self.noise_sigma)
        check_range(0, sharpen_amount=self.sharpen_amount)
        check_range(1, quality=self.quality)
        if self.quality[1] > 100 or self.exposure_deviation < 0:
            raise ValueError("quality must be at most 100 and exposure_deviation at least 0")

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        return with_image(sample, simulate_camera(sample.image, rng, self))


USUAL = CameraConfig()


def simulate_camera(image: Image, rng: np.random.Generator, camera: CameraConfig = USUAL) -> Image:
    """The picture as stored by a random camera."""
    if happens(camera.exposure, rng):
        gain, gamma = (np.exp(rng.normal(0, camera.exposure_deviation)) for _ in range(2))
        image = exposed(image, gain=gain, gamma=gamma)
    if happens(camera.blur, rng):
        image = gaussian_blur(image, rng.uniform(*camera.blur_sigma))
    if happens(camera.mosaic, rng):
        image = demosaiced(image)
    if happens(camera.noise, rng):
        image = add_noise(image, _sensor_noise(image, rng, camera))
    if happens(camera.sharpen, rng):
        amount, sigma = rng.uniform(*camera.sharpen_amount), rng.uniform(*camera.sharpen_sigma)
        image = sharpen(image, amount, sigma)
    if happens(camera.jpeg, rng):
        image = jpeg(image, int(rng.integers(*camera.quality, endpoint=True)))
    return to_float(to_depth(image, 8))


def exposed(image: Image, *, gain: float, gamma: float) -> Image:
    """The image times a gain, then raised to a power."""
    brighter = (image * np.float32(gain)).clip(0, 1)
    return brighter ** np.float32(gamma)


def demosaiced(image: Image) -> Image:
    """The picture through a Bayer filter, its two missing colours per pixel interpolated."""
    red, green, blue = cv2.split(to_depth(image, 8))
    mosaic = green.copy()
    mosaic[0::2, 0::2] = red[0::2, 0::2]
    mosaic[1::2, 1::2] = blue[1::2, 1::2]
    return to_float(cv2.cvtColor(mosaic, cv2.COLOR_BayerRGGB2RGB))


def _sensor_noise(image: Image, rng: np.random.Generator, camera: CameraConfig) -> Image:
    """Noise that grows with brightness, sometimes smoothed as after denoising."""
    noise: Plane = rng.standard_normal(image.shape, dtype=np.float32)
    if happens(camera.smooth_noise, rng):
        noise = 2 * cv2.GaussianBlur(noise, (0, 0), 0.7)
    strength = np.exp(rng.uniform(*np.log(camera.noise_sigma)))
    return noise * np.float32(strength) * np.sqrt(image.clip(0.02, 1) + np.float32(0.1))

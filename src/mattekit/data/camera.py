"""What a camera and its software do to a picture that was drawn too perfectly.

Each effect comes by chance and in a random strength, in the order in which light meets them:
optics, colour filter, sensor, sharpening, encoder.
"""

import cv2
import numpy as np

from mattekit.core.types import Image, Plane
from mattekit.imaging.noise import add_noise, gaussian_blur, jpeg, sharpen
from mattekit.imaging.picture import to_depth, to_float


def photographed(image: Image, rng: np.random.Generator) -> Image:
    """The picture as a random camera would have stored it."""
    if rng.random() < 0.5:
        image = exposed(image, gain=np.exp(rng.normal(0, 0.15)), gamma=np.exp(rng.normal(0, 0.15)))
    if rng.random() < 0.3:
        image = gaussian_blur(image, rng.uniform(0.3, 0.9))
    if rng.random() < 0.25:
        image = demosaiced(image)
    if rng.random() < 0.7:
        image = add_noise(image, _sensor_noise(image, rng))
    if rng.random() < 0.3:
        image = sharpen(image, rng.uniform(0.2, 1.0), rng.uniform(0.6, 1.6))
    if rng.random() < 0.55:
        image = jpeg(image, int(rng.integers(55, 99)))
    return to_float(to_depth(image, 8))


def exposed(image: Image, *, gain: float, gamma: float) -> Image:
    """Brighter by a factor, then along another tone curve."""
    brighter = (image * np.float32(gain)).clip(0, 1)
    return brighter ** np.float32(gamma)


def demosaiced(image: Image) -> Image:
    """The picture through a Bayer filter, its two missing colours per pixel interpolated."""
    red, green, blue = cv2.split(to_depth(image, 8))
    mosaic = green.copy()
    mosaic[0::2, 0::2] = red[0::2, 0::2]
    mosaic[1::2, 1::2] = blue[1::2, 1::2]
    return to_float(cv2.cvtColor(mosaic, cv2.COLOR_BayerRGGB2RGB))


def _sensor_noise(image: Image, rng: np.random.Generator) -> Image:
    """Noise that grows with light; at times smoothed, as after denoising."""
    noise: Plane = rng.standard_normal(image.shape, dtype=np.float32)
    if rng.random() < 0.4:
        noise = 2 * cv2.GaussianBlur(noise, (0, 0), 0.7)
    strength = np.exp(rng.uniform(np.log(0.002), np.log(0.03)))
    return noise * np.float32(strength) * np.sqrt(image.clip(0.02, 1) + np.float32(0.1))

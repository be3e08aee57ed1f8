"""Effects of cameras and files on a perfect picture, and steps that apply them to the image alone.

The functions are pure, of float images in [0, 1]; strengths of noise are shares of that range, so
10 of 255 grey steps are `10 / 255`. Results are clipped to [0, 1].
"""

import io
from typing import Annotated, Literal

import cv2
import numpy as np
import PIL.Image

from mattekit.core.config import config
from mattekit.core.types import Image, Plane, Sample
from mattekit.data.augmentation.chance import Limited, Share, Within, happens
from mattekit.data.augmentation.layers import with_image
from mattekit.imaging.picture import to_depth, to_float
from mattekit.imaging.resize import resize

Quality = Annotated[tuple[int, int], Within(1, 100)]


@config
class JpegConfig(Limited):
    """JPEG artefacts, in the image alone."""

    name: Literal["jpeg"] = "jpeg"
    probability: Share = 0.5
    """Share of the samples that it happens to."""
    quality: Quality = (50, 95)
    """Lowest and highest quality, from 1 to 100."""

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        if not happens(self.probability, rng):
            return sample
        quality = int(rng.integers(*self.quality, endpoint=True))
        return with_image(sample, jpeg(sample.image, quality))


@config
class ResampleConfig(Limited):
    """Loss of detail: the image alone, downsampled and upsampled."""

    name: Literal["resample"] = "resample"
    probability: Share = 0.5
    """Share of the samples that it happens to."""
    factors: Annotated[tuple[float, float], Within(1)] = (1.0, 2.0)
    """Least and greatest factor of downsampling."""

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        if not happens(self.probability, rng):
            return sample
        return with_image(sample, resample(sample.image, rng.uniform(*self.factors)))


@config
class CameraConfig(Limited):
    """Exposure, blur, colour filter, sensor noise, sharpening and JPEG, in the image alone."""

    name: Literal["camera"] = "camera"
    exposure: Share = 0.5
    """Probability of a change of brightness and tone curve."""
    exposure_deviation: Annotated[float, Within(0)] = 0.15
    """Standard deviation of the logarithms of gain and gamma."""
    blur: Share = 0.3
    """Probability of blur by the lens."""
    blur_sigma: Annotated[tuple[float, float], Within(0.1)] = (0.3, 0.9)
    """Least and greatest standard deviation of the blur, in pixels."""
    mosaic: Share = 0.25
    """Probability that two colours of every pixel are interpolated, as behind a Bayer filter."""
    noise: Share = 0.7
    """Probability of noise, which grows with brightness."""
    noise_sigma: Annotated[tuple[float, float], Within(1e-6)] = (0.002, 0.03)
    """Least and greatest strength, drawn log-uniformly, as a share of white."""
    smooth_noise: Share = 0.4
    """Probability that the noise is smoothed, as after denoising."""
    sharpen: Share = 0.3
    """Probability of sharpening."""
    sharpen_amount: Annotated[tuple[float, float], Within(0)] = (0.2, 1.0)
    """Least and greatest share of the detail that is added."""
    sharpen_sigma: Annotated[tuple[float, float], Within(0.1)] = (0.6, 1.6)
    """Least and greatest standard deviation of the detail filter, in pixels."""
    jpeg: Share = 0.55
    """Probability of JPEG."""
    quality: Quality = (55, 98)
    """Lowest and highest quality of JPEG."""

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        return with_image(sample, simulate_camera(sample.image, rng, self))


USUAL = CameraConfig()


def simulate_camera(image: Image, rng: np.random.Generator, camera: CameraConfig = USUAL) -> Image:
    """The picture as stored by a random camera, its effects in the order of a real one."""
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


def gaussian_blur(image: Image, sigma: float) -> Image:
    """The image blurred by a Gaussian of standard deviation sigma, in pixels."""
    blurred: Plane = cv2.GaussianBlur(image, (0, 0), sigma)
    return blurred.clip(0, 1)


def demosaiced(image: Image) -> Image:
    """The picture through a Bayer filter, its two missing colours per pixel interpolated."""
    red, green, blue = cv2.split(to_depth(image, 8))
    mosaic = green.copy()
    mosaic[0::2, 0::2] = red[0::2, 0::2]
    mosaic[1::2, 1::2] = blue[1::2, 1::2]
    return to_float(cv2.cvtColor(mosaic, cv2.COLOR_BayerRGGB2RGB))


def noise_field(shape: tuple[int, ...], sigma: float, rng: np.random.Generator) -> Plane:
    """Independent normal values of standard deviation sigma, to be added to one or more images."""
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(sigma)


def add_noise(image: Image, field: Plane) -> Image:
    """The image plus a field of noise."""
    return (image + field).clip(0, 1)


def sharpen(image: Image, amount: float, sigma: float = 1.0) -> Image:
    """Unsharp masking: the difference to a blurred copy added `amount` times."""
    return (image + np.float32(amount) * (image - gaussian_blur(image, sigma))).clip(0, 1)


def resample(image: Image, factor: float) -> Image:
    """The image downsampled by `factor` and upsampled again, for loss of detail."""
    height, width = image.shape[:2]
    small = resize(image, (max(1, round(height / factor)), max(1, round(width / factor))))
    return resize(small, (height, width))


def jpeg(image: Image, quality: int) -> Image:
    """The image after JPEG with reduced colour channels, at a quality from 1 to 100."""
    file = io.BytesIO()
    PIL.Image.fromarray(to_depth(image, 8)).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    return to_float(np.asarray(PIL.Image.open(file)))


def _sensor_noise(image: Image, rng: np.random.Generator, camera: CameraConfig) -> Image:
    """Noise that grows with brightness, sometimes smoothed as after denoising."""
    noise: Plane = rng.standard_normal(image.shape, dtype=np.float32)
    if happens(camera.smooth_noise, rng):
        noise = 2 * cv2.GaussianBlur(noise, (0, 0), 0.7)
    strength = np.exp(rng.uniform(*np.log(camera.noise_sigma)))
    return noise * np.float32(strength) * np.sqrt(image.clip(0.02, 1) + np.float32(0.1))

"""Resampling of planes, and the choice of a size."""

from typing import Literal

import cv2
import numpy as np
import PIL.Image

from mattekit.core.errors import BadArgument
from mattekit.core.types import Image, Interpolation, Plane, Size, size_text

Kernel = Literal["pillow-bicubic", "opencv-bicubic", "opencv-bilinear"]
OPENCV = {"opencv-bicubic": cv2.INTER_CUBIC, "opencv-bilinear": cv2.INTER_LINEAR}

ROUND_OFF = np.float32(4e-6)
MOST_CHANNELS = 4  # that OpenCV averages in one call


def resize(plane: Plane, size: Size, interpolation: Interpolation = "smooth") -> Plane:
    """The plane at another size: averaged when shrinking, bilinear when growing, labels nearest.

    Each direction is resampled separately. A region of exact zeros or ones stays exact.
    """
    height, width = plane.shape[:2]
    if min(height, width, *size) < 1:
        raise BadArgument(f"cannot resize {size_text(plane.shape)} to {size_text(size)}")
    if (height, width) == size:
        return plane.copy()
    if interpolation == "labels":
        return _resample(plane, size, cv2.INTER_NEAREST_EXACT)
    shrunk = _resample(plane, (min(height, size[0]), min(width, size[1])), cv2.INTER_AREA)
    return _without_round_off(_resample(shrunk, size, cv2.INTER_LINEAR))


def resample(image: Plane, size: Size, kernel: Kernel) -> Plane:
    """A uint8 image at another size exactly as the named function of a library gives it.

    Pillow's and OpenCV's cubic kernels differ: a is -0.5 in the one and -0.75 in the other.
    """
    if kernel == "pillow-bicubic":
        wanted = PIL.Image.fromarray(image).resize((size[1], size[0]), PIL.Image.Resampling.BICUBIC)
        return np.asarray(wanted)
    return _resample(image, size, OPENCV[kernel])


def fit_within(size: Size, longest: int) -> Size:
    """The size with its longer side at most `longest` and its aspect ratio kept; never enlarged.

    >>> fit_within((3000, 2000), 600)
    (600, 400)
    """
    return scaled_size(size, min(1.0, longest / max(size)))


def scaled_size(size: Size, scale: float) -> Size:
    """The size times `scale`, at least one pixel in each direction.

    >>> scaled_size((1000, 3), 0.1)
    (100, 1)
    """
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def cover(image: Image, size: Size) -> Image:
    """The image scaled to fill the size, centred and cropped."""
    own: Size = image.shape[:2]
    scaled = resize(image, scaled_size(own, max(size[0] / own[0], size[1] / own[1])))
    height, width = np.maximum(scaled.shape[:2], size)
    scaled = resize(scaled, (int(height), int(width)))
    top, left = (height - size[0]) // 2, (width - size[1]) // 2
    return scaled[top : top + size[0], left : left + size[1]].copy()


def contain(image: Image, size: Size) -> Image:
    """The whole image scaled to fit inside the size, centred on black."""
    own: Size = image.shape[:2]
    scaled = resize(image, scaled_size(own, min(size[0] / own[0], size[1] / own[1])))
    scaled = scaled[: size[0], : size[1]]
    height, width = scaled.shape[:2]
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    canvas: Image = np.zeros((*size, *image.shape[2:]), dtype=image.dtype)
    canvas[top : top + height, left : left + width] = scaled
    return canvas


def _resample(plane: Plane, size: Size, how: int) -> Plane:
    if plane.shape[:2] == size:
        return plane
    if plane.ndim == 3 and plane.shape[2] > MOST_CHANNELS:
        parts = np.split(plane, range(MOST_CHANNELS, plane.shape[2], MOST_CHANNELS), axis=2)
        return np.concatenate([_resample(part, size, how) for part in parts], axis=2)
    resampled: Plane = cv2.resize(np.ascontiguousarray(plane), size[::-1], interpolation=how)
    return resampled.reshape(*size, *plane.shape[2:])


def _without_round_off(plane: Plane) -> Plane:
    """The weights of a float average sum to about 1 only; opaque regions must stay opaque."""
    if plane.dtype.kind == "f":
        for exact in (0, 1):
            plane[np.abs(plane - exact) < ROUND_OFF] = exact
    return plane

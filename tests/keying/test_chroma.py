"""Colours that a file stores at half the size."""

import cv2
import numpy as np

from mattekit.core.types import Image
from mattekit.keying.plate import sharpened


def stripes(size: tuple[int, int] = (60, 80)) -> Image:
    """Brown threads, three pixels apart, before green."""
    image = np.broadcast_to(np.float32([0.15, 0.7, 0.2]), (*size, 3)).copy()
    image[:, ::3] = [0.3, 0.2, 0.12]
    return image


def coarse(image: Image) -> Image:
    """With colours at half the size, as JPEG stores them."""
    height, width = image.shape[:2]
    parts = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
    half = cv2.resize(parts[..., 1:], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    parts[..., 1:] = cv2.resize(half, (width, height), interpolation=cv2.INTER_LINEAR)
    return cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB).clip(0, 1)


def test_brightness_gives_the_detail_of_colours_back() -> None:
    true = stripes()
    lost = np.abs(coarse(true) - true)[4:-4, 4:-4].mean()
    left = np.abs(sharpened(coarse(true)) - true)[4:-4, 4:-4].mean()
    assert lost > 0.03
    assert left < lost / 2


def test_colours_that_have_their_detail_stay_as_they_are() -> None:
    assert (sharpened(stripes()) == stripes()).all()

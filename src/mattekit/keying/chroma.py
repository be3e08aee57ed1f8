"""Colours as fine as the brightness, of pictures that store them at half the size.

JPEG and video keep brightness for every pixel, colour for every second one (4:2:0): a hair before a
screen is sharp in brightness, and its colour a smear. Around every pixel colour follows brightness
along a line; that line gives the detail back.
"""

import cv2
import numpy as np

from mattekit.core.types import Image, Plane

WINDOW = (5, 5)  # of the half size, in which colour follows brightness
NOISE = 1e-4  # variance of brightness that says nothing about colour
COMPLETE = 0.9
"""Share of the detail from which on the colours of a picture have it all."""


def sharpened(image: Image) -> Image:
    """The picture with the detail of colour that its brightness tells and it does not have yet."""
    parts: Plane = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
    bright, colours = np.ascontiguousarray(parts[..., 0]), parts[..., 1:]
    height, width = bright.shape
    half = (-(-width // 2), -(-height // 2))
    small, coarse = (
        cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (bright, colours)
    )

    def whole(plane: Plane) -> Plane:
        return cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR)

    detail = whole(_slopes(small, coarse)) * (bright - whole(small))[..., None]
    own = colours - whole(coarse)
    known = float((detail * own).sum()) / max(float(np.square(detail).sum()), 1e-9)
    if known > COMPLETE:
        return image
    parts[..., 1:] += (1 - max(known, 0.0)) * detail
    finer: Image = cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB).clip(0, 1)
    return finer


def _slopes(bright: Plane, colours: Plane) -> Plane:
    """By how much both colours change with the brightness around every pixel; h w 2."""
    mean, means = cv2.blur(bright, WINDOW), cv2.blur(colours, WINDOW)
    variance = cv2.blur(bright * bright, WINDOW) - mean * mean + NOISE
    together = cv2.blur(colours * bright[..., None], WINDOW) - means * mean[..., None]
    slopes: Plane = together / variance[..., None]
    return slopes

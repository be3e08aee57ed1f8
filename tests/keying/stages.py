"""Subjects before known backgrounds, small enough for tests."""

import numpy as np

from mattekit.core.types import Image, Plane, Size
from mattekit.imaging.compose import over_linear
from mattekit.synthetic.backgrounds import background_picture

SKIN, YELLOW = np.float32([0.85, 0.62, 0.5]), np.float32([0.85, 0.8, 0.15])


def disc(size: Size, *, radius: float = 0.3, soft: float = 6.0) -> Plane:
    """The alpha of a soft disc in the middle."""
    rows, columns = np.indices(size)
    distance = np.hypot(rows - size[0] / 2, columns - size[1] / 2)
    return np.clip((radius * min(size) - distance) / soft + 0.5, 0, 1).astype(np.float32)


def two_halves(size: Size) -> Image:
    """Skin on the left, yellow on the right."""
    image = np.broadcast_to(SKIN, (*size, 3)).copy()
    image[:, size[1] // 2 :] = YELLOW
    return image


def uneven(colour: tuple[float, float, float], size: Size) -> Image:
    """A screen that is twice as bright on one side."""
    light = np.linspace(0.5, 1, size[1], dtype=np.float32)[None, :, None] ** (1 / 2.2)
    return np.broadcast_to(np.float32(colour) * light, (*size, 3)).astype(np.float32)


def filmed(foreground: Image, alpha: Plane, background: Image, *, noise: float = 0.01) -> Image:
    """Both mixed in linear light, with noise."""
    image = over_linear(foreground, alpha[..., None], background)
    grain = np.random.default_rng(5).normal(0, noise, image.shape)
    return (image + grain).clip(0, 1).astype(np.float32)


def wall(size: Size) -> Image:
    """A background with detail."""
    return background_picture(np.random.default_rng(12), size)

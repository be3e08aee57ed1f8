"""Smoke and flame: fields folded into themselves, soft everywhere. Drawn at half the size."""

import cv2
import numpy as np

from mattekit.core.types import Plane, Size
from mattekit.synthetic.fields import (
    enlarged,
    field,
    positions,
    reduced_size,
    smooth_field,
    soft_step,
    warped,
)
from mattekit.synthetic.subject import Frame, Subject, random_frame, settled


def smoke(rng: np.random.Generator, size: Size) -> Subject:
    """Plumes: a field stirred by another one, inside soft spots."""
    small = reduced_size(size, 2)
    stir = min(small) * rng.uniform(0.05, 0.25)
    calm = field(rng, small, coarse=rng.uniform(0.2, 0.6), gain=rng.uniform(0.55, 0.75))
    right, down = (stir * smooth_field(rng, small, scale=0.3) for _ in range(2))
    stirred = warped(calm, right, down)
    low = rng.uniform(-0.8, 0.4)
    dense = soft_step(stirred, low, low + rng.uniform(1.2, 3.5))
    alpha = enlarged(dense * _spots(rng, small), size) * rng.uniform(0.5, 1.0)
    return Subject(
        alpha=settled(np.clip(alpha, 0, 1)), material="smoke", shade=0.4 * enlarged(stirred, size)
    )


def _spots(rng: np.random.Generator, size: Size) -> Plane:
    """One to four soft spots in which there is something."""
    total = np.zeros(size, np.float32)
    for _ in range(rng.integers(1, 5)):
        across, down = _units(random_frame(rng, size, zoom=(0.2, 0.7)))
        total += np.exp(-(across**2) - (rng.uniform(0.3, 1.5) * down) ** 2)
    return soft_step(total, 0.05, 1.0)


def _units(frame: Frame) -> tuple[Plane, Plane]:
    """Every pixel in the units of the frame: across and down."""
    x, y = positions(frame.size)
    cosine, sine = float(np.cos(frame.angle)), float(np.sin(frame.angle))
    x, y = (x - frame.x) / frame.unit, (y - frame.y) / frame.unit
    return x * cosine + y * sine, y * cosine - x * sine


def flame(rng: np.random.Generator, size: Size) -> Subject:
    """Tongues of fire: narrower and wilder towards the top, dense near the root."""
    small = reduced_size(size, 2)
    frame = random_frame(rng, small, zoom=(0.3, 0.8), tilt=0.2)
    across, down = _units(frame)
    up = (1 - down) / 2
    wild = np.clip(up, 0, 1.5)
    across = across + 0.35 * wild * smooth_field(rng, small, scale=0.35)
    width = rng.uniform(0.5, 0.9) * np.clip(up + 0.15, 0, 1) ** 0.4 * (1.05 - up)
    tongues = 0.35 * field(rng, small, coarse=0.3, gain=0.7) * np.clip(0.3 + up, 0, 1)
    heat = 1 - np.abs(across) / np.maximum(width, 0.001) + tongues
    lick = 0.1 * frame.unit * wild * smooth_field(rng, small, scale=0.1)
    heat = warped(np.clip(heat, -0.5, 1).astype(np.float32), lick, np.zeros_like(lick))
    alpha = soft_step(heat, 0.0, rng.uniform(0.4, 1.0)) * soft_step(up, -0.15, 0.1)
    alpha = enlarged(cv2.GaussianBlur(alpha, (0, 0), 0.8), size)
    return Subject(
        alpha=settled(np.clip(alpha, 0, 1)), material="flame", shade=enlarged(heat, size)
    )

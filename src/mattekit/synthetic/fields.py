"""Smooth random fields: the raw material of textures, outlines and warps.

A field is a float32 plane with mean about 0 and standard deviation about 1, summed over octaves
from coarse to fine. Equal strength per octave gives a power spectrum that falls with the square of
the frequency, as photographs do.
"""

import cv2
import numpy as np

from mattekit.core.types import Plane, Size

DEVIATION = np.float32(np.sqrt(12.0))  # uniform noise times this has unit variance
SMOOTHED = 0.56  # what doubling leaves of the deviation of noise


def field(
    rng: np.random.Generator,
    size: Size,
    *,
    coarse: float = 0.5,
    fine: float = 1.0,
    gain: float = 1.0,
) -> Plane:
    """Random plane with details from `coarse` (share of the shorter side) down to `fine` pixels.

    `gain` is the strength of an octave over that of the octave before: below 1 smoother.
    """
    octaves = max(int(np.log2(max(coarse * min(size) / fine, 1.0))), 0)
    finest = max(int(np.log2(fine)), 0)
    plane = _noise(rng, _grid(size, octaves + finest))
    strength = total = 1.0
    for octave in range(octaves + finest - 1, -1, -1):
        plane = _doubled(rng, plane, _grid(size, octave))
        if octave >= finest:
            strength *= gain
            total += strength * strength
            kept = 1.0 if octave else SMOOTHED
            plane += np.float32(strength * kept) * _noise(rng, plane.shape)
    return plane[: size[0], : size[1]] * np.float32(1 / np.sqrt(total) / SMOOTHED)


def _grid(size: Size, octave: int) -> Size:
    """Samples that cover the picture at 2**octave pixels each, with one to spare."""
    return (size[0] >> octave) + 2, (size[1] >> octave) + 2


def _doubled(rng: np.random.Generator, plane: Plane, grid: Size) -> Plane:
    """Twice as many samples, cut to `grid` at random so that no lattice shows.

    Doubling with weights 3/4 and 1/4, again and again, tends to a smooth (quadratic) spline.
    """
    larger = cv2.resize(plane, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    spare = (larger.shape[0] - grid[0], larger.shape[1] - grid[1])
    top, left = (int(rng.integers(0, room + 1)) for room in spare)
    return np.ascontiguousarray(larger[top : top + grid[0], left : left + grid[1]])


def _noise(rng: np.random.Generator, size: tuple[int, ...]) -> Plane:
    """Uniform noise of unit variance; a sum over octaves looks Gaussian all the same."""
    noise = rng.random(size, dtype=np.float32)
    noise -= np.float32(0.5)
    noise *= DEVIATION
    return noise


def smooth_field(rng: np.random.Generator, size: Size, *, scale: float) -> Plane:
    """A field of two octaves with features as large as `scale` of the shorter side."""
    cell = max(scale * min(size), 1.0)
    return field(rng, size, coarse=scale, fine=max(cell / 2, 1.0), gain=0.5)


def texture(rng: np.random.Generator, size: Size, strength: float, *, coarse: float = 0.2) -> Plane:
    """Surface detail of about `strength`, rough in some places and nearly smooth in others."""
    rough = soft_step(smooth_field(rng, size, scale=rng.uniform(0.15, 0.6)), -0.6, 1.2)
    detail = field(rng, size, coarse=coarse, gain=rng.uniform(1.0, 1.2))
    return detail * (rough + np.float32(0.15)) * np.float32(1.6 * strength)


def reduced_size(size: Size, factor: int) -> Size:
    """The size of a plane that will be enlarged by about `factor`."""
    return max(size[0] // factor, 2), max(size[1] // factor, 2)


def enlarged(plane: Plane, size: Size) -> Plane:
    """The plane resampled smoothly to `size`."""
    return cv2.resize(plane, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)


def positions(size: Size) -> tuple[Plane, Plane]:
    """x and y of every pixel centre."""
    rows = np.arange(size[0], dtype=np.float32) + np.float32(0.5)
    columns = np.arange(size[1], dtype=np.float32) + np.float32(0.5)
    x, y = np.meshgrid(columns, rows)
    return x, y


def warped(plane: Plane, move_x: Plane, move_y: Plane) -> Plane:
    """The plane with every pixel fetched from (move_x, move_y) pixels away."""
    x, y = positions((plane.shape[0], plane.shape[1]))
    return cv2.remap(
        plane,
        (x + move_x - 0.5).astype(np.float32),
        (y + move_y - 0.5).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )


def soft_step(plane: Plane, low: float, high: float) -> Plane:
    """0 below `low`, 1 above `high`, a smooth ramp between."""
    plane = plane.astype(np.float32, copy=False)
    ramp = np.clip((plane - np.float32(low)) / np.float32(high - low), 0, 1)
    return ramp * ramp * (3 - 2 * ramp)

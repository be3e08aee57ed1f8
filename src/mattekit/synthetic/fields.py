"""Smooth random fields, the raw material of textures, outlines and warps, and what blurs planes.

A field is a float32 plane with mean about 0 and standard deviation about 1, summed over octaves
from coarse to fine. Equal strength per octave gives a power spectrum that falls with the square of
the frequency, as photographs do.
"""

import cv2
import numpy as np

from mattekit.core.types import Plane, Size

DEVIATION = np.float32(np.sqrt(12.0))  # uniform noise times this has unit variance
SMOOTHED = 0.56  # what doubling leaves of the deviation of noise
KERNEL = 5  # radius in pixels up to which a disc is applied at full size


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A random size: doubled is as likely as halved."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


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
    return (rng.random(size, dtype=np.float32) - np.float32(0.5)) * DEVIATION


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
    y, x = np.indices(size, np.float32) + np.float32(0.5)
    return x, y


def warped(plane: Plane, move_x: Plane, move_y: Plane) -> Plane:
    """The plane with every pixel fetched from (move_x, move_y) pixels away."""
    places = zip(positions(plane.shape), (move_x, move_y), strict=True)
    x, y = ((place + move - 0.5).astype(np.float32) for place, move in places)
    return cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def soft_step(plane: Plane, low: float, high: float) -> Plane:
    """0 below `low`, 1 above `high`, a smooth ramp between."""
    plane = plane.astype(np.float32, copy=False)
    ramp = np.clip((plane - np.float32(low)) / np.float32(high - low), 0, 1)
    return ramp * ramp * (3 - 2 * ramp)


def disc_blur(plane: Plane, radius: float) -> Plane:
    """The plane out of focus: every point becomes a disc of `radius` pixels."""
    factor = max(int(radius / KERNEL), 1)
    height, width = plane.shape[:2]
    small = (max(width // factor, 1), max(height // factor, 1))
    reduced = cv2.resize(plane, small, interpolation=cv2.INTER_AREA) if factor > 1 else plane
    reach = radius / factor
    side = np.arange(-int(reach) - 1, int(reach) + 2)
    disc = np.clip(reach + 0.5 - np.hypot(side[:, None], side), 0, 1).astype(np.float32)
    blurred = cv2.filter2D(reduced, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT)
    return enlarged(blurred, (height, width))


def motion_blur(plane: Plane, *, far: float, angle: float, turn: float) -> Plane:
    """The plane averaged over a move of `far` pixels along `angle` and a turn of `turn` degrees."""
    height, width = plane.shape[:2]
    steps = int(np.clip(max(far, abs(turn) * min(height, width) / 120), 4, 24))
    total = np.zeros_like(plane)
    for share in np.linspace(-0.5, 0.5, steps):
        motion = cv2.getRotationMatrix2D((width / 2, height / 2), turn * share, 1.0)
        motion[:, 2] += share * far * np.array([np.cos(angle), np.sin(angle)])
        total += cv2.warpAffine(plane, motion, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return total / np.float32(steps)

"""Random crops of samples around unknown pixels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mattekit.core.types import UNKNOWN, Mask, Sample, Size
from mattekit.data.window import Window, random_pixel
from mattekit.imaging.resize import resize

SOFT = 0.02
"""Distance of an alpha from its known value above which it counts as unknown."""

Step = Callable[[Sample, np.random.Generator], Sample]
"""A change of a sample before it joins a batch; the generator makes all random choices."""


@dataclass(frozen=True)
class Crop:
    """A square window around a random unknown pixel, resampled to `size`.

    The window's side is drawn from `sides`. A smaller picture gives the largest square that fits,
    to keep the aspect ratio. A picture without unknown pixels is cropped anywhere.
    """

    sides: Sequence[int]
    size: int
    anywhere: float = 0.0
    """Probability of a crop that ignores which pixels are unknown."""

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        return self.of(lambda side: sample, rng)

    def of(self, part: Callable[[int], Sample], rng: np.random.Generator) -> Sample:
        """The crop of a sample that is read only once the window's side is known."""
        side = int(rng.choice(np.asarray(self.sides)))
        sample = part(side)
        side = min(side, *sample.size)
        if self.anywhere and rng.random() < self.anywhere:
            top, left = (int(rng.integers(length - side + 1)) for length in sample.size)
            window = Window(slice(top, top + side), slice(left, left + side))
        else:
            pixel = random_pixel(unknown_pixels(sample), rng)
            window = Window.around(pixel, (side, side), sample.size)
        cut = sample.warp(lambda plane, how: window.of(plane).copy())
        return resized(cut, (self.size, self.size))


def unknown_pixels(sample: Sample) -> Mask:
    """Where the trimap is unknown, or without a trimap where alpha is neither 0 nor 1."""
    if sample.trimap is not None:
        return np.equal(sample.trimap, UNKNOWN)
    return (sample.alpha > 0) & (sample.alpha < 1)


def resized(sample: Sample, size: Size) -> Sample:
    """The sample at another size; its trimap is unknown where alpha has become soft.

    Labels are resampled by nearest neighbour, half a pixel off when the size is halved.
    """
    if sample.size == size:
        return sample
    warped = sample.warp(lambda plane, interpolation: resize(plane, size, interpolation))
    if warped.trimap is None:
        return warped
    known = warped.trimap * np.float32(0.5)
    soft = (warped.trimap != UNKNOWN) & (np.abs(warped.alpha - known) > SOFT)
    return replace(warped, trimap=np.where(soft, np.uint8(UNKNOWN), warped.trimap))

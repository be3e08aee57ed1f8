"""Steps that make a new trimap from the alpha."""

from dataclasses import replace
from typing import Annotated, Literal

import cv2
import numpy as np

from mattekit.core.config import config
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Mask, Plane, Sample, Trimap
from mattekit.data.augmentation.chance import Limited, Tolerance, Within
from mattekit.imaging.trimap import dilated, disc, ellipse_band, legacy, random_band

Style = Literal["tight", "drawn", "loose"]
WIDTHS: dict[Style, tuple[float, float]] = {
    "tight": (1.5, 5.0),
    "drawn": (1.5, 24.0),
    "loose": (12.0, 60.0),
}
"""Range of the band on either side of the soft pixels, in pixels of a training scene."""
WOBBLE: dict[Style, float] = {"tight": 0.15, "drawn": 0.5, "loose": 0.4}


@config
class BandTrimapConfig(Limited):
    """A band around the soft pixels, its inner and outer widths drawn independently."""

    name: Literal["band_trimap"] = "band_trimap"
    widths: Annotated[tuple[int, int], Within(0)] = (2, 30)
    """Least and greatest width on either side, in pixels."""

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        minimum, maximum = self.widths
        trimap = random_band(sample.alpha, rng, minimum=minimum, maximum=maximum)
        return replace(sample, trimap=trimap)


@config
class LegacyTrimapConfig:
    """The generator of published runs: 5 to 14 steps with an ellipse of 2, 3 or 4 pixels."""

    name: Literal["legacy_trimap"] = "legacy_trimap"

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        return replace(sample, trimap=legacy(sample.alpha, rng))


@config
class EllipseTrimapConfig(Limited):
    """A band of constant width: one erosion and one dilation with an ellipse."""

    name: Literal["ellipse_trimap"] = "ellipse_trimap"
    kernel: Annotated[int, Within(1)] = 25
    """Side of the ellipse in pixels; the band is half as wide on either side."""

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        return replace(sample, trimap=ellipse_band(sample.alpha, self.kernel))


@config
class ShiftedTrimapConfig(Limited):
    """A widened band shifted to one side, so that a few soft pixels are labelled known."""

    name: Literal["shifted_trimap"] = "shifted_trimap"
    sizes: Annotated[tuple[int, int], Within(1)] = (5, 35)
    """Least and greatest diameter of the ellipse that widens the soft pixels."""
    shift: Annotated[float, Within(0)] = 0.5
    """Largest shift in either direction, as a share of the diameter."""
    tolerance: Tolerance = 0.01
    """Alphas this close to 0 or 1 count as 0 or 1."""
    least_background: Annotated[int, Within(0)] = 100
    """If fewer background pixels remain, the band is neither widened nor shifted."""

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        size = int(rng.integers(*self.sizes, endpoint=True))
        reach = int(size * self.shift)
        rows, columns = (int(way) for way in rng.integers(-reach, reach, size=2, endpoint=True))
        soft = (sample.alpha > self.tolerance) & (sample.alpha < 1 - self.tolerance)
        trimap = self._labels(sample.alpha, shifted(dilated(soft, size), rows, columns))
        if np.count_nonzero(trimap == BACKGROUND) < self.least_background:
            trimap = self._labels(sample.alpha, soft)
        return replace(sample, trimap=trimap)

    def _labels(self, alpha: Alpha, unknown: Mask) -> Trimap:
        trimap: Trimap = np.full(alpha.shape, BACKGROUND, np.uint8)
        trimap[alpha >= 1 - self.tolerance] = FOREGROUND
        trimap[unknown] = UNKNOWN
        return trimap


@config
class DrawnTrimapConfig:
    """A trimap as drawn by hand: tight to loose, with an uneven band and without specks."""

    name: Literal["drawn_trimap"] = "drawn_trimap"

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        return replace(sample, trimap=drawn_trimap(sample.alpha, rng))


def shifted(mask: Mask, rows: int, columns: int) -> Mask:
    """The mask moved down and to the right, its edge pixels repeated."""
    height, width = mask.shape
    from_rows = np.clip(np.arange(height) - rows, 0, height - 1)
    from_columns = np.clip(np.arange(width) - columns, 0, width - 1)
    return mask[from_rows[:, None], from_columns]


def drawn_trimap(alpha: Alpha, rng: np.random.Generator, style: Style = "drawn") -> Trimap:
    """A random trimap whose known pixels are right, up to a small tolerance.

    Args:
        style: `tight` as from a good mask, `drawn` by hand, `loose` with a wide brush.
    """
    slack = rng.choice([0.004, 0.02, 0.05], 2)
    foreground, background = alpha >= 1 - slack[0], alpha <= slack[1]
    if rng.random() < 0.6:
        size = int(rng.integers(1, 3 if style == "tight" else 5))
        foreground, background = _opened(foreground, size), _opened(background, 2 * size)
    narrowest, widest = WIDTHS[style]
    inner, outer = narrowest * (widest / narrowest) ** rng.random(2)
    if rng.random() < 0.4:
        outer = inner * np.exp(rng.normal(0, 0.3))
    wobble = np.exp(_wobble(alpha.shape, rng) * rng.uniform(0, WOBBLE[style]))
    trimap = np.full(alpha.shape, UNKNOWN, np.uint8)
    trimap[_depth(foreground) > inner * wobble] = FOREGROUND
    trimap[_depth(background) > outer * wobble] = BACKGROUND
    if style != "tight" and rng.random() < 0.35:
        sigma = rng.uniform(2, 8)
        for label in (FOREGROUND, BACKGROUND):
            known = trimap == label
            around = cv2.GaussianBlur(known.astype(np.float32), (0, 0), sigma)
            trimap[known & (around < rng.uniform(0.4, 0.8))] = UNKNOWN
    return trimap


def _opened(mask: Mask, radius: int) -> Mask:
    """The mask without specks that are too small to paint."""
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disc(radius)) > 0


def _depth(mask: Mask) -> Plane:
    return cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)


def _wobble(size: tuple[int, ...], rng: np.random.Generator) -> Plane:
    """Smooth noise with mean 0 and a random scale."""
    cells = int(rng.uniform(3, 25)) + 3
    lumps = rng.standard_normal((cells, cells), dtype=np.float32)
    return cv2.resize(lumps, size[::-1], interpolation=cv2.INTER_CUBIC)

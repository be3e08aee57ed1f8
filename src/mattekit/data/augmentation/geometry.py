"""Geometric steps: flip, rotate, scale."""

from functools import partial
from typing import Annotated, Literal

import cv2
import numpy as np

from mattekit.core.config import config
from mattekit.core.types import Interpolation, Plane, Sample, Size
from mattekit.data.augmentation.chance import Limited, Share, Within, happens
from mattekit.data.augmentation.layers import Layer, moved
from mattekit.imaging.resize import resize, scaled_size

Border = Literal["zero", "reflect"]
"""Padding: zeros, or the plane mirrored at its edge."""
BORDER: dict[Layer, Border] = {"picture": "reflect", "subject": "zero", "background": "reflect"}

TRANSPARENT = 0.01
"""Alphas below this count as visible background."""


@config
class FlipConfig(Limited):
    """Mirror left and right."""

    name: Literal["flip"] = "flip"
    probability: Share = 0.5
    """Share of the samples that it happens to."""
    layer: Layer = "picture"
    """What is mirrored: the picture, the subject over a still background, or the background."""

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        return moved(sample, self.layer, mirrored) if happens(self.probability, rng) else sample


@config
class RotateConfig(Limited):
    """Rotate about the centre by a random angle to either side."""

    name: Literal["rotate"] = "rotate"
    probability: Share = 0.6
    """Share of the samples that it happens to."""
    degrees: Annotated[float, Within(0, 180)] = 20.0
    """Largest angle."""
    layer: Layer = "subject"
    """What is rotated. A subject leaves transparent corners, other layers mirror their edges."""

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        if not happens(self.probability, rng):
            return sample
        degrees = rng.uniform(-self.degrees, self.degrees)
        how = partial(rotate, degrees=degrees, border=BORDER[self.layer])
        return moved(sample, self.layer, how)


@config
class ScaleConfig(Limited):
    """Scale about the centre, on a canvas that keeps its size."""

    name: Literal["scale"] = "scale"
    probability: Share = 0.6
    """Share of the samples that it happens to."""
    factors: Annotated[tuple[float, float], Within(0.01)] = (1.1, 1.5)
    """Smallest and largest factor."""
    layer: Layer = "subject"
    """What is scaled. A subject that shrinks is padded with transparency, other layers mirror."""

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        if not happens(self.probability, rng):
            return sample
        how = partial(zoom, factor=rng.uniform(*self.factors), border=BORDER[self.layer])
        return moved(sample, self.layer, how)


@config
class ShrinkToShowBackgroundConfig(Limited):
    """Shrink the subject until enough background is visible."""

    name: Literal["shrink_to_show_background", "make_room"] = "shrink_to_show_background"
    pixels: Annotated[int, Within(0)] = 100
    """Least number of pixels with an alpha below 0.01."""
    factor: float = 0.8
    """Factor of each shrinking step."""

    def __post_init__(self) -> None:
        Limited.__post_init__(self)
        if not 0 < self.factor < 1:
            raise ValueError("factor must be above 0 and below 1")

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        factor, shrunk = 1.0, sample
        while (
            np.count_nonzero(shrunk.alpha < TRANSPARENT) < self.pixels
            and factor * min(sample.size) >= 2
        ):
            factor *= self.factor
            shrunk = moved(sample, "subject", partial(zoom, factor=factor, border="zero"))
        return shrunk


def mirrored(plane: Plane, interpolation: Interpolation = "smooth") -> Plane:
    """The plane with left and right exchanged."""
    return np.ascontiguousarray(plane[:, ::-1])


def rotate(
    plane: Plane, interpolation: Interpolation = "smooth", *, degrees: float, border: Border
) -> Plane:
    """The plane rotated anticlockwise about its centre."""
    height, width = plane.shape[:2]
    turned: Plane = cv2.warpAffine(
        plane,
        cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1),
        (width, height),
        flags=cv2.INTER_NEAREST if interpolation == "labels" else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT if border == "zero" else cv2.BORDER_REFLECT_101,
    )
    return turned.reshape(plane.shape)


def zoom(
    plane: Plane, interpolation: Interpolation = "smooth", *, factor: float, border: Border
) -> Plane:
    """The plane scaled by `factor` about its centre."""
    size = plane.shape[:2]
    return _centred(resize(plane, scaled_size(size, factor), interpolation), size, border)


def _centred(plane: Plane, size: Size, border: Border) -> Plane:
    """The plane cropped or padded on all sides."""
    cut, margins = [], []
    for length, wanted in zip(plane.shape, size, strict=False):
        before = (wanted - length) // 2
        after = wanted - length - before
        cut.append(slice(max(0, -before), length - max(0, -after)))
        margins.append((max(0, before), max(0, after)))
    margins += [(0, 0)] * (plane.ndim - 2)
    return np.pad(plane[tuple(cut)], margins, mode="constant" if border == "zero" else "reflect")

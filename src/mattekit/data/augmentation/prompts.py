"""Simulated prompts of a user: a box around the subject, or points on it and on the background."""

from dataclasses import replace
from typing import Literal

import cv2
import numpy as np

from mattekit.core.config import config
from mattekit.core.prompt import Box, Point, Prompt, prompt_planes
from mattekit.core.types import PROMPT_STEP, Mask, Plane, Sample
from mattekit.data.augmentation.chance import Limited, Share, happens

LEAST = 60  # least pixels of a subject that gets a prompt
CARELESS = 0.025  # standard deviation of a box's sides, as a share of its width or height
DEEP = 0.35  # points on a subject are at least this share of the greatest depth inside
AWAY = 4  # pixels between the subject and points on the background


@config
class PromptsConfig(Limited):
    """Add a prompt, a box or points; the last step that depends on alpha.

    A picture that shows several subjects always gets one.
    """

    name: Literal["prompts"] = "prompts"
    probability: Share = 0.45
    """Share of the samples that it happens to; the others have a prompt of zeros."""
    boxes: Share = 0.35
    """Share of boxes among the prompts; the others are points."""

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        area = sample.alpha > 0.5
        prompt = Prompt()
        wanted = happens(self.probability, rng) or sample.ambiguous
        if wanted and np.count_nonzero(area) > LEAST:
            by_box = happens(self.boxes, rng)
            prompt = Prompt(box=random_box(area, rng)) if by_box else random_points(area, rng)
        return replace(sample, prompt=planes_of(prompt, sample))


def planes_of(prompt: Prompt, sample: Sample) -> Plane:
    """The input planes of the network, h/4 w/4 3."""
    height, width = (side // PROMPT_STEP for side in sample.size)
    planes = prompt_planes(prompt, sample.size, max(height, width))
    return np.ascontiguousarray(planes[:, :height, :width].transpose(1, 2, 0))


def random_box(area: Mask, rng: np.random.Generator) -> Box:
    """An imprecise box around the subject."""
    x, y, width, height = cv2.boundingRect(area.astype(np.uint8))
    (left, right), (top, bottom) = (_ends(*side, rng) for side in ((x, width), (y, height)))
    return left, top, max(right - left, 1), max(bottom - top, 1)


def random_points(area: Mask, rng: np.random.Generator) -> Prompt:
    """One to three points well inside the subject, and up to two on the background."""
    depth = cv2.distanceTransform(area.astype(np.uint8), cv2.DIST_L2, 3)
    near = cv2.dilate(area.astype(np.uint8), np.ones((2 * AWAY + 1, 2 * AWAY + 1)))
    return Prompt(
        on=_some(depth > DEEP * depth.max(), int(rng.integers(1, 4)), rng),
        off=_some(near == 0, int(rng.integers(0, 3)), rng),
    )


def _ends(first: int, length: int, rng: np.random.Generator) -> tuple[int, int]:
    """The first index and one past the last, with random errors."""
    errors = rng.normal(0, CARELESS * length, 2)
    return max(0, round(first + errors[0])), round(first + length + errors[1])


def _some(wanted: Mask, count: int, rng: np.random.Generator) -> tuple[Point, ...]:
    places = np.argwhere(wanted)
    if not len(places):
        return ()
    chosen = places[rng.integers(len(places), size=count)]
    return tuple((float(column), float(row)) for row, column in chosen)

"""Closed outlines in units: smooth, angular, compound, and what can be measured along them."""

import cv2
import numpy as np

from mattekit.core.types import Plane, Size
from mattekit.synthetic.canvas import Canvas, Points

WAVES = 7  # of a smooth outline


def smooth_outline(rng: np.random.Generator, *, rough: float = 0.35, points: int = 160) -> Points:
    """A closed curve around (0, 0): a circle whose radius varies in a few waves, then squeezed."""
    around = np.linspace(0, 2 * np.pi, points, endpoint=False)
    number = np.arange(2, 2 + WAVES)[:, None]
    strength = rng.normal(0, 1, (WAVES, 1)) / number**1.2
    wave = np.cos(number * around + rng.uniform(0, 6.3, (WAVES, 1)))
    radius = np.maximum(1 + rough * (strength * wave).sum(axis=0), 0.15)
    squeeze = np.exp(rng.normal(0, 0.4))
    return np.stack([radius * np.cos(around) * squeeze, radius * np.sin(around) / squeeze], axis=-1)


def turned(points: Points, angle: float) -> Points:
    """The points turned about (0, 0), clockwise as y points down."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return points @ np.array([[cosine, sine], [-sine, cosine]])


def ellipse(x: float, y: float, across: float, down: float, angle: float = 0.0) -> Points:
    """An ellipse with radii `across` and `down`, turned by `angle`."""
    around = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    plain = np.stack([across * np.cos(around), down * np.sin(around)], axis=-1)
    return turned(plain, angle) + np.array([x, y])


def polygon(rng: np.random.Generator, corners: int, *, star: float = 0.0) -> Points:
    """A polygon with uneven corners; `star` above 0 pulls every other one inwards."""
    around = np.sort(rng.uniform(0, 0.5, corners) + np.arange(corners)) * 2 * np.pi / corners
    radius = rng.uniform(0.7, 1.1, corners)
    radius[1::2] *= 1 - star
    return np.stack([radius * np.cos(around), radius * np.sin(around)], axis=-1)


def rounded(points: Points, *, share: float = 0.25, rounds: int = 3) -> Points:
    """The outline with its corners cut off again and again until they are round."""
    for _ in range(rounds):
        following = np.roll(points, -1, axis=0)
        cut = share * (following - points)
        points = np.stack([points + cut, following - cut], axis=1).reshape(-1, 2)
        share = 0.25
    return points


def animal(rng: np.random.Generator) -> list[Points]:
    """Overlapping smooth shapes as a resting animal has them: body, head, ears or limbs."""
    side = rng.choice([-1.0, 1.0])
    shapes = [ellipse(0, 0.25, rng.uniform(0.6, 1.0), rng.uniform(0.45, 0.75), rng.normal(0, 0.2))]
    head_x, head_y = side * rng.uniform(0.2, 0.7), -rng.uniform(0.35, 0.7)
    head = rng.uniform(0.3, 0.5)
    shapes.append(ellipse(head_x, head_y, head, head * rng.uniform(0.8, 1.1)))
    ear = rng.uniform(0.25, 0.6) * head
    for lean in (-1, 1):
        base = head_x + lean * head * 0.6
        corners = [
            [base - ear * 0.6, head_y - head * 0.5],
            [base + lean * ear * 0.5, head_y - head * 0.8 - ear],
            [base + ear * 0.6, head_y - head * 0.4],
        ]
        shapes.append(rounded(np.array(corners)))
    for _ in range(rng.integers(1, 4)):
        x, y = rng.uniform(-0.7, 0.7), rng.uniform(0.5, 0.95)
        shapes.append(ellipse(x, y, 0.2, 0.45, rng.normal(0, 0.4)))
    return shapes


def contour_roots(
    rng: np.random.Generator, size: Size, outlines: list[Points], count: int
) -> tuple[Points, Points]:
    """Points in pixels on the outer contour of filled outlines, and the outward angle at each.

    The contour continues past the border of the picture, so strands grow in from outside too.
    """
    mask, margin, factor = _mask_with_margin(size, outlines)
    found, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not found:
        return np.zeros((0, 2)), np.zeros(0)
    contour = np.concatenate(found)[:, 0].astype(np.float64)
    blurred = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(2.0, min(mask.shape) / 60))
    down = cv2.Sobel(blurred, cv2.CV_32F, 0, 1)
    right = cv2.Sobel(blurred, cv2.CV_32F, 1, 0)
    chosen = contour[rng.integers(0, len(contour), count)]
    rows, columns = chosen[:, 1].astype(int), chosen[:, 0].astype(int)
    angles = np.arctan2(-down[rows, columns], -right[rows, columns]).astype(np.float64)
    jittered = chosen + rng.uniform(0, 1, chosen.shape)
    return jittered * factor - margin, angles


def _mask_with_margin(size: Size, outlines: list[Points]) -> tuple[Plane, float, float]:
    """The filled outlines at about 256 pixels, with a margin of a quarter around the picture."""
    shorter = min(size)
    margin = max(shorter / 4, 2.0)
    factor = max(shorter / 256, 1.0)
    grid = (int((size[0] + 2 * margin) / factor) + 1, int((size[1] + 2 * margin) / factor) + 1)
    canvas = Canvas(grid, times=1)
    canvas.fill([(outline + margin) / factor for outline in outlines])
    return canvas.plane, margin, factor

"""Bundles of strands: how they grow, gather in locks, taper and catch the light.

Hair, fur, grass, threads and whiskers are all paths (n p 2) with a width and a shade along the way.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from mattekit.core.types import Plane, Size
from mattekit.synthetic.canvas import PIECES, Canvas, Numbers, Points, shade_strokes
from mattekit.synthetic.subject import Part, Subject, settled

SHADE_ZERO, SHADE_ONE = 128.0, 100.0  # how shades are held in a uint8 plane


@dataclass(frozen=True, kw_only=True)
class Strands:
    """Paths in pixels, with widths in pixels and shades (0 the material's own) per piece."""

    paths: Points
    widths: Numbers
    shades: Numbers


def unit_vectors(vectors: Points) -> Points:
    """The vectors at length 1; those of length 0 stay."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def headings(angles: Numbers) -> Points:
    """Unit vectors in the directions of the angles."""
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def across(paths: Points) -> Points:
    """Unit vectors across the paths, at every point."""
    along = np.gradient(paths, axis=1)
    return unit_vectors(np.stack([-along[..., 1], along[..., 0]], axis=-1))


def grow(
    rng: np.random.Generator,
    roots: Points,
    angles: Numbers,
    lengths: Numbers,
    *,
    points: int = 9,
    curve: float = 0.4,
    pull: float = 0.0,
) -> Points:
    """Paths from `roots` in direction `angles`, each bent by about `curve` and pulled down."""
    count = len(roots)
    along = np.linspace(0, 1, points - 1)
    bend = rng.normal(0, curve, (count, 1)) * along
    wobble = rng.normal(0, 0.5 * curve, (count, 1)) * _wave(rng, count, along, 0.4, 1.2)
    steps = headings(angles[:, None] + bend + wobble) + (0, 2 * pull) * along[:, None]
    steps = unit_vectors(steps) * (lengths / (points - 1))[:, None, None]
    return np.concatenate([roots[:, None], roots[:, None] + np.cumsum(steps, axis=1)], axis=1)


def _wave(
    rng: np.random.Generator, count: int, along: Numbers, fewest: float, most: float
) -> Numbers:
    """One sine per path with between `fewest` and `most` periods and any phase."""
    periods = rng.uniform(fewest, most, (count, 1))
    return np.sin(2 * np.pi * (periods * along + rng.random((count, 1))))


def swirl(rng: np.random.Generator, points: Points, *, scale: float) -> Points:
    """A smooth vector of about unit length at every point; neighbours have nearly the same."""
    total = np.zeros_like(points)
    for _ in range(4):
        wave = headings(rng.uniform(0, 2 * np.pi, 1))[0] * rng.uniform(2, 5) / scale
        lean = rng.normal(0, 0.7, 2)
        total += np.sin(points @ wave + rng.uniform(0, 2 * np.pi))[..., None] * lean
    return total


def refined(paths: Points, points: int) -> Points:
    """The same paths with another number of points, corners rounded off."""
    place = np.linspace(0, paths.shape[1] - 1, points)
    below = np.minimum(place.astype(int), paths.shape[1] - 2)
    share = (place - below)[:, None]
    finer = paths[:, below] * (1 - share) + paths[:, below + 1] * share
    for _ in range(2):
        finer[:, 1:-1] = (finer[:, :-2] + 2 * finer[:, 1:-1] + finer[:, 2:]) / 4
    return finer


def curled(rng: np.random.Generator, paths: Points, *, radius: float, turns: float) -> Points:
    """Paths wound into about `turns` curls of `radius` pixels that widen away from the root."""
    count, points = paths.shape[:2]
    along = np.linspace(0, 1, points)
    own_turns = turns * np.exp(rng.normal(0, 0.2, (count, 1)))
    phase = 2 * np.pi * (own_turns * along**0.9 + rng.random((count, 1)))
    swing = radius * np.exp(rng.normal(0, 0.25, (count, 1))) * np.minimum(3 * along, 1)
    sideways = across(paths)
    forward = np.stack([sideways[..., 1], -sideways[..., 0]], axis=-1)
    return (
        paths
        + sideways * (swing * np.sin(phase))[..., None]
        + forward * (0.7 * swing * np.cos(phase))[..., None]
    )


def locks(
    rng: np.random.Generator,
    guides: Points,
    *,
    each: int,
    root: float,
    tip: float,
    stray: float = 0.15,
) -> Points:
    """`each` strands around every guide, spread over `root` pixels at first, `tip` at the end.

    `stray` says how far strands leave their lock, as a share of its spread and length.
    """
    count, points = len(guides) * each, guides.shape[1]
    along = np.linspace(0, 1, points)
    guide = np.repeat(np.arange(len(guides)), each)[:, None]
    place = rng.beta(4, 1.2, (count, 1)) * along * (points - 1)
    below = np.minimum(place.astype(int), points - 2)
    start = guides[guide, below]
    paths = start + (place - below)[..., None] * (guides[guide, below + 1] - start)
    sideways = across(guides)[guide, below]
    spread = (root + (tip - root) * along) * (1 - 0.8 * (1 - along) ** 4)
    length = np.linalg.norm(guides[:, -1] - guides[:, 0], axis=-1).repeat(each)[:, None]
    offset = rng.normal(0, 0.5, (count, 1)) * np.exp(rng.normal(0, 0.4, (count, 1))) * spread
    drift = rng.normal(0, 0.25 * stray, (count, 1)) * length * along**2
    ripple = rng.normal(0, stray, (count, 1)) * spread * _wave(rng, count, along, 0.4, 1.6)
    return paths + sideways * (offset + drift + ripple)[..., None]


def flyaways(
    rng: np.random.Generator, guides: Points, count: int, *, reach: float, wild: float
) -> Points:
    """Single strands of up to `reach` pixels that leave the guides somewhere on their way."""
    count = count if len(guides) else 0
    guide = rng.integers(0, max(len(guides), 1), count)
    leaves = rng.integers(0, max(guides.shape[1] * 3 // 4, 1), count)
    ahead = np.gradient(guides, axis=1)[guide, leaves]
    angles = np.arctan2(ahead[:, 1], ahead[:, 0]) + rng.normal(0, wild, count)
    lengths = reach * rng.beta(1.5, 3.0, count) * 1.5
    return grow(rng, guides[guide, leaves], angles, lengths, points=13, curve=0.6, pull=0.1)


def tapered(
    rng: np.random.Generator, count: int, width: float, *, end: float = 0.3, spread: float = 0.35
) -> Numbers:
    """Widths per piece (n PIECES) from about `width` at the root to `end` of that at the tip."""
    own = width * np.exp(rng.normal(0, spread, (count, 1)))
    return own * np.linspace(1, end, PIECES)


def lit(
    rng: np.random.Generator, paths: Points, *, light: float, gloss: float, each: int = 1
) -> Numbers:
    """Shades per piece: every lock of `each` strands and every strand its own, gloss across light.

    A strand shines where it runs across the direction of the light, as a cylinder does.
    """
    cuts = np.linspace(0, paths.shape[1] - 1, PIECES + 1).round().astype(int)
    along = unit_vectors(np.diff(paths[:, cuts], axis=1))
    shine = 1 - (along @ headings(np.array(light))) ** 2
    lock = rng.normal(0, 0.25, (len(paths) // each + 1, 1)).repeat(each, axis=0)[: len(paths)]
    own = lock * (each > 1) + rng.normal(0, 0.22, (len(paths), 1))
    return own + gloss * (shine**4 - 0.4) + rng.normal(0, 0.08, shine.shape)


def bundle(
    rng: np.random.Generator,
    paths: Points,
    width: float,
    *,
    end: float = 0.3,
    spread: float = 0.35,
    light: float | None = None,
    gloss: float = 0.3,
    each: int = 1,
) -> Strands:
    """Strands along the paths, tapered (`width`, `end`, `spread`) and lit (`light`, `gloss`)."""
    light = rng.uniform(0, np.pi) if light is None else light
    return Strands(
        paths=paths,
        widths=tapered(rng, len(paths), width, end=end, spread=spread),
        shades=lit(rng, paths, light=light, gloss=gloss, each=each),
    )


def with_strands(
    canvas: Canvas,
    strands: list[Strands],
    material: str,
    *,
    opacity: float = 1.0,
    parts: tuple[Part, ...] = (),
) -> Subject:
    """The subject made of what is already on the canvas and of the strands."""
    for some in strands:
        canvas.strokes(some.paths, some.widths, opacity)
    return Subject(
        alpha=settled(canvas.alpha()),
        material=material,
        shade=shaded(canvas.size, strands),
        parts=parts,
    )


def shaded(size: Size, strands: list[Strands]) -> Plane:
    """The shades of all strands as a plane, 0 where none passes."""
    plane = np.full(size, SHADE_ZERO, np.uint8)
    for some in strands:
        shades = SHADE_ZERO + SHADE_ONE * np.clip(some.shades, -1.1, 1.2)
        usual = np.median(some.widths[:, 0]) if len(some.widths) else 1.0
        shade_strokes(plane, some.paths, shades, int(np.clip(round(usual), 1, 9)))
    smooth = cv2.GaussianBlur(plane, (3, 3), 0.5).astype(np.float32)
    return (smooth - np.float32(SHADE_ZERO)) / np.float32(SHADE_ONE)

"""Grass and foliage: blades, twigs and leaves, crossing each other in front of the background."""

import numpy as np

from mattekit.core.types import Size
from mattekit.synthetic.canvas import PIECES, Canvas, Numbers, Points
from mattekit.synthetic.strands import Strands, across, bundle, grow, lit, tapered, with_strands
from mattekit.synthetic.subject import Frame, Subject, random_frame


def grass(rng: np.random.Generator, size: Size) -> Subject:
    """Blades from the ground, or from another side, as a close-up shows them."""
    frame = random_frame(rng, size, zoom=(0.3, 1.0), tilt=0.9)
    count = int(rng.integers(60, 700))
    reach, deep = max(size) / frame.unit, rng.uniform(0.05, 0.4)
    sideways, down = rng.uniform(-reach, reach, count), rng.exponential(deep, count)
    roots = np.stack([sideways, 1 + down], axis=-1)
    angles = rng.normal(-np.pi / 2, rng.uniform(0.1, 0.45), count)
    lengths = rng.gamma(6, 1 / 6, count) * rng.uniform(0.5, 1.6)
    curve, pull = rng.uniform(0.2, 0.8), rng.uniform(0, 0.5)
    paths = frame.place(grow(rng, roots, angles, lengths, curve=curve, pull=pull))
    canvas = Canvas(size)
    if rng.random() < 0.6:
        ground = 1 + rng.uniform(0, deep)
        canvas = frame.filled(np.array([[-9, ground], [9, ground], [9.0, 9], [-9, 9]]))
    blades = bundle(rng, paths, frame.thickness(rng, 8, 50), end=0.15)
    return with_strands(canvas, [blades], "plant")


def leaves(rng: np.random.Generator, size: Size) -> Subject:
    """Twigs with leaves of one species, from round ones to needles."""
    frame = random_frame(rng, size, zoom=(0.3, 0.9))
    stems = _stems(rng, frame, int(rng.integers(3, 12)))
    each, slender = int(rng.integers(8, 40)), rng.uniform(0.04, 0.5)
    at = rng.integers(2, stems.shape[1] - 1, (len(stems), each))[..., None]
    roots = np.take_along_axis(stems, at, axis=1).reshape(-1, 2)
    ahead = np.take_along_axis(np.gradient(stems, axis=1), at, axis=1).reshape(-1, 2)
    side = rng.choice([-1.0, 1.0], len(roots))
    angles = np.arctan2(ahead[:, 1], ahead[:, 0]) + side * rng.normal(0.8, 0.25, len(roots))
    length = frame.unit * rng.uniform(0.12, 0.4)
    lengths = length * np.exp(rng.normal(0, 0.25, len(roots)))
    spines = grow(rng, roots, angles, lengths)
    canvas = Canvas(size)
    canvas.fill(_blades(spines, slender * lengths))
    canvas.strokes(stems, tapered(rng, len(stems), 0.02 * frame.unit))
    bodies = Strands(
        paths=spines,
        widths=np.full((len(spines), PIECES), max(0.5 * slender * length, 0.3)),
        shades=lit(rng, spines, light=rng.uniform(0, np.pi), gloss=0.5),
    )
    return with_strands(canvas, [bodies], "plant")


def _stems(rng: np.random.Generator, frame: Frame, count: int) -> Points:
    start = rng.normal(0, 0.3, (count, 2)) + rng.uniform(-0.8, 0.8, 2)
    angles, lengths = rng.uniform(0, 2 * np.pi, count), rng.uniform(0.8, 2.2, count)
    return frame.place(grow(rng, start, angles, lengths, points=21, curve=0.6))


def _blades(spines: Points, widths: Numbers) -> Points:
    """The outline of a leaf around every spine."""
    profile = 0.5 * np.sin(np.pi * np.linspace(0, 1, spines.shape[1]) ** 0.8)
    half = across(spines) * (widths[:, None] * profile)[..., None]
    return np.concatenate([spines + half, (spines - half)[:, ::-1]], axis=1)

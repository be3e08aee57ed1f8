"""Furry animals, feathers and seed heads: short strands all along an outline or a shaft."""

from dataclasses import replace

import numpy as np

from mattekit.core.types import Size
from mattekit.synthetic.canvas import PIECES, Canvas, Numbers, Points
from mattekit.synthetic.fields import log_uniform
from mattekit.synthetic.outlines import animal, contour_roots, ellipse, smooth_outline
from mattekit.synthetic.strands import (
    Strands,
    bundle,
    flyaways,
    grow,
    headings,
    locks,
    with_strands,
)
from mattekit.synthetic.subject import Frame, Subject, random_frame

STRANDS = 8_000  # of a coat, about


def fur(rng: np.random.Generator, size: Size) -> Subject:
    """Animals or cushions whose outline is fur: tufts along a comb direction, long or short."""
    frame = random_frame(rng, size, zoom=(0.13, 0.5), tilt=0.8)
    shapes = _body(rng)
    if rng.random() < 0.35:
        shapes += [outline + rng.uniform(-3, 3, 2) for outline in _body(rng)]
    outlines = [frame.place(outline) for outline in shapes]
    length = max(frame.unit * log_uniform(rng, 0.07, 0.5), 2.0)
    comb, gloss = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.4)
    guides = _tufts(rng, size, outlines, length, comb)
    spread = max(length * rng.uniform(0.1, 0.35), 1.0)
    each = int(np.clip(STRANDS / max(len(guides), 1), 6, 40))
    tip, stray = spread * rng.uniform(0.1, 2.0), rng.uniform(0.05, 0.5)
    coat = locks(rng, guides, each=each, root=2.5 * spread, tip=tip, stray=stray)
    loose = flyaways(rng, guides, int(rng.integers(0, 300)), reach=length, wild=0.4)
    width, end = max(frame.unit * rng.uniform(0.7, 3.5) / 1000, 0.12), rng.uniform(0.05, 0.5)
    strands = [
        bundle(rng, paths, width, end=end, light=comb, gloss=gloss, each=number)
        for paths, number in ((coat, each), (loose, 1))
    ]
    canvas = Canvas(size)
    canvas.fill(outlines)
    hearts = spread * np.array([0.9, 0.5, 0.12, 0.02])
    canvas.strokes(guides, hearts[None].repeat(len(guides), axis=0))
    return with_strands(canvas, [_lying(rng, frame, length, comb), *strands], "fur")


def _body(rng: np.random.Generator) -> list[Points]:
    """An animal, or something shapeless like a cushion or a moss-grown stone."""
    if rng.random() < 0.65:
        return animal(rng)
    return [smooth_outline(rng, rough=rng.uniform(0.2, 0.8))]


def _tufts(
    rng: np.random.Generator, size: Size, outlines: list[Points], length: float, comb: float
) -> Points:
    """Guides of tufts rooted near the outline, pointing between outward and the comb direction."""
    count = int(np.clip(30_000 / length, 150, 800) * rng.uniform(0.5, 1))
    roots, outward = contour_roots(rng, size, outlines, count)
    strength, disorder = rng.uniform(0.0, 1.2), rng.uniform(0.05, 0.4)
    leaning = headings(outward) + strength * headings(np.full(len(roots), comb))
    angles = np.arctan2(leaning[:, 1], leaning[:, 0]) + rng.normal(0, disorder, len(roots))
    depth = rng.uniform(-0.1, 1.0, (len(roots), 1)) * length
    lengths = length * np.exp(rng.normal(0.3, 0.3, len(roots)))
    curve, pull = rng.uniform(0.1, 0.7), rng.uniform(0, 0.5)
    return grow(rng, roots - depth * headings(outward), angles, lengths, curve=curve, pull=pull)


def _lying(rng: np.random.Generator, frame: Frame, length: float, comb: float) -> Strands:
    """Fur that lies on the body: seen as light and dark, without coverage of its own."""
    count = 2500
    roots = frame.place(rng.uniform(-1.4, 1.4, (count, 2)))
    angles = comb + rng.normal(0, 0.4, count) + np.sin(2 * roots[:, 0] / frame.unit)
    paths = grow(rng, roots, angles, np.full(count, 1.3 * length), points=5)
    return replace(bundle(rng, paths, 1.0, light=comb), widths=np.zeros((count, PIECES)))


def feather(rng: np.random.Generator, size: Size) -> Subject:
    """One to three feathers: a shaft with barbs that part in places and are downy at the base."""
    canvas = Canvas(size)
    strands: list[Strands] = []
    for _ in range(rng.integers(1, 4)):
        frame = random_frame(rng, size, zoom=(0.25, 0.8))
        start, up, long = np.array([[0.0, 1.0]]), np.array([-np.pi / 2]), np.array([2.0])
        shaft = frame.place(grow(rng, start, up, long, points=25))
        strands.append(_barbs(rng, frame, shaft[0]))
        canvas.strokes(shaft, frame.unit * np.array([[0.035, 0.028, 0.018, 0.008]]))
    return with_strands(canvas, strands, "fur", opacity=rng.uniform(0.75, 1.0))


def _barbs(rng: np.random.Generator, frame: Frame, shaft: Points) -> Strands:
    """Strands to both sides of a shaft, close together, with gaps where they part."""
    count = int(np.clip(frame.unit * 4, 160, 1600))
    along = np.sort(rng.uniform(0.03, 1, count))
    place = along * (len(shaft) - 1)
    below = np.minimum(place.astype(int), len(shaft) - 2)
    forward = shaft[below + 1] - shaft[below]
    roots = shaft[below] + (place - below)[:, None] * forward
    side = rng.choice([-1.0, 1.0], count)
    downy = np.clip(0.3 - along, 0, 1) * rng.normal(1.0, 1.2, count)
    parted = rng.uniform(0.02, 0.3) * _steps(rng, along + 0.5 * side)
    angles = np.arctan2(forward[:, 1], forward[:, 0]) + side * (0.6 + parted + downy)
    lengths = rng.uniform(0.2, 0.5) * np.sin(np.pi * np.clip(along, 0.03, 0.97)) ** 0.5
    lengths = frame.unit * lengths * rng.uniform(0.92, 1.02, count)
    paths = grow(rng, roots, angles, lengths, curve=rng.uniform(0.08, 0.25))
    return bundle(rng, paths, max(3 * frame.unit / count, 0.3), end=0.4, spread=0.2, gloss=0.2)


def _steps(rng: np.random.Generator, along: Numbers) -> Numbers:
    """A value that jumps now and then along the way: where barbs part."""
    jumps = np.sort(rng.uniform(-0.5, 1.5, 8))
    return rng.normal(0, 1, 9)[np.searchsorted(jumps, along)]


def dandelion(rng: np.random.Generator, size: Size) -> Subject:
    """Seed heads: rays from a centre, each ending in a tuft."""
    canvas = Canvas(size)
    strands: list[Strands] = []
    for _ in range(rng.integers(1, 4)):
        frame = random_frame(rng, size, zoom=(0.2, 0.7))
        centre = frame.place(np.zeros((1, 2)))
        down, long = rng.normal(np.pi / 2, 0.3, 1), np.array([4 * frame.unit])
        canvas.strokes(
            grow(rng, centre, down, long, points=13), np.full((1, PIECES), 0.05 * frame.unit)
        )
        canvas.fill([frame.place(ellipse(0, 0, 0.12, 0.12))])
        strands += _seeds(rng, frame, centre)
    return with_strands(canvas, strands, "fur", opacity=rng.uniform(0.5, 1.0))


def _seeds(rng: np.random.Generator, frame: Frame, centre: Points) -> list[Strands]:
    """Rays, and the tufts at their ends."""
    count, tuft = int(rng.integers(60, 200)), int(rng.integers(8, 18))
    angles = rng.uniform(0, 2 * np.pi, count)
    lengths = 0.8 * frame.unit * np.sqrt(rng.uniform(0.1, 1, count))
    rays = grow(rng, centre.repeat(count, axis=0), angles, lengths, points=5, curve=0.05)
    fans = angles.repeat(tuft) + rng.uniform(-1.3, 1.3, count * tuft)
    reach = frame.unit * rng.uniform(0.1, 0.28, count * tuft)
    hairs = grow(rng, rays[:, -1].repeat(tuft, axis=0), fans, reach, points=5, curve=0.15)
    width = frame.thickness(rng, 2.0, 6.0)
    return [
        bundle(rng, paths, thick, end=0.6, light=0.5, gloss=0.2)
        for paths, thick in ((rays, 1.6 * width), (hairs, width))
    ]

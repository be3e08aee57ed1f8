"""Hairstyles: a handful of numbers each, and what strands grow from them along given guides."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mattekit.synthetic.canvas import PIECES, Canvas, Points
from mattekit.synthetic.strands import (
    Strands,
    across,
    bundle,
    curled,
    flyaways,
    locks,
    refined,
)

LEAST_CURL = 0.01  # radius from which on hair is wound
POINTS = 90_000  # of all strands together, at most
CLOSE = 200  # pixels per unit from which on straight guides need more points


@dataclass(frozen=True, kw_only=True)
class Hairstyle:
    """What tells one hairstyle from another."""

    length: float
    lift: float
    """How steeply hair leaves the scalp: 0 lies flat, 2 stands on end."""
    pull: float
    """How strongly it falls."""
    wave: float
    """Sideways swing of a lock."""
    curl: float
    """Radius of the curls of a lock."""
    turns: float
    """Curls per unit of length."""
    spread: float
    """Width of a lock at the root."""
    gather: float
    """Width of a lock at the tip, as a share of that at the root."""
    stray: float
    """How far strands leave their lock."""
    core: float
    """How much of a lock is opaque."""
    wisps: float
    """Strands that fly away."""


STYLES: dict[str, dict[str, tuple[float, float]]] = json.loads(
    Path(__file__).with_suffix(".json").read_text()
)
"""Style -> the range of every number."""


def random_hairstyle(rng: np.random.Generator) -> Hairstyle:
    """One of the styles, every number drawn from its range."""
    ranges = STYLES[str(rng.choice(list(STYLES)))]
    return Hairstyle(**{name: rng.uniform(low, high) for name, (low, high) in ranges.items()})


def waved(rng: np.random.Generator, style: Hairstyle, guides: Points, *, unit: float) -> Points:
    """Guides swung sideways and wound up, with as many points as that needs."""
    along = np.linspace(0, 1, guides.shape[1])
    periods = style.length * rng.uniform(0.6, 1.6)
    phases = rng.normal(0, 0.8, (len(guides), 1)) + rng.uniform(0, 2 * np.pi)
    swing = style.wave * np.sin(2 * np.pi * periods * along + phases) * np.minimum(2 * along, 1)
    guides = guides + across(guides) * swing[..., None]
    turns = style.turns * style.length
    if style.curl < LEAST_CURL or turns < 0.5:
        return refined(guides, 33) if unit > CLOSE else guides
    points = PIECES * int(np.clip(3 * turns, 6, 20)) + 1
    return curled(rng, refined(guides, points), radius=style.curl, turns=turns)


def strands_of(
    rng: np.random.Generator, unit: float, style: Hairstyle, guides: Points
) -> list[Strands]:
    """The locks around the guides, and the strands that fly away."""
    each = int(np.clip(unit / 4, 6, POINTS / guides.shape[0] / guides.shape[1]))
    spread = 1.5 * style.spread * unit
    tip = spread * style.gather
    paths = locks(rng, guides, each=each, root=spread, tip=tip, stray=style.stray)
    reach, wild = unit * rng.uniform(0.3, 1.0), rng.uniform(0.2, 0.8)
    wisps = flyaways(rng, guides, int(style.wisps), reach=reach, wild=wild)
    if style.curl >= LEAST_CURL:
        wisps = curled(rng, refined(wisps, 33), radius=0.7 * style.curl * unit, turns=2.5)
    width = max(unit * rng.uniform(0.7, 2.2) / 1000, 0.12)
    light, gloss = rng.uniform(0, np.pi), rng.uniform(0.1, 0.8)
    return [
        bundle(rng, some, width, end=rng.uniform(*end), light=light, gloss=gloss, each=number)
        for some, number, end in ((paths, each, (0.1, 0.6)), (wisps, 1, (0.2, 0.8)))
    ]


def draw_cores(
    rng: np.random.Generator, canvas: Canvas, guides: Points, unit: float, style: Hairstyle
) -> None:
    """The opaque heart of every lock: a few thick strands that are thin again before the tip."""
    spread = unit * style.spread
    each = int(np.clip(spread / 3, 4, 24))
    tip = spread * min(style.gather, 1.0)
    paths = locks(rng, guides, each=each, root=0.8 * spread, tip=tip, stray=0.05)
    widths = style.core * spread / each * np.array([2.0, 1.2, 0.5, 0.05])
    canvas.strokes(paths, np.maximum(widths, 0.2)[None].repeat(len(paths), axis=0))

"""Heads with hair, and hair without a head. What tells the styles apart: `hairstyles.json`.

Hair starts on an opaque skull, gathers in locks with an opaque core, tapers, crosses, and some
strands fly away. Lengths are in units of half a head's height; y points down.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mattekit.core.types import Plane, Size
from mattekit.synthetic.canvas import PIECES, Canvas, Points
from mattekit.synthetic.fields import enlarged, reduced_size
from mattekit.synthetic.outlines import ellipse, rounded
from mattekit.synthetic.strands import (
    Strands,
    across,
    bundle,
    curled,
    flyaways,
    grow,
    headings,
    locks,
    refined,
    swirl,
    unit_vectors,
    with_strands,
)
from mattekit.synthetic.subject import Frame, Part, Subject, random_frame

SKULL = (0.74, 1.0)  # half width, half height
FACE = (0.57, 0.8)
FACE_BELOW = 0.22  # how far the middle of the face lies below that of the skull
THROAT = np.array([[-0.45, 0.5], [0.45, 0.5], [0.45, 2.0], [-0.45, 2.0]])
NAPE = np.array([[-0.6, 0.95], [0.6, 0.95], [0.6, 2.0], [-0.6, 2.0]])
HAIRLINE = -0.55  # above it hair lies on the skull, below it in front of the face
STEPS = 16  # of a guide, root to tip
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
    Path(__file__).with_name("hairstyles.json").read_text("utf-8")
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


def hair(rng: np.random.Generator, size: Size) -> Subject:
    """A head, neck and shoulders with one of many hairstyles, from the front or from behind."""
    frame = random_frame(rng, size, zoom=(0.12, 0.5), tilt=0.5, sides=(-1.2 * np.pi, 0.2 * np.pi))
    style = random_hairstyle(rng)
    from_behind = bool(rng.random() < 0.35)
    count = int(rng.uniform(9, 18) / style.spread * max(1.0, 0.4 / style.length))
    guides = _guides(rng, style, from_behind=from_behind, count=min(count, 240))
    guides = waved(rng, style, guides, unit=frame.unit)
    wind = rng.normal(0, 0.25) * np.linspace(0, 1, guides.shape[1]) ** 2 * style.length
    guides = frame.place(guides + np.stack([wind, np.zeros_like(wind)], axis=-1))
    body = _bust(rng)
    skin = [NAPE] if from_behind else [THROAT, ellipse(0, FACE_BELOW, *FACE)]
    hanging = _over_body(frame, guides, style.spread)
    canvas = frame.filled(*body, ellipse(0, 0, *SKULL))
    draw_cores(rng, canvas, guides, frame.unit, style)
    strands = strands_of(rng, frame.unit, style, guides)
    parts = _parts(rng, frame, skin, body[1:], hanging)
    return with_strands(canvas, strands, "hair", parts=parts)


def tress(rng: np.random.Generator, size: Size) -> Subject:
    """Hair without a head: a ponytail, a mane, a brush or a strand blown across the picture."""
    frame = random_frame(rng, size, zoom=(0.25, 0.8), outline=0.3)
    style = random_hairstyle(rng)
    count = int(rng.integers(8, 90))
    roots = rng.normal(0, 1, (count, 2)) * rng.uniform(0.05, 0.45, 2)
    fan = rng.normal(0, rng.uniform(0.05, 0.6), count)
    lengths = max(style.length, 0.5) * np.exp(rng.normal(0, 0.15, count))
    grown = grow(rng, roots, fan, lengths, points=STEPS + 1, curve=0.1 + style.stray)
    blown = np.linspace(0, rng.uniform(0, 0.4), STEPS + 1)[:, None]
    grown = grown + blown * swirl(rng, grown, scale=1.5)
    middle = grown.mean(axis=(0, 1))
    guides = frame.place(waved(rng, style, grown - middle, unit=frame.unit))
    held = np.maximum(2 * roots.std(axis=0), 0.5 * style.spread)
    canvas = frame.filled(ellipse(-middle[0], -middle[1], *held))
    draw_cores(rng, canvas, guides, frame.unit, style)
    return with_strands(canvas, strands_of(rng, frame.unit, style, guides), "hair")


def _guides(rng: np.random.Generator, style: Hairstyle, *, from_behind: bool, count: int) -> Points:
    """One path per lock in units, grown step by step away from the parting and off the face."""
    roots = _scalp(rng, count, from_behind=from_behind)
    parting = np.array([rng.uniform(-0.45, 0.45), rng.uniform(-0.9, -0.3 if from_behind else -0.8)])
    outward = unit_vectors(roots)
    heading = unit_vectors(roots - parting) + style.lift * outward
    heading += swirl(rng, roots, scale=1.0) * (0.1 + 0.4 * style.stray)
    clearance = rng.uniform(0.85, 1.3, (count, 1))
    step = style.length * np.exp(rng.normal(0, 0.15, (count, 1))) / STEPS
    fall = np.array([0, 5 * style.pull * step.mean()])
    path = [roots]
    for _ in range(STEPS):
        heading = unit_vectors(heading) + fall
        heading += rng.normal(0, 0.03 + 0.1 * style.stray, heading.shape)
        moved = path[-1] + unit_vectors(heading) * step
        path.append(moved if from_behind else _off_the_face(moved, clearance))
    return np.stack(path, axis=1)


def _scalp(rng: np.random.Generator, count: int, *, from_behind: bool) -> Points:
    """Roots on the skull as seen: more of them near its outline, none on the face."""
    if from_behind:
        angles = rng.uniform(-1.25 * np.pi, 0.25 * np.pi, count)
        nearness = np.sqrt(1 - rng.random(count) ** 2)
    else:
        angles = rng.uniform(-np.pi, 0, count) + rng.normal(0, 0.12, count)
        nearness = rng.uniform(0.72, 1, count)
    return headings(angles) * nearness[:, None] * SKULL


def _off_the_face(points: Points, clearance: Points) -> Points:
    """Points in front of the face, moved sideways half of the way to its edge."""
    middle = np.array([0, FACE_BELOW])
    scaled = (points - middle) / FACE
    distance = np.linalg.norm(scaled, axis=1, keepdims=True)
    push = np.where(distance < clearance, clearance / np.maximum(distance, 0.2), 1.0)
    pushed = 0.5 * (1 + push) * scaled * FACE + middle
    return np.where(points[:, 1:] > HAIRLINE, pushed, points)


def _bust(rng: np.random.Generator) -> list[Points]:
    """Neck, then shoulders and chest, then arms as they happen to be held."""
    neck, shoulder = rng.uniform(0.33, 0.48), rng.uniform(1.2, 2.1)
    slope, lean = rng.uniform(1.45, 1.95), rng.normal(0, 0.12)
    half = [[neck, 1.3], [neck * 1.3, 1.45], [shoulder * 0.85, slope], [shoulder, slope + 0.35]]
    right = np.array([*half, [shoulder + rng.uniform(-0.4, 0.4), 9.0]])
    trunk = np.concatenate([right, right[::-1] * (-1, 1)])
    trunk[:, 1] += lean * trunk[:, 0] * (trunk[:, 1] < 4)
    arms = [_arm(rng, side * shoulder * 0.7, slope + 0.5) for side in (-1, 1) if rng.random() < 0.4]
    return [THROAT * (neck / 0.45, 1.0), rounded(trunk), *arms]


def _arm(rng: np.random.Generator, x: float, y: float) -> Points:
    """An arm from a shoulder over an elbow to a hand, upwards as often as down."""
    upper = rng.uniform(-0.3 * np.pi, 0.4 * np.pi)
    angles = np.array([upper, upper + rng.normal(-0.6, 0.8)])
    steps = headings(angles) * np.array([np.sign(x), 1.0]) * rng.uniform(1.0, 1.6, (2, 1))
    path = refined(np.cumsum([np.array([x, y]), *steps], axis=0)[None], 9)
    half = across(path) * np.linspace(0.32, 0.16, 9)[:, None]
    return rounded(np.concatenate([path[0] + half[0], (path[0] - half[0])[::-1]]), rounds=1)


def _over_body(frame: Frame, guides: Points, spread: float) -> Plane:
    """Where locks hang over face and clothes."""
    low = guides[guides[:, :, 1].max(axis=1) > frame.y - 0.4 * frame.unit]
    hanging = Canvas(frame.size, times=1)
    widths = max(0.9 * spread * frame.unit, 2.0) * np.array([1.0, 1.0, 0.7, 0.3])
    hanging.strokes(low, widths[None].repeat(len(low), axis=0))
    soft = 2 * int(0.015 * frame.unit) + 1
    return cv2.blur(hanging.alpha(), (soft, soft))


def _parts(
    rng: np.random.Generator,
    frame: Frame,
    skin: list[Points],
    clothes: list[Points],
    hanging: Plane,
) -> tuple[Part, Part]:
    """Face and neck of skin, and the clothes, as far as no lock hangs over them."""
    bare, dressed = (
        np.maximum(frame.filled(*outlines, times=2).alpha() - hanging, 0)
        for outlines in (skin, clothes)
    )
    return (
        Part(material="skin", mask=bare, shade=_features(rng, frame)),
        Part(material="cloth", mask=dressed),
    )


def _features(rng: np.random.Generator, frame: Frame) -> Plane:
    """Brows, eyes, nose and mouth as darker places, and the face turning away at its sides."""
    small = reduced_size(frame.size, 4)
    less = Frame(size=small, x=frame.x / 4, y=frame.y / 4, unit=frame.unit / 4, angle=frame.angle)
    turned = rng.uniform(-0.2, 0.2)
    mouth = ellipse(turned, 0.66, rng.uniform(0.14, 0.22), rng.uniform(0.03, 0.06))
    shapes = [mouth, ellipse(turned * 1.2, 0.42, 0.1, 0.03)]
    for side in (-0.27, 0.27):
        shapes.append(ellipse(side + turned, 0.1, 0.1, 0.04))
        shapes.append(ellipse(side + turned, -0.06, 0.15, 0.025, 0.1 * np.sign(side)))
    dark = Canvas(small, times=2)
    dark.fill([less.place(shape) for shape in shapes], value=0.9)
    middle = less.filled(ellipse(1.5 * turned, FACE_BELOW, 0.4, 0.6), times=2)
    blur = max(0.03 * less.unit, 0.3)
    dark_places = cv2.GaussianBlur(dark.alpha(), (0, 0), blur)
    front = cv2.GaussianBlur(middle.alpha(), (0, 0), 7 * blur)
    return enlarged(0.7 * front - 0.4 - rng.uniform(0.6, 1.1) * dark_places, frame.size)

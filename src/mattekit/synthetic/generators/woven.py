"""Nets, lace, fringes, veils and wires: threads in regular order, pulled out of shape."""

from dataclasses import replace

import cv2
import numpy as np

from mattekit.core.types import Size
from mattekit.synthetic.canvas import PIECES, Canvas, Points
from mattekit.synthetic.fields import enlarged, positions, reduced_size, smooth_field
from mattekit.synthetic.outlines import ellipse, smooth_outline, turned
from mattekit.synthetic.strands import bundle, grow, headings, locks, swirl, with_strands
from mattekit.synthetic.subject import Frame, Subject, random_frame, settled


def net(rng: np.random.Generator, size: Size) -> Subject:
    """Threads in two directions over the whole picture or a piece of it, sagging."""
    frame = random_frame(rng, size, zoom=(0.5, 1.2))
    cell = rng.uniform(0.04, 0.25)
    sag = rng.uniform(0.0, 0.9) * cell
    width = float(np.clip(cell * frame.unit * rng.uniform(0.03, 0.3), 0.35, 12))
    strands = [
        bundle(rng, _parallel(rng, frame, cell, angle, sag), width, end=1.0, spread=0.1)
        for angle in (0.0, rng.uniform(0.6, np.pi - 0.6))
    ]
    subject = with_strands(Canvas(size), strands, "thread")
    if rng.random() < 0.5:
        return subject
    piece = frame.filled(0.8 * smooth_outline(rng, rough=0.3)).alpha()
    return replace(subject, alpha=np.minimum(subject.alpha, settled(piece)))


def _parallel(
    rng: np.random.Generator, frame: Frame, cell: float, angle: float, sag: float
) -> Points:
    """Threads `cell` apart in one direction, displaced smoothly by about `sag`."""
    reach = 0.75 * np.hypot(*frame.size) / frame.unit + 1
    offsets, along = np.arange(-reach, reach, cell), np.linspace(-reach, reach, 49)
    grid = np.stack(np.meshgrid(along, offsets), axis=-1)
    coarse = rng.normal(0, sag, (7, 7, 2))
    sway = cv2.resize(coarse, (len(along), len(offsets)), interpolation=cv2.INTER_CUBIC)
    return frame.place(turned(grid + sway, angle))


def lace(rng: np.random.Generator, size: Size) -> Subject:
    """A cloth with a repeated ornament of holes, bent a little."""
    frame = random_frame(rng, size, zoom=(0.5, 1.2))
    cell = rng.uniform(0.07, 0.22)
    rows = np.arange(-1.6, 1.6, cell)
    places = np.stack(np.meshgrid(rows, rows), axis=-1)  # rows columns 2
    places[1::2, :, 0] += cell / 2
    holes = places.reshape(-1, 1, 1, 2) + _ornament(rng, cell)
    wave, often, phase = rng.uniform(0, 0.05), rng.uniform(2, 6), rng.uniform(0, 2 * np.pi, 2)
    holes = holes + wave * np.sin(often * holes[..., ::-1] + phase)
    canvas = frame.filled(smooth_outline(rng, rough=rng.uniform(0.1, 0.4)))
    canvas.fill(frame.place(holes).reshape(-1, *holes.shape[-2:]), value=0.0)
    return Subject(alpha=settled(canvas.alpha()), material="cloth")


def _ornament(rng: np.random.Generator, cell: float) -> Points:
    """The holes of one cell (n p 2): petals around a centre, and a dot between the flowers."""
    petals = int(rng.integers(3, 8))
    radius = cell * rng.uniform(0.1, 0.2)
    angles = 2 * np.pi * np.arange(petals) / petals
    around = 0.28 * cell * headings(angles)
    shapes = [
        ellipse(x, y, radius, radius * 0.5, angle)
        for (x, y), angle in zip(around, angles, strict=True)
    ]
    return np.stack([*shapes, ellipse(0.5 * cell, 0, radius * 0.6, radius * 0.6)])[:, ::8]


def fringe(rng: np.random.Generator, size: Size) -> Subject:
    """A cloth whose edge ends in hanging threads or tassels."""
    frame = random_frame(rng, size, zoom=(0.3, 0.9), tilt=0.6)
    reach, count = max(size) / frame.unit + 1, int(rng.integers(30, 140))
    edge = np.linspace(-reach, reach, count) + rng.normal(0, 0.01, count)
    roots = np.stack([edge, 0.08 * np.sin(edge * rng.uniform(1, 5))], axis=-1)
    lengths = rng.uniform(0.3, 1.2) * np.exp(rng.normal(0, 0.08, count))
    down = rng.normal(np.pi / 2, rng.uniform(0.02, 0.25), count)
    threads = grow(rng, roots, down, lengths, points=13, curve=rng.uniform(0.05, 0.5), pull=0.3)
    guides = frame.place(threads + swirl(rng, threads, scale=1.0) * rng.uniform(0, 0.04))
    gap = frame.unit * 2 * reach / count
    each, tip = int(rng.integers(3, 24)), gap * rng.uniform(0.2, 1.5)
    paths = locks(rng, guides, each=each, root=gap * 0.5, tip=tip, stray=0.1)
    canvas = frame.filled(np.concatenate([roots, [[reach, -9], [-reach, -9]]]))
    strands = bundle(rng, paths, frame.thickness(rng, 4, 14), end=0.7, each=each)
    return with_strands(canvas, [strands], "thread")


def wires(rng: np.random.Generator, size: Size) -> Subject:
    """Cables, twigs or whiskers: lines from a small body, some less than a pixel wide."""
    frame = random_frame(rng, size, zoom=(0.3, 1.0))
    count = int(rng.integers(4, 60))
    roots = rng.normal(0, rng.uniform(0.05, 0.8), (count, 2))
    angles = rng.uniform(0, 2 * np.pi) + rng.normal(0, rng.uniform(0.05, 1.5), count)
    lengths = rng.uniform(0.5, 4.0, count)
    curve, pull = rng.uniform(0, 0.8), rng.uniform(0, 0.4)
    paths = grow(rng, roots, angles, lengths, points=17, curve=curve, pull=pull)
    canvas = frame.filled(rng.uniform(0.1, 0.6) * smooth_outline(rng))
    end, width = rng.uniform(0.2, 1.0), frame.thickness(rng, 2, 25)
    strands = bundle(rng, frame.place(paths), width, end=end, spread=0.5, gloss=0.6)
    return with_strands(canvas, [strands], "object")


def wheel(rng: np.random.Generator, size: Size) -> Subject:
    """A wheel or a ring with spokes, seen from the front or at an angle."""
    frame = random_frame(rng, size, zoom=(0.2, 0.8))
    count = int(rng.integers(4, 60))
    around = np.linspace(0, 2 * np.pi, count, endpoint=False)
    lean = rng.uniform(-0.5, 0.5) * np.where(np.arange(count) % 2, 1, -1)
    hub = rng.uniform(0.03, 0.15)
    inner, outer = hub * headings(around)[:, None], headings(around + lean)[:, None]
    spokes = inner + np.linspace(0, 1, PIECES + 1)[:, None] * (outer - inner)
    narrow = np.array([1.0, rng.uniform(0.3, 1.0)])
    rim = headings(np.linspace(0, 2 * np.pi, 97))[None]
    canvas = frame.filled(ellipse(0, 0, hub, hub) * narrow)
    thick = frame.unit * rng.uniform(0.02, 0.12)
    canvas.strokes(frame.place(rim * narrow), np.full((1, PIECES), thick))
    width = min(frame.thickness(rng, 2, 30), thick)
    strands = bundle(rng, frame.place(spokes * narrow), width, end=1.0, spread=0.1, gloss=0.6)
    return with_strands(canvas, [strands], "object")


def veil(rng: np.random.Generator, size: Size) -> Subject:
    """A thin cloth in folds: less transparent where it lies double."""
    frame = random_frame(rng, size, zoom=(0.4, 1.1))
    canvas = frame.filled(smooth_outline(rng, rough=0.4))
    small = reduced_size(size, 2)
    x, _ = positions(small)
    sway = rng.uniform(1.0, 3.0) * smooth_field(rng, small, scale=rng.uniform(0.3, 0.8))
    sway += 0.3 * smooth_field(rng, small, scale=0.15)
    ridges = np.abs(np.sin(sway + x * (rng.uniform(0, 20) / small[1])))
    double = rng.uniform(0.2, 0.6) * ridges ** rng.uniform(1, 4)
    cover = enlarged(double + np.float32(rng.uniform(0.1, 0.5)), size)
    return Subject(
        alpha=settled(canvas.alpha() * np.minimum(cover, 1)),
        material="cloth",
        shade=cover - cover.mean(),
    )

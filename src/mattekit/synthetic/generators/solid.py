"""Objects with a body: hard edges, holes, soft edges, defocus, motion, glass, bubbles."""

import cv2
import numpy as np

from mattekit.core.types import Plane, Size
from mattekit.synthetic.canvas import Points
from mattekit.synthetic.fields import disc_blur, log_uniform, motion_blur, smooth_field, soft_step
from mattekit.synthetic.outlines import animal, ellipse, polygon, rounded, smooth_outline
from mattekit.synthetic.subject import Subject, random_frame, settled


def hard(rng: np.random.Generator, size: Size) -> Subject:
    """A thing with a sharp edge: alpha is soft over one pixel only."""
    return Subject(alpha=settled(_thing(rng, size)), material="object")


def holes(rng: np.random.Generator, size: Size) -> Subject:
    """A thing with openings through which the background shows."""
    return Subject(alpha=settled(_thing(rng, size, openings=60)), material="object")


def blob(rng: np.random.Generator, size: Size) -> Subject:
    """A thing whose edge is softer here than there."""
    alpha = _thing(rng, size)
    widest = max(min(size) * rng.uniform(0.005, 0.05), 0.6)
    near = cv2.GaussianBlur(alpha, (0, 0), 0.5 * widest**0.5)
    far = cv2.GaussianBlur(alpha, (0, 0), widest)
    share = soft_step(smooth_field(rng, size, scale=0.6), -0.8, 0.8)
    return Subject(alpha=settled(near + share * (far - near)), material="object")


def defocused(rng: np.random.Generator, size: Size) -> Subject:
    """A thing out of focus: its edge is as wide as the disc that a point becomes."""
    alpha = _thing(rng, size, openings=6)
    radius = max(min(size) * rng.uniform(0.006, 0.04), 1.0)
    return Subject(alpha=settled(disc_blur(alpha, radius)), material="object")


def moving(rng: np.random.Generator, size: Size) -> Subject:
    """A thing that moved or turned while the shutter was open."""
    alpha = _thing(rng, size, openings=6)
    turn = rng.normal(0, 6) if rng.random() < 0.4 else 0.0
    far, angle = min(size) * rng.uniform(0.02, 0.15), rng.uniform(0, 2 * np.pi)
    blurred = motion_blur(alpha, far=far, angle=angle, turn=turn)
    return Subject(alpha=settled(blurred), material="object")


def glass(rng: np.random.Generator, size: Size) -> Subject:
    """Glass and plastic: clear inside, denser towards the rim, opaque in highlights."""
    body = _thing(rng, size)
    inside = cv2.distanceTransform((body > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    rim = np.exp(-inside / np.float32(max(min(size) * rng.uniform(0.01, 0.06), 1.0)))
    clear = rng.uniform(0.05, 0.6)
    dense = clear + (rng.uniform(0.6, 1.0) - clear) * rim
    dense += 0.15 * smooth_field(rng, size, scale=0.5)
    streaks = soft_step(smooth_field(rng, size, scale=0.3), 1.0, 1.6)
    alpha = body * np.clip(dense + streaks, 0, 1)
    return Subject(alpha=settled(alpha), material="glass", shade=streaks)


def _thing(rng: np.random.Generator, size: Size, *, openings: int = 0) -> Plane:
    """The coverage of a random thing, with up to so many openings."""
    frame = random_frame(rng, size)
    canvas = frame.filled(*_outlines(rng))
    scale = rng.uniform(0.02, 0.25)
    for _ in range(rng.integers(openings // 15, openings + 1)):
        hole = smooth_outline(rng, points=48) if rng.random() < 0.5 else ellipse(0, 0, 1, 1)
        hole = scale * rng.uniform(0.4, 1.5) * hole + rng.normal(0, 0.5, 2)
        canvas.fill([frame.place(hole)], value=0.0)
    return canvas.alpha()


def _outlines(rng: np.random.Generator) -> list[Points]:
    """A thing of one to five overlapping shapes, sometimes with smaller things around it."""
    if rng.random() < 0.2:
        return animal(rng)
    shapes = [0.9 * _shape(rng)]
    for _ in range(rng.integers(0, 5)):
        shapes.append(rng.uniform(0.25, 0.8) * _shape(rng) + rng.normal(0, 0.6, 2))
    if rng.random() < 0.4:
        for _ in range(rng.integers(1, 6)):
            shapes.append(rng.uniform(0.1, 0.7) * _shape(rng) + rng.uniform(-3, 3, 2))
    return shapes


def _shape(rng: np.random.Generator) -> Points:
    """An outline of radius about 1: smooth, angular, rounded or elliptic."""
    kind = rng.integers(4)
    if kind == 0:
        return smooth_outline(rng, rough=rng.uniform(0.1, 0.6))
    if kind == 1:
        return polygon(rng, int(rng.integers(3, 9)), star=float(rng.choice([0.0, 0.0, 0.5])))
    if kind == 2:
        return rounded(polygon(rng, int(rng.integers(3, 7))), share=rng.uniform(0.1, 0.3))
    return ellipse(0, 0, 1, rng.uniform(0.15, 1), rng.uniform(0, np.pi))


def bubbles(rng: np.random.Generator, size: Size) -> Subject:
    """Soap bubbles: thin at the centre, dense at the rim, with bright spots."""
    unit = min(size) * rng.uniform(0.4, 1.0)
    alpha, shade = np.zeros(size, np.float32), np.zeros(size, np.float32)
    for _ in range(rng.integers(3, 30)):
        radius = unit * log_uniform(rng, 0.03, 0.45)
        y, x = rng.uniform(-0.1, 1.1, 2) * size
        window = tuple(
            slice(max(int(middle - radius) - 2, 0), max(int(middle + radius) + 3, 0))
            for middle in (y, x)
        )
        rows = np.arange(size[0])[window[0], None] + 0.5 - y
        columns = np.arange(size[1])[window[1]] + 0.5 - x
        cover, bright = _bubble(rng, columns / radius, rows / radius, radius)
        alpha[window] += cover - alpha[window] * cover
        shade[window] = np.maximum(shade[window], bright)
    return Subject(alpha=settled(alpha), material="glass", shade=shade)


def _bubble(rng: np.random.Generator, x: Plane, y: Plane, radius: float) -> tuple[Plane, Plane]:
    """Coverage and highlight of a bubble of radius 1 around (0, 0)."""
    distance = np.hypot(x, y)
    inside = np.clip((1 - distance) * radius + 0.5, 0, 1)
    rim = rng.uniform(0.5, 0.95) * np.minimum(distance, 1) ** rng.uniform(3, 9)
    lean = rng.uniform(0, 2 * np.pi)
    away = (x + 0.5 * np.cos(lean)) ** 2 + (y + 0.5 * np.sin(lean)) ** 2
    spot = np.exp(-away * rng.uniform(30, 90)) * inside
    cover = np.clip(rng.uniform(0.02, 0.15) + rim, 0, 1) * inside
    return np.clip(cover + spot, 0, 1).astype(np.float32), spot.astype(np.float32)

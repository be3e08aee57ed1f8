"""Backgrounds: backdrops, walls, foliage, rooms and streets, landscapes; mostly out of focus."""

from collections.abc import Callable

import cv2
import numpy as np

from mattekit.core.types import Image, Plane, Size
from mattekit.synthetic.canvas import SHIFT, Numbers, Points
from mattekit.synthetic.fields import (
    disc_blur,
    enlarged,
    field,
    log_uniform,
    positions,
    reduced_size,
    smooth_field,
    soft_step,
    texture,
)
from mattekit.synthetic.palettes import Colour, clipped, mixed, palette, rgb, tinted
from mattekit.synthetic.strands import grow, headings

DEFOCUSED = 0.3
"""How often a background is out of focus; painted small, since detail is lost anyway."""

Painter = Callable[[np.random.Generator, Size, list[Colour]], Image]


def background_picture(
    rng: np.random.Generator, size: Size, *, colours: list[Colour] | None = None
) -> Image:
    """A picture to stand behind a subject; `colours` sets what it is made of."""
    colours = palette(rng, 6) if colours is None else colours
    blurred = bool(rng.random() < DEFOCUSED)
    paint = PAINTERS[rng.integers(len(PAINTERS))]
    if blurred:
        small = reduced_size(size, 2)
        radius = min(small) * log_uniform(rng, 0.002, 0.015)
        image = enlarged(disc_blur(paint(rng, small, colours), max(radius, 0.5)), size)
    else:
        image = paint(rng, size, colours)
    light = 1 + 0.1 * smooth_field(rng, size, scale=0.7)
    rough = rng.uniform(0.0, 0.03) if blurred else rng.uniform(0.01, 0.12)
    light += texture(rng, size, rough)
    shaded: Plane = image * cv2.merge([light] * 3)
    return clipped(shaded)


def _backdrop(rng: np.random.Generator, size: Size, colours: list[Colour]) -> Image:
    """A studio backdrop: a gradient, a soft spot of light, mottled a little."""
    x, y = positions(size)
    angle = rng.uniform(0, 2 * np.pi)
    x, y = x / size[1] - 0.5, y / size[0] - 0.5
    slope = (x * np.cos(angle) + y * np.sin(angle)) * rng.uniform(0.3, 1.5)
    spot = np.exp(-((x - rng.uniform(-0.4, 0.4)) ** 2 + y**2) * rng.uniform(1, 8))
    mottle = rng.uniform(0.03, 0.2) * field(rng, size, coarse=0.4, fine=2.0, gain=0.8)
    shade = slope + rng.uniform(0, 1) * (spot - 0.5) + mottle
    return tinted(rng, shade.astype(np.float32), colours[0], contrast=rng.uniform(0.3, 0.7))


def _curtain(rng: np.random.Generator, size: Size, colours: list[Colour]) -> Image:
    """Cloth in folds, sometimes striped."""
    x, y = positions(size)
    folds = min(size) * rng.uniform(0.04, 0.15)
    sway = 2 * folds * smooth_field(rng, size, scale=0.5)
    lean = rng.uniform(-0.3, 0.3)
    shade = 0.6 * np.sin((x + lean * y + sway) / folds)
    shade += 0.2 * field(rng, size, coarse=0.1, gain=1.1)
    image = tinted(rng, shade.astype(np.float32), colours[0], contrast=rng.uniform(0.3, 0.8))
    if rng.random() < 0.3:
        stripes = soft_step(np.sin((x + 1.2 * sway) * rng.uniform(1, 4) / folds), 0.2, 0.4)
        image = mixed(image, tinted(rng, shade, colours[1]), stripes.astype(np.float32))
    return image


def _wall(rng: np.random.Generator, size: Size, colours: list[Colour]) -> Image:
    """Bricks, planks or tiles, each a little different, with weathering."""
    down = max(min(size) * rng.uniform(0.05, 0.25), 4.0)
    wide = down * rng.choice([1.0, 2.2, 6.0])
    offset = wide * rng.choice([0.0, 0.5])
    joint = rng.uniform(0.02, 0.1) * down
    spread = rng.uniform(5, 35)
    plane = np.full(size, 128 - int(rng.uniform(20, 90)), np.uint8)
    for row in range(int(size[0] / down) + 2):
        for column in range(-1, int(size[1] / wide) + 2):
            left, top = column * wide + (row % 2) * offset, (row - 0.5) * down
            corners = np.array([[left, top], [left + wide - joint, top + down - joint]])
            first, second = np.round(corners * (1 << SHIFT)).astype(int).tolist()
            shade = int(np.clip(rng.normal(128, spread), 40, 220))
            cv2.rectangle(plane, first, second, shade, cv2.FILLED, cv2.LINE_AA, SHIFT)
    bricks = (plane.astype(np.float32) - 128) / 90 + texture(rng, size, 0.2, coarse=0.3)
    bricks = _leaning(bricks, rng.normal(0, 12), 1.25)
    return tinted(rng, bricks, colours[0], contrast=rng.uniform(0.4, 0.7))


def _foliage(rng: np.random.Generator, size: Size, colours: list[Colour]) -> Image:
    """Leaves of one sort before darker ones, with light falling through."""
    if rng.random() < 0.7:
        colours = [rgb(rng.normal(0.24, 0.04), rng.uniform(0.3, 0.7), 0.5) for _ in range(4)]
    image = tinted(rng, 0.5 * field(rng, size, coarse=0.4), colours[0] * 0.5, contrast=0.7)
    slender = rng.uniform(0.25, 0.9)
    sun = smooth_field(rng, size, scale=0.4)
    length = min(size) * log_uniform(rng, 0.02, 0.12)
    for layer in range(3):
        count = int(rng.integers(100, 500))
        places = rng.uniform(0, 1, (count, 2)) * size[::-1]
        radii = length * rng.uniform(0.25, 1.3, count)
        leaves = _scattered(rng, places, radii, flat=slender)
        columns, rows = places.astype(int).T
        bright = 0.5 + 0.2 * layer + 0.25 * sun[rows, columns] + rng.normal(0, 0.15, count)
        _fill(image, leaves, rng.choice(colours, count) * bright[:, None])
        if layer < 2:
            cv2.blur(image, (2 * int(0.1 * length) + 1,) * 2, dst=image)
    return image


def _clutter(rng: np.random.Generator, size: Size, colours: list[Colour]) -> Image:
    """Things of all sizes in front of each other: the statistics of crowded pictures."""
    image = tinted(rng, 0.3 * field(rng, size), colours[0])
    count = int(rng.integers(300, 1500))
    radii = min(size) * 0.005 * (1 + rng.pareto(rng.uniform(0.8, 1.2), count)).clip(1, 60)
    places = rng.uniform(0, 1, (count, 2)) * size[::-1]
    corners = rng.choice([3.0, 4, 5, 12, 12, 12], count)
    things = _scattered(rng, places, -np.sort(-radii), flat=rng.uniform(0.3, 1.0), corners=corners)
    own = rng.choice(colours, count) * np.exp(rng.normal(0, 0.3, (count, 1)))
    _fill(image, things, own)
    shade = 1 + texture(rng, size, 0.1) + 0.1 * smooth_field(rng, size, scale=0.3)
    return image * cv2.merge([shade] * 3)


def _scattered(
    rng: np.random.Generator,
    places: Points,
    radii: Numbers,
    *,
    flat: float,
    corners: Numbers | float = 12.0,
) -> Points:
    """Outlines (n 12 2) of flat round things, or of things with fewer corners, turned anyhow."""
    count = len(places)
    around = np.arange(12) / 12
    around = np.floor(around * np.reshape(corners, (-1, 1))) / np.reshape(corners, (-1, 1))
    plain = headings(2 * np.pi * around) * (1.0, flat)
    cosine, sine = headings(rng.uniform(0, 2 * np.pi, (count, 1))).transpose(2, 0, 1)
    x = plain[..., 0] * cosine - plain[..., 1] * sine
    y = plain[..., 0] * sine + plain[..., 1] * cosine
    return np.stack([x, y], axis=-1) * radii[:, None, None] + places[:, None]


def _room(rng: np.random.Generator, size: Size, colours: list[Colour]) -> Image:
    """Upright and level things, as rooms and streets have them: walls, doors, shelves, windows."""
    height, width = size
    light = smooth_field(rng, size, scale=0.8)
    image = tinted(rng, 0.4 * light, colours[0], contrast=0.5)
    floor = rng.uniform(0.55, 0.95) * height
    below = _boxes(*np.array([[0.0], [floor], [width], [height]]))
    _fill(image, below, colours[1][None] * rng.uniform(0.5, 1))
    count = int(rng.integers(50, 600))
    shares = np.exp(rng.normal(np.log(0.02), 1.1, (2, count))).clip(0.004, 0.5)
    wide, tall = shares * [[width], [height]]
    left = rng.uniform(-0.1, 1, count) * width
    standing = rng.random(count) < 0.5
    top = np.where(standing, floor - tall, rng.uniform(-0.1, 0.9, count) * height)
    own = rng.choice(colours, count) * np.exp(rng.normal(0, 0.4, (count, 1)))
    own[rng.random(count) < 0.08] = 0.95  # windows and lamps
    _fill(image, _boxes(left, top, left + wide, top + tall), own)
    shade = 1 + texture(rng, size, 0.1) + 0.12 * smooth_field(rng, size, scale=0.4)
    return _leaning(image * cv2.merge([shade.astype(np.float32)] * 3), rng.normal(0, 4), 1.15)


def _leaning(plane: Plane, degrees: float, larger: float) -> Plane:
    """The plane turned and enlarged about its middle."""
    height, width = plane.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, larger)
    return cv2.warpAffine(plane, turn, (width, height), borderMode=cv2.BORDER_REFLECT)


def _bokeh(rng: np.random.Generator, size: Size, colours: list[Colour]) -> Image:
    """Lights far out of focus before something dark."""
    image = tinted(rng, 0.6 * smooth_field(rng, size, scale=0.5), colours[0] * 0.6, contrast=0.6)
    radius = max(min(size) * rng.uniform(0.01, 0.07), 1.0)
    for _ in range(rng.integers(10, 120)):
        x, y = rng.uniform(0, 1, 2) * size[::-1]
        own = radius * rng.uniform(0.7, 1.2)
        rows = slice(max(int(y - own) - 2, 0), int(y + own) + 3)
        columns = slice(max(int(x - own) - 2, 0), int(x + own) + 3)
        patch = image[rows, columns]
        down = np.arange(patch.shape[0])[:, None] + rows.start - y
        right = np.arange(patch.shape[1]) + columns.start - x
        share = np.clip(own - np.hypot(down, right) + 0.5, 0, 1) * rng.uniform(0.05, 0.5)
        colour = (rng.choice(colours) * rng.uniform(1, 2)).clip(0, 1)
        patch += (share[..., None] * (colour - patch)).astype(np.float32)
    return image


def _landscape(rng: np.random.Generator, size: Size, colours: list[Colour]) -> Image:
    """Sky, ridges that pale with distance, and ground."""
    _, y = positions(size)
    height = size[0]
    sky = rgb(rng.normal(0.58, 0.03), rng.uniform(0.05, 0.5), rng.uniform(0.6, 0.95))
    clouds = soft_step(field(rng, size, coarse=0.5, fine=1.0, gain=0.75), 0.3, 2.5)
    shade = (0.6 * y / height - 0.3 + 0.8 * clouds).astype(np.float32)
    image = tinted(rng, shade, sky, contrast=0.3)
    level, ridges = rng.uniform(0.2, 0.8), int(rng.integers(1, 5))
    for number in range(ridges):
        line = _ridge(rng, size) * height * 0.06 + height * (level + 0.1 * number)
        haze = 0.6 * (1 - (number + 1) / ridges)
        colour = colours[number % len(colours)] * (1 - haze) + sky * haze
        grass = field(rng, size, coarse=0.1, gain=1.1)
        land = tinted(rng, 0.5 * grass, colour, contrast=0.6 * (1 - haze))
        image = mixed(image, land, np.clip(y - line[None], 0, 1))
    return image


def _ridge(rng: np.random.Generator, size: Size) -> Plane:
    """A level that goes up and down along the picture."""
    path = grow(rng, np.zeros((1, 2)), np.zeros(1), np.ones(1), points=17, curve=0.8)[0, :, 1]
    coarse = np.interp(np.linspace(0, 16, size[1]), np.arange(17), 4 * path)
    return (coarse + 0.15 * field(rng, (3, size[1]), coarse=4.0, gain=1.0)[0]).astype(np.float32)


def _boxes(left: Numbers, top: Numbers, right: Numbers, bottom: Numbers) -> Points:
    """The corners (n 4 2) of upright rectangles."""
    corners = [left, top, right, top, right, bottom, left, bottom]
    return np.stack(corners, axis=-1).reshape(-1, 4, 2)


def _fill(image: Image, outlines: Points, colours: Points) -> None:
    """Fill outlines (n p 2) of the picture with colours (n 3), one over the other."""
    fixed = np.round(outlines * (1 << SHIFT)).astype(np.int32)
    for points, colour in zip(fixed, np.clip(colours, 0, 1).tolist(), strict=True):
        cv2.fillConvexPoly(image, points, colour, cv2.LINE_8, SHIFT)


PAINTERS: tuple[Painter, ...] = (
    _backdrop,
    _curtain,
    _wall,
    _foliage,
    _clutter,
    _room,
    _bokeh,
    _landscape,
)

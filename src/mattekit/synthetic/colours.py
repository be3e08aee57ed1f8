"""Foreground colours: what the subject is made of, lit from one side, defined everywhere.

The colours continue beyond the outline, so that the foreground is known where alpha is 0, too.
To add a material, write a function of (rng, relief, shade) and add a line to `MATERIALS`.
"""

from collections.abc import Callable

import cv2
import numpy as np

from mattekit.core.types import Image, Plane, Size
from mattekit.synthetic.fields import (
    enlarged,
    field,
    positions,
    reduced_size,
    smooth_field,
    soft_step,
    texture,
    warped,
)
from mattekit.synthetic.palettes import Colour, clipped, dull_colour, mixed, palette, rgb, tinted
from mattekit.synthetic.strands import headings
from mattekit.synthetic.subject import Subject

Painter = Callable[[np.random.Generator, Plane, Plane], Image]

NATURAL_HAIR = (  # hue, saturation, value: black, browns, blonds, red, grey, white
    (0.07, 0.35, 0.1), (0.06, 0.5, 0.2), (0.06, 0.5, 0.32), (0.08, 0.45, 0.48),
    (0.10, 0.42, 0.66), (0.11, 0.3, 0.8), (0.04, 0.65, 0.45), (0.1, 0.08, 0.5), (0.12, 0.06, 0.8),
)  # fmt: skip


def foreground_colours(rng: np.random.Generator, subject: Subject) -> Image:
    """Colours of the subject and its parts at every pixel, within [0, 1]."""
    relief = _relief(rng, subject.alpha)
    nothing = np.zeros_like(relief)
    shade = nothing if subject.shade is None else subject.shade
    image = MATERIALS[subject.material](rng, relief, shade)
    for part in subject.parts:
        shade = nothing if part.shade is None else part.shade
        image = mixed(image, MATERIALS[part.material](rng, relief, shade), part.mask)
    return clipped(image)


def _relief(rng: np.random.Generator, alpha: Plane) -> Plane:
    """Light and shadow, about -1 to 1, over a body that bulges where alpha is high."""
    size = alpha.shape
    small = reduced_size(size, 4)
    body = cv2.resize(alpha, small[::-1], interpolation=cv2.INTER_AREA)
    reach = max(min(small) / rng.uniform(4, 12), 1.0)
    height = cv2.GaussianBlur(body, (0, 0), reach) + 0.3 * cv2.GaussianBlur(body, (0, 0), reach / 4)
    height += 0.1 * smooth_field(rng, small, scale=0.4)
    height += 0.02 * smooth_field(rng, small, scale=0.1)
    angle = rng.uniform(-np.pi, 0)
    right = cv2.Sobel(height, cv2.CV_32F, 1, 0) * np.float32(reach / 2)
    down = cv2.Sobel(height, cv2.CV_32F, 0, 1) * np.float32(reach / 2)
    facing = -(np.cos(angle) * right + np.sin(angle) * down)
    relief = np.tanh(facing * rng.uniform(0.5, 2.0))
    return enlarged(relief.astype(np.float32), size)


def _hair(rng: np.random.Generator, relief: Plane, shade: Plane) -> Image:
    if rng.random() < 0.88:
        hue, saturation, value = NATURAL_HAIR[rng.integers(len(NATURAL_HAIR))]
    else:
        hue, saturation, value = rng.random(), rng.uniform(0.2, 0.7), rng.uniform(0.2, 0.7)
    colour = rgb(
        hue + rng.normal(0, 0.01),
        saturation * rng.uniform(0.7, 1.2),
        value * rng.uniform(0.8, 1.2),
    )
    shade = 0.25 * relief + 0.8 * shade + texture(rng, shade.shape, 0.12)
    return tinted(rng, shade, colour, contrast=rng.uniform(0.4, 0.8))


def _coat(rng: np.random.Generator, relief: Plane, shade: Plane) -> Image:
    """Fur of one to three colours in patches."""
    size = shade.shape
    shade = 0.25 * relief + 0.8 * shade + texture(rng, size, 0.14)
    image = tinted(rng, shade, _coat_colour(rng), contrast=0.55)
    for _ in range(rng.integers(0, 3)):
        edge = field(rng, size, coarse=0.5, fine=3.0, gain=0.6) + 0.5 * shade
        patch = soft_step(edge, 0.2, rng.uniform(0.4, 1.5))
        image = mixed(image, tinted(rng, shade, _coat_colour(rng), contrast=0.55), patch)
    return image


def _coat_colour(rng: np.random.Generator) -> Colour:
    if rng.random() < 0.1:
        return dull_colour(rng)
    return rgb(rng.normal(0.08, 0.015), rng.beta(1.5, 3.0), rng.uniform(0.08, 0.85))


def _plant(rng: np.random.Generator, relief: Plane, shade: Plane) -> Image:
    size = shade.shape
    hue = rng.choice([0.25, 0.3, 0.22, 0.12, 0.05]) + rng.normal(0, 0.02)
    near = rgb(hue, rng.uniform(0.3, 0.75), rng.uniform(0.2, 0.65))
    far = rgb(hue + rng.normal(0, 0.05), rng.uniform(0.25, 0.7), rng.uniform(0.2, 0.7))
    shade = 0.3 * relief + 0.5 * shade + texture(rng, size, 0.14)
    share = soft_step(smooth_field(rng, size, scale=0.4), -1, 1)
    first, second = (tinted(rng, shade, colour, contrast=0.6) for colour in (near, far))
    return mixed(first, second, share)


def _skin(rng: np.random.Generator, relief: Plane, shade: Plane) -> Image:
    value = rng.uniform(0.3, 0.92)
    saturation = np.clip(0.72 - 0.45 * value + rng.normal(0, 0.05), 0.15, 0.65)
    colour = rgb(rng.normal(0.055, 0.01), saturation, value)
    shade = 0.25 * relief + shade + texture(rng, shade.shape, 0.08)
    return tinted(rng, shade, colour, contrast=0.45)


def _smoke(rng: np.random.Generator, relief: Plane, shade: Plane) -> Image:
    grey = rgb(rng.random(), rng.uniform(0, 0.15), rng.uniform(0.2, 0.95))
    colour = dull_colour(rng) if rng.random() < 0.15 else grey
    shade = 0.4 * shade + 0.3 * relief + texture(rng, shade.shape, 0.05)
    return tinted(rng, shade, colour, contrast=0.35)


def _flame(rng: np.random.Generator, relief: Plane, shade: Plane) -> Image:
    hue = rng.normal(0.06, 0.015) if rng.random() < 0.9 else rng.uniform(0.55, 0.62)
    outer, inner = rgb(hue - 0.03, 0.95, 0.8), rgb(hue + 0.05, rng.uniform(0.2, 0.6), 1.0)
    rim, core = (np.full((*shade.shape, 3), colour, np.float32) for colour in (outer, inner))
    return mixed(rim, core, soft_step(shade, 0.0, 0.9))


def _glass(rng: np.random.Generator, relief: Plane, shade: Plane) -> Image:
    """Tinted and smooth, white in its highlights."""
    colour = rgb(rng.random(), rng.beta(1, 4), rng.uniform(0.3, 0.95))
    image = tinted(rng, 0.5 * relief + texture(rng, shade.shape, 0.12), colour)
    return mixed(image, np.full_like(image, 0.97), np.clip(shade, 0, 1))


def _cloth(rng: np.random.Generator, relief: Plane, shade: Plane) -> Image:
    """Plain, striped, checked or printed, in soft folds."""
    size = shade.shape
    folds = smooth_field(rng, size, scale=rng.uniform(0.15, 0.5))
    light = 0.4 * relief + 0.4 * shade + rng.uniform(0.1, 0.4) * folds
    light = light + texture(rng, size, rng.uniform(0.03, 0.15), coarse=0.1)
    colours = palette(rng, 3)
    image = tinted(rng, light, colours[0], contrast=rng.uniform(0.3, 0.6))
    if rng.random() < 0.5:
        other = tinted(rng, light, colours[1], contrast=0.5)
        image = mixed(image, other, _pattern(rng, size))
    return image


def _thread(rng: np.random.Generator, relief: Plane, shade: Plane) -> Image:
    """Yarn of one colour, or with a gradient between two."""
    size = shade.shape
    light = 0.3 * relief + 0.6 * shade + texture(rng, size, rng.uniform(0.04, 0.15))
    colours = palette(rng, 2)
    image = tinted(rng, light, colours[0], contrast=rng.uniform(0.3, 0.7))
    if rng.random() < 0.3:
        share = soft_step(smooth_field(rng, size, scale=0.3), -0.3, 0.3)
        image = mixed(image, tinted(rng, light, colours[1]), share)
    return image


def _object(rng: np.random.Generator, relief: Plane, shade: Plane) -> Image:
    """Plain, patterned or busy: texture under light, with a highlight, sometimes."""
    size = shade.shape
    busy = rng.random() < 0.3
    light = 0.6 * relief + 0.6 * shade
    if rng.random() < 0.35:
        light = light + rng.uniform(0.3, 1.0) * soft_step(relief, 0.3, 0.7)
    light = light + texture(rng, size, rng.uniform(0.25, 0.5) if busy else rng.uniform(0.03, 0.2))
    colours = palette(rng, 3)
    image = tinted(rng, light, colours[0], contrast=rng.uniform(0.35, 0.7))
    for colour in colours[1:]:
        if rng.random() < (0.8 if busy else 0.3):
            image = mixed(image, tinted(rng, light, colour), _pattern(rng, size))
    return image


def _pattern(rng: np.random.Generator, size: Size) -> Plane:
    """Where a second colour is: patches, stripes, checks, dots or veins; 0 to 1."""
    kind = rng.integers(5)
    if kind == 0:
        low = rng.uniform(-0.3, 0.8)
        plane = field(rng, size, coarse=rng.uniform(0.1, 0.6), fine=2.0, gain=0.6)
        return soft_step(plane, low, low + rng.uniform(0.1, 0.8))
    if kind == 1:
        veins = field(rng, size, coarse=rng.uniform(0.1, 0.5), fine=1.0, gain=0.6)
        return soft_step(-np.abs(veins), -rng.uniform(0.1, 0.3), 0.0)
    x, y = positions(size)
    period = max(min(size) * rng.uniform(0.015, 0.12), 2.5) / (2 * np.pi)
    right, down = (float(part) / period for part in headings(rng.uniform(0, np.pi, 1))[0])
    first, second = np.sin(x * right + y * down), np.sin(y * right - x * down)
    plane = (first, np.maximum(first, second), first * second)[kind - 2]
    sway = min(size) * rng.uniform(0, 0.03)
    bent = warped(
        plane, sway * smooth_field(rng, size, scale=0.3), sway * smooth_field(rng, size, scale=0.3)
    )
    low = rng.uniform(0.0, 0.6)
    return soft_step(bent, low, low + 0.3)


MATERIALS: dict[str, Painter] = {
    "hair": _hair,
    "fur": _coat,
    "plant": _plant,
    "skin": _skin,
    "cloth": _cloth,
    "thread": _thread,
    "smoke": _smoke,
    "flame": _flame,
    "glass": _glass,
    "object": _object,
}

"""Colours as things in photographs have them: few hues, more often dull than vivid."""

import colorsys

import cv2
import numpy as np
import numpy.typing as npt

from mattekit.core.types import Image, Plane

Colour = npt.NDArray[np.float64]  # 3, RGB

BRIGHTEST = np.float32(0.996)  # so that a composite of two colours never rounds above 1


def rgb(hue: float, saturation: float, value: float) -> Colour:
    """A colour from hue (in turns), saturation and value."""
    return np.array(colorsys.hsv_to_rgb(hue % 1.0, np.clip(saturation, 0, 1), np.clip(value, 0, 1)))


def dull_colour(rng: np.random.Generator, hue: float | None = None) -> Colour:
    """A colour of a random thing: mostly dull, sometimes vivid, of any lightness."""
    hue = rng.random() if hue is None else hue
    saturation = rng.beta(1.3, 2.6)
    return rgb(hue + rng.normal(0, 0.02), saturation, rng.beta(1.8, 1.6) * 0.85 + 0.08)


THEMES = {  # hue and its spread, mean saturation, mean value: what pictures are mostly made of
    "indoors": (0.08, 0.03, 0.35, 0.55),
    "stone": (0.1, 0.06, 0.12, 0.55),
    "foliage": (0.24, 0.05, 0.5, 0.38),
    "dry grass": (0.14, 0.03, 0.4, 0.55),
    "sky": (0.58, 0.03, 0.35, 0.75),
    "shade": (0.6, 0.06, 0.2, 0.25),
    "night": (0.65, 0.08, 0.4, 0.18),
    "white": (0.1, 0.2, 0.06, 0.72),
}


def palette(rng: np.random.Generator, count: int) -> list[Colour]:
    """Colours that occur together: those of a theme, and now and then an accent."""
    if rng.random() < 0.15:
        hue, spread, saturation, value = rng.random(), 0.03, rng.uniform(0.2, 0.6), 0.5
    else:
        hue, spread, saturation, value = THEMES[str(rng.choice(list(THEMES)))]
    colours = [
        rgb(
            rng.normal(hue, spread),
            saturation * np.exp(rng.normal(0, 0.35)),
            value * np.exp(rng.normal(0, 0.35)),
        )
        for _ in range(count)
    ]
    if rng.random() < 0.4:
        colours[-1] = dull_colour(rng)
    return colours


def tinted(
    rng: np.random.Generator, shade: Plane, colour: Colour, *, contrast: float = 0.5
) -> Image:
    """The colour in shadow (shade -1), as it is (0) and in light (1), on a parabola through them.

    Shadows are a little more saturated, light is a little whiter.
    """
    dark = colour * (1 - contrast) - 0.15 * contrast * (colour - float(np.mean(colour)))
    whiten = rng.uniform(0.2, 0.7) * contrast
    light = colour * (1 + 0.6 * contrast) * (1 - whiten) + whiten
    dark, light = np.clip(dark, 0, 1), np.clip(light, 0, 1)
    parabola = ((light + dark) / 2 - colour, (light - dark) / 2, colour)
    bend, rise, own = (part.astype(np.float32) for part in parabola)
    shade = shade.astype(np.float32, copy=False)
    return cv2.merge([(bend[i] * shade + rise[i]) * shade + own[i] for i in range(3)])


def mixed(first: Image, second: Image, share: Plane) -> Image:
    """From `first` where share is 0 to `second` where it is 1, to about 1e-5."""
    blended: Image = cv2.blendLinear(first, second, np.float32(1) - share, share)  # type: ignore[assignment]
    return blended


def clipped(image: Image) -> Image:
    """Colours within [0, 1], just below 1."""
    return np.clip(image, np.float32(0), BRIGHTEST).astype(np.float32, copy=False)

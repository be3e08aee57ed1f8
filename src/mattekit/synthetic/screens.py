"""Subjects before a lit green or blue screen, filmed: what keyers are trained and measured on.

Light mixes in linear light: the screen, lit unevenly and darkened by the subject's shadow, is seen
through the soft edge of the subject, on which some of the screen's light falls (spill). A camera
adds noise and stores colours at half the size, as JPEG and video do. The true foreground has no
spill.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from mattekit.core.types import Alpha, Image, Plane, Sample, Size
from mattekit.imaging.compose import over, to_linear, to_srgb
from mattekit.synthetic.colours import foreground_colours
from mattekit.synthetic.fields import log_uniform, positions, smooth_field, texture
from mattekit.synthetic.kinds import random_kind, subject_of_kind
from mattekit.synthetic.palettes import clipped, rgb
from mattekit.synthetic.scene import checked_size, random_trimap

SCREENS = {"green": (0.34, 1), "blue": (0.62, 2)}
"""Hue in turns, and the channel that rules."""
LIKE_THE_SCREEN = 0.02
"""Share of the subject that may have the hue of the screen: people dress for it."""
DRAWS = 8
SHEEN = np.float32(0.15)
"""Share of the spill that the subject throws back whatever its colour."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A subject before a screen, not yet filmed."""

    name: str
    alpha: Alpha
    foreground: Image
    """Without spill."""
    screen: Image
    """Empty, as it is lit."""
    shadow: Plane
    """Share of the light that the subject takes from the screen."""
    spill: Plane
    """How strongly the screen lights the subject, as a share of the other light."""
    noise: float
    """Of the camera, as a share of white."""

    @property
    def background(self) -> Image:
        """What is behind the subject, its shadow included."""
        light: Image = to_linear(self.screen) * (1 - self.shadow[..., None])
        return to_srgb(light)

    def filmed(self, rng: np.random.Generator) -> Image:
        """What a camera makes of it."""
        glow = self.spill[..., None] * to_linear(self.screen).mean(axis=(0, 1))
        own = to_linear(self.foreground)
        seen = own + glow * (own + SHEEN)
        light = over(seen, self.alpha[..., None], to_linear(self.background))
        return stored(to_srgb(light), self.noise, rng)

    def plate(self, rng: np.random.Generator) -> Image:
        """The screen without the subject, filmed."""
        return stored(self.screen, self.noise, rng)


def screen_scene(seed: int, size: int | Size = 512, *, kind: str | None = None) -> Sample:
    """The picture number `seed`: a subject before a screen.

    >>> picture = screen_scene(7, (48, 64), kind="hair")
    >>> picture.image.shape, picture.name
    ((48, 64, 3), 'hair-screen-000007')
    """
    rng = np.random.default_rng((seed, len(SCREENS)))
    stage = draw_stage(rng, checked_size(size), kind=kind)
    return Sample(
        image=stage.filmed(rng),
        alpha=stage.alpha,
        trimap=random_trimap(rng, stage.alpha),
        foreground=stage.foreground,
        background=stage.background,
        name=f"{stage.name}-{seed:06d}",
    )


def draw_stage(rng: np.random.Generator, size: Size, *, kind: str | None = None) -> Stage:
    """A random subject before a random screen, in colours that the screen does not have."""
    kind = kind or random_kind(rng)
    subject = subject_of_kind(kind, rng, size)
    for _ in range(DRAWS):
        foreground = foreground_colours(rng, subject)
        hues = {name: _alike(foreground, subject.alpha, name) for name in SCREENS}
        fitting = [name for name, share in hues.items() if share < LIKE_THE_SCREEN]
        if fitting:
            break
    chosen = str(rng.choice(fitting)) if fitting else min(hues, key=lambda name: hues[name])
    return Stage(
        name=f"{kind}-screen",
        alpha=subject.alpha,
        foreground=foreground,
        screen=_lit(rng, size, chosen),
        shadow=_shadow(rng, subject.alpha),
        spill=_spill(rng, subject.alpha),
        noise=log_uniform(rng, 0.003, 0.02),
    )


def stored(image: Image, noise: float, rng: np.random.Generator) -> Image:
    """With noise, then with colours at half the size and in 8 bits, as cameras store pictures."""
    grain: Plane = cv2.GaussianBlur(rng.standard_normal(image.shape, dtype=np.float32), (0, 0), 0.6)
    noisy = (image + np.float32(2 * noise) * grain).clip(0, 1)
    height, width = image.shape[:2]
    parts = cv2.cvtColor(noisy, cv2.COLOR_RGB2YCrCb)
    small = (-(-width // 2), -(-height // 2))
    half = cv2.resize(parts[..., 1:], small, interpolation=cv2.INTER_AREA)
    parts[..., 1:] = cv2.resize(half, (width, height), interpolation=cv2.INTER_LINEAR)
    coded = cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB).clip(0, 1)
    result: Image = np.rint(coded * 255).astype(np.float32) / 255
    return result


def _alike(image: Image, alpha: Alpha, screen: str) -> float:
    """Share of the subject in which the screen's channel rules."""
    channel = SCREENS[screen][1]
    others = np.delete(image, channel, axis=2).max(axis=2)
    alike = image[..., channel] > others + 0.03
    return float((alike * alpha).sum() / max(float(alpha.sum()), 1.0))


def _lit(rng: np.random.Generator, size: Size, screen: str) -> Image:
    """The empty screen: a spot of light, a slope, folds, a little grain."""
    hue = SCREENS[screen][0] + rng.normal(0, 0.015)
    colour = rgb(hue, rng.uniform(0.6, 0.9), rng.uniform(0.5, 0.85))
    x, y = (plane / max(size) for plane in positions(size))
    centre = rng.uniform(0.2, 0.8, 2) * np.array(size[::-1]) / max(size)
    spot = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) * rng.uniform(0.5, 5))
    slope = (x - 0.5) * rng.normal(0, 0.3) + (y - 0.3) * rng.normal(0, 0.3)
    light = 1 + rng.uniform(0, 0.5) * (spot - 0.5) + slope
    light += rng.uniform(0, 0.12) * smooth_field(rng, size, scale=rng.uniform(0.2, 0.7))
    light += texture(rng, size, rng.uniform(0, 0.01))
    light = light.clip(0.2, 1.6).astype(np.float32)[..., None]
    return clipped(to_srgb(to_linear(colour.astype(np.float32)) * light))


def _shadow(rng: np.random.Generator, alpha: Alpha) -> Plane:
    """Mostly none: the subject stands away from the screen; else soft and to one side."""
    if rng.random() < 0.6:
        return np.zeros_like(alpha)
    reach = min(alpha.shape) * rng.uniform(0.02, 0.1)
    away = rng.normal(0, 1.5 * reach, 2)
    move = np.array([[1, 0, away[0]], [0, 1, abs(away[1])]])
    moved = cv2.warpAffine(alpha, move, alpha.shape[::-1])
    shadow: Plane = cv2.GaussianBlur(moved, (0, 0), reach) * np.float32(rng.uniform(0.1, 0.45))
    return shadow


def _spill(rng: np.random.Generator, alpha: Alpha) -> Plane:
    """Strongest at the edge, where the screen is seen at a flat angle, and a little everywhere."""
    near = min(alpha.shape) * rng.uniform(0.005, 0.03)
    edge = cv2.GaussianBlur(1 - alpha, (0, 0), max(near, 0.5))
    spill: Plane = rng.uniform(0, 0.3) * edge + rng.uniform(0, 0.1)
    return spill.astype(np.float32)

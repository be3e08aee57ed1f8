"""Which colour the screen has, how much of it a pixel shows, and the screen without the subject.

All in linear light. The screen's colour rules in one channel, or in two (cyan, magenta); the
`dominance` of a colour is by how much those channels surpass the others. It is positive on the
screen and hardly ever in a subject that was dressed for it, skin and yellow included.
"""

import cv2
import numpy as np

from mattekit.core.errors import BadImage
from mattekit.core.types import Image, Mask, Plane, Size
from mattekit.imaging.compose import named_colour, to_linear, to_srgb
from mattekit.imaging.resize import fit_within, resize

LONGEST = 480  # side of the small copy on which the plate is fitted
FRAME = 0.05  # of the shorter side: the border of the picture
FRAME_COUNTS = 4.0  # as often as the middle, when the screen's hue is looked for
LEAST_SATURATION = 0.3
LEAST_VALUE = 0.1
LEAST_OF_FRAME, LEAST_OF_PICTURE = 0.25, 0.1
"""Share of the border, or else of the picture, that a screen has."""
HUES = 72
WARM = (330.0, 65.0)
"""Hues from which to which skin, wood and fur have; no screen is looked for among them."""
NEAR = 25.0  # degrees of hue around the screen's own
PURE = 0.88
"""Of the screen's purity, above which nothing is mixed in."""
DIMMEST = 0.15  # light on the screen, as a share of the usual
STIFFNESS = (0, 3e-3, 3e-3, 5e-2, 5e-2, 5e-2)
"""Of the terms of the surface, against guesses where the subject hides the screen."""
ROUNDS = 4
FAR = 0.6
"""Logarithm of brightness by which shadows may leave the fitted surface and still be followed."""
LOCAL = 0.03  # of the longer side: detail of the light that is followed


def screen_colour(light: Image, colour: str | None = None) -> Plane:
    """Three values in linear light: the colour that rules the border, or else the picture.

    Args:
        colour: a name or #rrggbb near the screen's.

    Raises:
        BadImage: no colour does.
    """
    small = to_srgb(resize(light, fit_within(light.shape[:2], 256)).clip(0, 1))
    hue, saturation, value = cv2.split(cv2.cvtColor(small, cv2.COLOR_RGB2HSV))
    vivid = (saturation > LEAST_SATURATION) & (value > LEAST_VALUE)
    frame = border(hue.shape, FRAME)
    if colour is not None:
        mode = _hue_of(colour)
    else:
        weight = np.where(frame, FRAME_COUNTS, 1) * saturation * vivid
        counts, _ = np.histogram(hue, HUES, (0, 360), weights=weight)
        smooth = counts + 0.5 * (np.roll(counts, 1) + np.roll(counts, -1))
        mode = (int(smooth.argmax()) + 0.5) * 360 / HUES
        if smooth.any() and not WARM[1] < mode < WARM[0]:
            raise BadImage(
                "no screen was found: the vivid colour that rules the picture is as warm as skin, "
                "wood and fur; if it is a screen, name its colour with --screen-colour, else use "
                "cutout"
            )
    near = vivid & (np.abs((hue - mode + 180) % 360 - 180) < NEAR)
    if near[frame].mean() < LEAST_OF_FRAME and near.mean() < LEAST_OF_PICTURE:
        asked = f"near {colour} " if colour else ""
        raise BadImage(
            f"no screen was found: no vivid colour {asked}fills {LEAST_OF_FRAME:.0%} of the border "
            f"or {LEAST_OF_PICTURE:.0%} of the picture; name its colour with --screen-colour, give "
            "a picture of the empty background with --plate, or use cutout"
        )
    colours = to_linear(small)[near]
    rough = np.median(colours, axis=0)
    pure = purity(colours, rough)
    best = colours[pure > PURE * np.quantile(pure, 0.9)]
    found: Plane = np.median(best, axis=0).astype(np.float32)
    return found


def border(size: Size, share: float) -> Mask:
    """The border of a picture of that size, as wide as this share of its shorter side."""
    width = max(1, round(share * min(size)))
    frame = np.ones(size, np.bool_)
    frame[width:-width, width:-width] = False
    return frame


def _hue_of(colour: str) -> float:
    hue, saturation, _ = cv2.cvtColor(named_colour(colour)[None, None], cv2.COLOR_RGB2HSV)[0, 0]
    if saturation < LEAST_SATURATION:
        raise BadImage(
            f"the screen colour {colour} is nearly grey and cannot be told from a subject by its "
            "hue; give a picture of the empty background with --plate"
        )
    return float(hue)


def dominance(light: Plane, screen: Plane) -> Plane:
    """By how much the channels of the screen's colour surpass the others.

    >>> green, yellow = np.float32([0.1, 0.6, 0.2]), np.float32([0.7, 0.6, 0.1])
    >>> bool(dominance(green, green) > 0), bool(dominance(yellow, green) > 0)
    (True, False)
    """
    strong = screen > (screen.max() + screen.min()) / 2
    return np.asarray(light[..., strong].min(axis=-1) - light[..., ~strong].max(axis=-1))


def purity(light: Plane, screen: Plane) -> Plane:
    """The dominance as a share of all light, which is the same however the screen is lit."""
    return np.asarray(dominance(light, screen) / np.maximum(light.sum(axis=-1), 1e-4))


def fitted_plate(light: Image, screen: Plane) -> Image:
    """The screen as if the subject were not there, from what is seen of it.

    The logarithm of its light is a surface of second order, its hue everywhere the same, and what
    the pixels of the screen say beyond that is averaged around each.
    """
    size = light.shape[:2]
    small = resize(light, fit_within(size, LONGEST))
    pure = purity(small, screen) / purity(screen, screen)
    bright = small.sum(axis=2) / screen.sum()
    usable = (pure > PURE) & (pure < 1 / PURE) & (bright > DIMMEST) & (bright < 1 / DIMMEST)
    logs = np.log(np.maximum(small, 1e-4))
    level = logs.mean(axis=2)
    surface, usable = _surface(level, usable)
    for _ in range(ROUNDS):
        hue = np.median((logs - level[..., None])[usable], axis=0)
        off = np.abs(logs - level[..., None] - hue).max(axis=2)
        usable &= off < 3 * float(np.median(off[usable])) + 0.02
    expected = surface[..., None] + hue
    weight = cv2.erode(usable.astype(np.float32), np.ones((3, 3), np.uint8))
    radius = LOCAL * max(small.shape[:2])
    rest = cv2.GaussianBlur((logs - expected) * weight[..., None], (0, 0), radius)
    amount = cv2.GaussianBlur(weight, (0, 0), radius)[..., None]
    plate = np.exp(expected + rest / (amount + 0.02)).astype(np.float32)
    whole: Image = cv2.resize(plate, size[::-1], interpolation=cv2.INTER_LINEAR)
    return whole


def _surface(level: Plane, usable: Mask) -> tuple[Plane, Mask]:
    """A second-order surface through the usable pixels, and which of them are not far from it."""
    y, x = np.mgrid[-1 : 1 : level.shape[0] * 1j, -1 : 1 : level.shape[1] * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    used = usable
    for _ in range(ROUNDS):
        some = np.flatnonzero(used)[:: max(1, int(used.sum()) // 20_000)]
        A = terms.reshape(-1, 6)[some]
        ridge = len(A) * np.diag(STIFFNESS)
        coefficients = np.linalg.solve(A.T @ A + ridge, A.T @ level.ravel()[some])
        surface = terms @ coefficients
        far = np.abs(level - surface)
        near = usable & (far < 3 * float(np.median(far[used])) + 0.05)
        if not near.any():
            break
        used = near
    return surface, usable & (far < FAR)

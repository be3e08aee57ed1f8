"""Compositing, I = aF + (1-a)B, with sRGB-coded or linear colours.

`over` is the only implementation of the compositing equation. It is plain arithmetic, so it works
on arrays and tensors; the caller gives alpha a shape that broadcasts
(`alpha[..., None]` for arrays h w 3).
"""

import re
from typing import Any

import numpy as np
from PIL import ImageColor

from mattekit.core.errors import BadArgument
from mattekit.core.types import Alpha, Image, Plane, Size

SQUARE = 16  # pixels of a field of the checkerboard
Planes = Any  # an array or a tensor: torch is not imported here


def over(foreground: Planes, alpha: Planes, background: Planes) -> Planes:
    """Foreground over background, aF + (1-a)B, in the coding that the colours have.

    Args:
        foreground: straight colours, an array, a tensor or a number.
        alpha: of a shape that broadcasts, such as h w 1 for colours h w 3.
        background: colours, or one colour.

    Returns:
        The composite, of the broadcast shape.

    >>> over(0.8, 0.25, 0.4)
    0.5
    """
    return foreground * alpha + background * (1 - alpha)


def over_linear(foreground: Image, alpha: Alpha, background: Image) -> Image:
    """Foreground over background, mixed in linear light as lenses and renderers do.

    Alpha broadcasts as in `over`; colours go in and come out sRGB-coded.
    """
    return to_srgb(over(to_linear(foreground), alpha, to_linear(background)))


def to_linear(image: Image) -> Image:
    """Decode sRGB values to linear light. Values outside [0, 1] follow the same curve."""
    lifted = (np.maximum(image, 0.04045) + np.float32(0.055)) / np.float32(1.055)
    return np.where(image <= 0.04045, image / np.float32(12.92), lifted ** np.float32(2.4))


def to_srgb(linear: Image) -> Image:
    """Encode linear light as sRGB values. Values outside [0, 1] follow the same curve."""
    bright = np.maximum(linear, 0.0031308) ** np.float32(1 / 2.4)
    coded = bright + np.float32(0.055) * (bright - 1)  # 1.055 x - 0.055, with 1 staying exactly 1
    return np.where(linear <= 0.0031308, linear * np.float32(12.92), coded)


def premultiply(image: Image, alpha: Alpha) -> Image:
    """Colours multiplied by alpha, aF: the form that some compositing programs store."""
    return image * alpha[..., None]


def unpremultiply(premultiplied: Image, alpha: Alpha) -> Image:
    """Colours with alpha divided out; black where alpha is 0, since nothing is known there."""
    known = alpha[..., None] > 0
    return np.divide(premultiplied, alpha[..., None], out=np.zeros_like(premultiplied), where=known)


def union(alpha1: Planes, alpha2: Planes) -> Planes:
    """Alpha of two independent layers together, a1 + a2 - a1 a2.

    >>> union(0.5, 0.5)
    0.75
    """
    return alpha1 + alpha2 - alpha1 * alpha2


def checkerboard(size: Size) -> Image:
    """Grey checkerboard on which transparency is shown."""
    rows, columns = np.indices(size, sparse=True)
    light = (rows // SQUARE + columns // SQUARE) % 2 == 0
    grey: Plane = np.where(light, np.float32(0.8), np.float32(0.6))
    return np.repeat(grey[..., None], 3, axis=2)


def named_colour(text: str) -> Plane:
    """The three values in [0, 1] of a CSS colour name, of #rrggbb or of rrggbb.

    A shell takes # for the start of a comment, so that it is often left out.

    >>> named_colour("magenta")
    array([1., 0., 1.], dtype=float32)
    """
    try:
        bare = re.fullmatch("[0-9a-fA-F]{6}", text)
        red, green, blue = ImageColor.getrgb(f"#{text}" if bare else text)[:3]
    except ValueError as error:
        raise BadArgument(
            f"'{text}' is not a valid colour; write a name such as white or a value such as ff8800"
        ) from error
    return np.array([red, green, blue], dtype=np.float32) / 255

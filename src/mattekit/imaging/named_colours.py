"""Colours as people write them."""

import numpy as np
from PIL import ImageColor

from mattekit.core.errors import BadArgument
from mattekit.core.types import Plane


def named_colour(text: str) -> Plane:
    """Three values in [0, 1] of a CSS name or of #rrggbb.

    >>> named_colour("magenta")
    array([1., 0., 1.], dtype=float32)
    """
    try:
        red, green, blue = ImageColor.getrgb(text)[:3]
    except ValueError as error:
        raise BadArgument(
            f"'{text}' is no colour; write a name such as white or a value such as #ff8800"
        ) from error
    return np.array([red, green, blue], dtype=np.float32) / 255

"""Compositing exactly as the published programs did it, bit by bit.

The composites of the Adobe set may not be redistributed, so everybody makes them; numbers on
Composition-1k are comparable only if the pictures are equal. A program is described by five
choices, a `Rule`. Pairs of foreground and background: `composite_plan`.
"""

import math
from pathlib import Path
from typing import Literal

import numpy as np

from mattekit.core.config import config
from mattekit.core.errors import BadImage
from mattekit.core.types import Plane, Size
from mattekit.imaging.compose import over
from mattekit.imaging.files import open_alpha, open_picture
from mattekit.imaging.picture import to_depth
from mattekit.imaging.resize import Kernel, resample


@config
class Rule:
    """How a program composites: five choices, by default those of the data set's own program."""

    kernel: Kernel = "pillow-bicubic"
    """Resampling of a background that is smaller than the foreground in a direction."""
    enlarged: Literal["ceil(x r)", "int(x r + 1)"] = "ceil(x r)"
    """Its new height and width, where r is the larger of the two ratios."""
    placement: Literal["top-left"] = "top-left"
    """Which part of the background is used; it is never shrunk."""
    arithmetic: Literal["float64", "float32"] = "float64"
    """Type in which aF + (1-a)B is computed, where a is alpha / 255."""
    to_8_bits: Literal["truncated", "rounded"] = "truncated"
    """Conversion of the result to integers."""


RuleName = Literal["adobe", "dim-2019", "alphagan-2020"]
RULES: dict[str, Rule] = {
    "adobe": Rule(),
    "dim-2019": Rule(kernel="opencv-bilinear", enlarged="int(x r + 1)", to_8_bits="rounded"),
    "alphagan-2020": Rule(kernel="opencv-bicubic", arithmetic="float32"),
}
"""The programs: the data set's own, the one of Deep Image Matting (2019), AlphaGAN's (2020)."""


def composite(foreground: Plane, alpha: Plane, background: Plane, rule: Rule) -> Plane:
    """The picture of a foreground (h w 3), its alpha (h w) and any background, all uint8."""
    height, width = alpha.shape
    picture = behind(background, (height, width), rule)
    opaque = alpha == 255
    picture[opaque] = foreground[opaque]
    soft = (alpha > 0) & ~opaque
    precise = np.dtype(rule.arithmetic)
    share = alpha[soft, None].astype(precise) / precise.type(255)
    mixed = over(foreground[soft].astype(precise), share, picture[soft].astype(precise))
    picture[soft] = np.rint(mixed) if rule.to_8_bits == "rounded" else np.trunc(mixed)
    return picture


def behind(background: Plane, size: Size, rule: Rule) -> Plane:
    """The part of a background that lies behind a foreground of that size."""
    height, width = background.shape[:2]
    ratio = max(size[0] / height, size[1] / width)
    if ratio > 1:
        scaled = height * ratio, width * ratio
        if rule.enlarged == "ceil(x r)":
            height, width = (math.ceil(length) for length in scaled)
        else:
            height, width = (int(length + 1) for length in scaled)
        background = resample(background, (height, width), rule.kernel)
    return background[: size[0], : size[1]].copy()


def read_colours(path: Path) -> Plane:
    """The 8-bit colours of a file without its profile, which none of the programs used."""
    return to_depth(open_picture(path, ignore_profile=True).colours, 8)


def read_matte(path: Path, size: Size) -> Plane:
    """The 8-bit alpha of a foreground of that size; an empty one is refused."""
    alpha = to_depth(open_alpha(path), 8)
    if alpha.shape != size:
        raise BadImage(
            f"{path} is {alpha.shape[1]}x{alpha.shape[0]} and its foreground {size[1]}x{size[0]}; "
            "they must have the same size"
        )
    if not alpha.any():
        raise BadImage(f"{path} is empty: no pixel is foreground")
    return alpha

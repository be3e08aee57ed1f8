"""A complete picture with exact planes: image == over(foreground, alpha, background).

`scene(seed, size)` serves tests, examples and training. Alphas: `kinds`; colours of the subject:
`colours`; backgrounds: `backgrounds`.
"""

import cv2
import numpy as np

from mattekit.core.errors import BadArgument
from mattekit.core.types import Alpha, Image, Sample, Size, Trimap
from mattekit.imaging.compose import over
from mattekit.imaging.trimap import random_band
from mattekit.synthetic.backgrounds import background_picture
from mattekit.synthetic.colours import foreground_colours
from mattekit.synthetic.kinds import random_kind, subject_of_kind
from mattekit.synthetic.palettes import Colour

SIMILAR = 0.15
"""Share of scenes whose background has the subject's own colours."""


def scene(seed: int, size: int | Size = 512, *, kind: str | None = None) -> Sample:
    """The picture number `seed`: the same planes every time, all of them known exactly.

    Args:
        seed: 0 or more.
        size: height and width, or the side of a square.
        kind: a name of `KINDS`; default: a random one.

    Returns:
        Image, alpha, trimap, foreground and background, aligned.

    Raises:
        BadArgument: there is no such kind, or the size has no pixel.

    >>> picture = scene(7, (48, 64), kind="hair")
    >>> picture.image.shape, picture.name
    ((48, 64, 3), 'hair-000007')
    """
    height, width = checked_size(size)
    rng = np.random.default_rng(seed)
    kind = kind or random_kind(rng)
    subject = subject_of_kind(kind, rng, (height, width))
    foreground = foreground_colours(rng, subject)
    colours = _colours_of(rng, foreground) if rng.random() < SIMILAR else None
    background = background_picture(rng, (height, width), colours=colours)
    trimap = random_trimap(rng, subject.alpha)
    return Sample(
        image=over(foreground, cv2.merge([subject.alpha] * 3), background),
        alpha=subject.alpha,
        trimap=trimap,
        foreground=foreground,
        background=background,
        name=f"{kind}-{seed:06d}",
    )


def random_trimap(rng: np.random.Generator, alpha: Alpha) -> Trimap:
    """A band of random width around the alpha."""
    shorter = min(alpha.shape)
    return random_band(alpha, rng, minimum=max(shorter // 100, 1), maximum=max(shorter // 25, 2))


def checked_size(size: int | Size) -> Size:
    """Height and width of a scene; one number is both."""
    height, width = (size, size) if isinstance(size, int) else size
    if height < 1 or width < 1:
        raise BadArgument(f"a scene of {width}x{height} pixels has no pixel; give at least 1x1")
    return height, width


def _colours_of(rng: np.random.Generator, image: Image) -> list[Colour]:
    """Six colours that occur in the picture."""
    height, width = image.shape[:2]
    rows, columns = rng.integers(height, size=6), rng.integers(width, size=6)
    return list(image[rows, columns].astype(np.float64))

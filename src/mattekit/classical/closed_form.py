"""Closed-form matting (Levin et al. 2008); memory follows the unknown pixels.

`closed_form` solves at full size if the memory suffices, else at a reduced size. Pictures are
floats in [0, 1] or samples of 8 or 16 bits, converted to floats strip by strip.
"""

from typing import Literal

import numpy as np

from mattekit.classical.laplacian import matting_laplacian
from mattekit.classical.linear import (
    BASE_MEMORY,
    DEFAULT_MEMORY,
    TwoLevel,
    matte_of_known,
    solve,
)
from mattekit.classical.reduced import enlarge, shrink, shrink_trimap
from mattekit.core.matte import Matte, known_alpha
from mattekit.core.types import UNKNOWN, Alpha, Plane, Trimap

Quality = Literal["full", "fast"]

BYTES_PER_PIXEL = 24  # the photo, its trimap and numbering, the alpha
BYTES_PER_UNKNOWN = 2_000
"""Rows of L, the coarse functions and their products. Measured peaks: 890 to 1,360 for each pixel
of a band of 80,000 to 480,000, 1,920 for each of 160,000 scattered ones."""
MOST_UNKNOWN = 500_000
"""Above it, the exact solution takes long and gains nothing: at half the size the error on
eleven photographs is SAD 2.70 instead of 2.71."""
FAST_FACTOR = 4


def closed_form(
    image: Plane, trimap: Trimap, *, quality: Quality = "full", max_memory: int = DEFAULT_MEMORY
) -> Matte:
    """Alpha where the trimap is unknown, from the lines that colours form around every pixel.

    Args:
        quality: `full` solves for every pixel if the memory suffices, `fast` at a quarter of the
            size.

    Raises:
        BadTrimap: the trimap has another size, knows no foreground or no background, or the
            equations have no stable solution.

    >>> ramp = np.tile(np.linspace(0, 1, 9, dtype=np.float32)[:, None], (5, 1, 3))
    >>> trimap = np.tile(np.uint8([0, 0, 1, 1, 1, 1, 1, 2, 2]), (5, 1))
    >>> closed_form(ramp, trimap).alpha[2].round(2)[2:7]
    array([0.11, 0.29, 0.5 , 0.71, 0.89], dtype=float32)
    """
    known = matte_of_known(image, trimap)
    if known is not None:
        return known
    if quality == "fast":
        return Matte(alpha=_reduced(image, trimap, FAST_FACTOR))
    unknown = int(np.count_nonzero(trimap == UNKNOWN))
    free = max_memory - BASE_MEMORY - BYTES_PER_PIXEL * trimap.size
    most = min(MOST_UNKNOWN, max(1, free // BYTES_PER_UNKNOWN))
    factor = 1
    while unknown > most * factor**2 and factor < 16:
        factor *= 2
    if factor == 1:
        return Matte(alpha=_exact(image, trimap))
    note = (
        f"{unknown / 1e6:.2f} million unknown pixels, more than the {most / 1e6:.2f} million that "
        f"are solved at full size; solved at 1/{factor} of the size and upsampled by guided filter"
    )
    return Matte(alpha=_reduced(image, trimap, factor), warnings=[note])


def _reduced(image: Plane, trimap: Trimap, factor: int) -> Alpha:
    height, width = trimap.shape
    size = (max(1, round(height / factor)), max(1, round(width / factor)))
    small = shrink(image, size)
    return enlarge(_exact(small, shrink_trimap(trimap, size)), small, image, trimap)


def _exact(image: Plane, trimap: Trimap) -> Alpha:
    """The solution on the unknown pixels: L_UU x = -L_UK m."""
    alpha, unknown = known_alpha(trimap), trimap == UNKNOWN
    if unknown.any():
        matrix, right = matting_laplacian(image, trimap)
        alpha[unknown] = solve(matrix, right, TwoLevel(matrix, image, unknown)).clip(0, 1)
    return alpha

"""A large picture in strips of full width, so that its floats need not all exist at once."""

from collections.abc import Iterator

from mattekit.core.types import Mask


def strips(where: Mask, pixels: int) -> Iterator[slice]:
    """Rows of strips of about so many pixels, top to bottom; those with no True are left out."""
    height, width = where.shape
    step = max(1, pixels // width)
    for top in range(0, height, step):
        if where[top : top + step].any():
            yield slice(top, min(top + step, height))

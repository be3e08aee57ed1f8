"""Clean colours of the subject where the photo mixes them with its background.

Only pixels that are neither opaque nor empty need an estimate, and some around them, so that a
cut-out can be resized without dragging the old background in. The picture is worked on in windows
around those; everywhere else its own colours stand. Levin's equations: `levin`.
"""

from collections.abc import Callable, Iterator
from typing import Literal, get_args

import cv2
import numpy as np

from mattekit.classical.compiling import one_thread, set_up
from mattekit.classical.equations import complaints
from mattekit.classical.levin import levin
from mattekit.core.errors import BadArgument, BadImage
from mattekit.core.types import Alpha, Image, Mask, Plane
from mattekit.imaging.picture import to_depth, to_float

ForegroundMethod = Literal["multilevel", "closed-form", "levin", "none"]

WINDOW = 512
MARGIN = 64  # around a window, so that neighbouring windows agree
AROUND = 8  # estimated colours reach so many pixels beyond the soft ones

Window = tuple[slice, slice]


def estimate_foreground(image: Plane, alpha: Alpha, *, method: str = "multilevel") -> Plane:
    """The subject's own colours, in the depth of `image`; where alpha is 1 they are the photo's.

    Args:
        method: one of `ForegroundMethod`; `none` gives the photo's colours everywhere.

    >>> image, alpha = np.full((9, 9, 3), 0.5, np.float32), np.ones((9, 9), np.float32)
    >>> bool((estimate_foreground(image, alpha) == image).all())
    True
    """
    _check(image, alpha, method)
    foreground = image.copy()
    wanted = _around_soft(alpha) & (alpha < 1)
    for core, (estimate, _) in _estimates(image, alpha, method, wanted):
        here = wanted[core]
        foreground[core][here] = _like(image, estimate[here])
    return foreground


def estimate_layers(
    image: Plane, alpha: Alpha, *, method: str = "multilevel"
) -> tuple[Plane, Plane]:
    """The foreground of `estimate_foreground` and the colours behind it, in the depth of `image`.

    Where alpha is 0 the background is the photo's; so it is inside the subject, far from its edge.
    """
    _check(image, alpha, method)
    foreground, background = image.copy(), image.copy()
    wanted = _around_soft(alpha)
    for core, layers in _estimates(image, alpha, method, wanted):
        near, share = wanted[core], alpha[core]
        for plane, estimate, here in (
            (foreground, layers[0], near & (share < 1)),
            (background, layers[1], near & (share > 0)),
        ):
            plane[core][here] = _like(image, estimate[here])
    return foreground, background


def _estimates(
    image: Plane, alpha: Alpha, method: str, wanted: Mask
) -> Iterator[tuple[Window, tuple[Plane, Plane]]]:
    """Windows that hold a wanted pixel, each with the colours of both layers there."""
    if method == "none" or not wanted.any():
        return
    set_up()
    for core, wide in _windows(wanted):
        inner = _within(core[0], wide[0]), _within(core[1], wide[1])
        front, back = METHODS[method](to_float(image[wide]), alpha[wide])
        yield core, (np.clip(front[inner], 0, 1), np.clip(back[inner], 0, 1))


def _multilevel(image: Image, alpha: Alpha) -> tuple[Plane, Plane]:
    """Germer et al. 2020: the same equations, solved roughly at every size of a pyramid.

    With pymatting's own settings (2 iterations, weight 1) the error on 16 scenes of 384 px is
    0.0239 instead of 0.0157, |F - F_true| weighted by alpha times its complement.
    """
    from pymatting.foreground.estimate_foreground_ml import estimate_foreground_ml

    with one_thread():
        layers: tuple[Plane, Plane] = estimate_foreground_ml(
            image, alpha, n_big_iterations=10, gradient_weight=0.1, return_background=True
        )
    return layers


def _closed_form(image: Image, alpha: Alpha) -> tuple[Plane, Plane]:
    """pymatting's equations for both layers at once, solved to the end."""
    from pymatting.foreground.estimate_foreground_cf import estimate_foreground_cf

    with complaints():
        layers: tuple[Plane, Plane] = estimate_foreground_cf(
            image.astype(np.float64), alpha.astype(np.float64), return_background=True
        )
    return layers


METHODS: dict[str, Callable[[Image, Alpha], tuple[Plane, Plane]]] = {
    "multilevel": _multilevel,
    "closed-form": _closed_form,
    "levin": levin,
}


def _check(image: Plane, alpha: Alpha, method: str) -> None:
    if method not in get_args(ForegroundMethod):
        raise BadArgument(
            f"no method '{method}' for colours; choose {', '.join(get_args(ForegroundMethod))}"
        )
    if image.shape[:2] != alpha.shape:
        raise BadImage(
            f"the photo is {image.shape[1]}x{image.shape[0]} and the alpha "
            f"{alpha.shape[1]}x{alpha.shape[0]}; they must have the same size"
        )


def _around_soft(alpha: Alpha) -> Mask:
    """Pixels whose colours may be estimated: soft ones and those near them."""
    soft = ((alpha > 0) & (alpha < 1)).view(np.uint8)
    near = cv2.dilate(soft, np.ones((2 * AROUND + 1, 2 * AROUND + 1), np.uint8))
    return near > 0


def _windows(wanted: Mask) -> Iterator[tuple[Window, Window]]:
    """Squares of a grid that hold a wanted pixel, each with the same square and its margin."""
    height, width = wanted.shape
    for top in range(0, height, WINDOW):
        for left in range(0, width, WINDOW):
            core = _square(top, left, 0, wanted.shape)
            if wanted[core].any():
                yield core, _square(top, left, MARGIN, wanted.shape)


def _square(top: int, left: int, margin: int, size: tuple[int, ...]) -> Window:
    rows = slice(max(top - margin, 0), min(top + WINDOW + margin, size[0]))
    columns = slice(max(left - margin, 0), min(left + WINDOW + margin, size[1]))
    return rows, columns


def _within(core: slice, wide: slice) -> slice:
    return slice(core.start - wide.start, core.stop - wide.start)


def _like(image: Plane, values: Plane) -> Plane:
    """Values in [0, 1] in the depth of the image."""
    if image.dtype.kind == "f":
        return values.astype(image.dtype)
    return to_depth(values.astype(np.float32), image.dtype.itemsize * 8)

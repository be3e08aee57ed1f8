"""Clean colours of the subject where the photo mixes them with its background.

Only pixels that are neither opaque nor empty need an estimate, and some around them, so that
resizing a cut-out does not bring back the old background. This band is processed in windows;
everywhere else the photo's own colours are kept.
"""

from collections.abc import Callable, Iterator
from typing import Literal, get_args

import cv2
import numpy as np

from mattekit.classical.levin import closed_form, levin
from mattekit.classical.multilevel import multilevel
from mattekit.core.errors import BadArgument, BadImage
from mattekit.core.types import Alpha, Mask, Plane, size_text
from mattekit.imaging.picture import to_depth

ForegroundMethod = Literal["multilevel", "closed-form", "levin", "none"]
METHODS: dict[str, Callable[[Plane, Alpha, Mask], tuple[Plane, Plane]]] = {
    "multilevel": multilevel,
    "closed-form": closed_form,
    "levin": levin,
}

WINDOW = 1024
MARGIN = 64  # around a window, so that neighbouring windows agree
AROUND = 8  # pixels around the soft ones that are estimated too

Window = tuple[slice, slice]


def estimate_foreground(image: Plane, alpha: Alpha, *, method: str = "multilevel") -> Plane:
    """The subject's own colours, in the depth of `image`; where alpha is 1 they are the photo's.

    Args:
        image: the photo, h w 3, of floats in [0, 1], 8 or 16 bits.
        alpha: its alpha, h w, floats in [0, 1].
        method: `multilevel` is fast, `closed-form` and `levin` are exact, `none` gives the photo's
            colours everywhere.

    Returns:
        h w 3 of the type of `image`, not multiplied by alpha.

    Raises:
        BadArgument: there is no such method.
        BadImage: photo and alpha differ in size.

    >>> image, alpha = np.full((9, 9, 3), 0.5, np.float32), np.ones((9, 9), np.float32)
    >>> bool((estimate_foreground(image, alpha) == image).all())
    True
    """
    foreground = image.copy()
    for window, band, colours, _ in _estimates(image, alpha, method):
        _put(foreground[window], colours, band, alpha[window] < 1)
    return foreground


def estimate_layers(
    image: Plane, alpha: Alpha, *, method: str = "multilevel"
) -> tuple[Plane, Plane]:
    """The foreground of `estimate_foreground` and the colours behind it, in the depth of `image`.

    Where alpha is 0 the background is the photo's; also inside the subject, far from its edge.
    """
    foreground, background = image.copy(), image.copy()
    for window, band, of_subject, behind in _estimates(image, alpha, method):
        _put(foreground[window], of_subject, band, alpha[window] < 1)
        _put(background[window], behind, band, alpha[window] > 0)
    return foreground, background


def _estimates(
    image: Plane, alpha: Alpha, method: str
) -> Iterator[tuple[Window, Mask, Plane, Plane]]:
    """Windows, the band in each, and the colours of both layers there, one row per pixel."""
    if method not in get_args(ForegroundMethod):
        raise BadArgument(
            f"no method '{method}' for colours; choose {', '.join(get_args(ForegroundMethod))}"
        )
    if image.shape[:2] != alpha.shape:
        raise BadImage(
            f"the photo is {size_text(image.shape)} and the alpha {size_text(alpha.shape)}; they "
            "must have the same size"
        )
    if method == "none":
        return
    band = _around_soft(alpha)
    height, width = band.shape
    for top in range(0, height, WINDOW):
        for left in range(0, width, WINDOW):
            core = slice(top, top + WINDOW), slice(left, left + WINDOW)
            if not band[core].any():
                continue
            wide = tuple(slice(max(side.start - MARGIN, 0), side.stop + MARGIN) for side in core)
            inside = np.zeros(band[wide].shape, np.bool_)
            inside[top - wide[0].start :, left - wide[1].start :][:WINDOW, :WINDOW] = True
            kept = inside[band[wide]]
            layers = METHODS[method](image[wide], alpha[wide], band[wide])
            yield core, band[core], layers[0][kept], layers[1][kept]


def _around_soft(alpha: Alpha) -> Mask:
    """Pixels whose colours may be estimated: soft ones and those near them."""
    soft = ((alpha > 0) & (alpha < 1)).view(np.uint8)
    near = cv2.dilate(soft, np.ones((2 * AROUND + 1, 2 * AROUND + 1), np.uint8))
    return near > 0


def _put(plane: Plane, colours: Plane, band: Mask, wanted: Mask) -> None:
    """Write colours of the band into the plane at the wanted pixels, in its depth."""
    colours = colours[wanted[band]]
    if plane.dtype.kind != "f":
        colours = to_depth(np.ascontiguousarray(colours), plane.dtype.itemsize * 8)
    plane[band & wanted] = colours

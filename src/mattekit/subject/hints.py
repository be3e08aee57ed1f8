"""What the user says of the subject, read from files or arrays. What comes of it: `subject`."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mattekit.core.errors import BadArgument, BadTrimap
from mattekit.core.types import FOREGROUND, Alpha, Trimap
from mattekit.imaging.files import MAX_PIXELS, Source, open_picture, open_trimap, read_alpha
from mattekit.imaging.picture import to_float
from mattekit.imaging.trimap import snap
from mattekit.subject.segment import Box, stroke_labels

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Hints:
    """One of a trimap, a mask, a box or strokes; or none of them."""

    trimap: Trimap | None = None
    mask: Alpha | None = None
    """Any segmentation, 1 on the subject."""
    box: Box | None = None
    scribbles: Trimap | None = None
    """Labels of strokes, unknown where nothing is painted."""
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.given) > 1:
            raise BadArgument(f"{' and '.join(self.given)} both say what the subject is; give one")

    @property
    def given(self) -> list[str]:
        """Names of what is known: at most one."""
        names = ("trimap", "mask", "box", "scribbles")
        return [name for name in names if getattr(self, name) is not None]


def read_hints(
    *,
    trimap: Source | Array | None = None,
    mask: Source | Array | None = None,
    box: Box | None = None,
    scribbles: Source | Array | None = None,
    strict: bool = False,
    max_pixels: int = MAX_PIXELS,
) -> Hints:
    """Hints from files or arrays.

    Args:
        strict: refuse a trimap with smoothed values.
    """
    labels, warnings = _trimap(trimap, strict, max_pixels)
    return Hints(
        trimap=labels,
        mask=_mask(mask, max_pixels),
        box=box,
        scribbles=_scribbles(scribbles, max_pixels),
        warnings=warnings,
    )


def _trimap(
    given: Source | Array | None, strict: bool, max_pixels: int
) -> tuple[Trimap | None, tuple[str, ...]]:
    if given is None:
        return None, ()
    if not isinstance(given, np.ndarray):
        return open_trimap(given, strict=strict, max_pixels=max_pixels)
    if given.ndim != 2 or given.dtype != np.uint8:
        raise BadTrimap(
            f"the trimap is {given.dtype} with shape {given.shape}; "
            "expected uint8 labels h w: 0 background, 1 unknown, 2 foreground"
        )
    return (given, ()) if given.max(initial=0) <= FOREGROUND else snap(given, strict=strict)


def _mask(given: Source | Array | None, max_pixels: int) -> Alpha | None:
    if given is None:
        return None
    if not isinstance(given, np.ndarray):
        return read_alpha(given, max_pixels=max_pixels)
    if given.ndim != 2:
        raise BadArgument(f"the mask has shape {given.shape}; expected h w")
    return given.astype(np.float32) if given.dtype == np.bool_ else to_float(given)


def _scribbles(given: Source | Array | None, max_pixels: int) -> Trimap | None:
    if given is None:
        return None
    if not isinstance(given, np.ndarray):
        picture = open_picture(given, max_pixels=max_pixels)
        return stroke_labels(picture.colours, picture.alpha_window())
    if given.ndim == 2 and given.dtype == np.uint8 and given.max(initial=0) <= FOREGROUND:
        return given
    colours = given[..., None] if given.ndim == 2 else given[..., :3]
    alpha = to_float(given[..., 3]) if given.ndim == 3 and given.shape[2] == 4 else None
    return stroke_labels(colours, alpha)

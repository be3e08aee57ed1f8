"""Photos, masks and trimaps given as arrays: accepted types and ranges, checked in one place.

Besides NumPy arrays, PIL images and whatever has `__array_interface__` or `__array__` are accepted.
The range follows from the type: floats are in [0, 1], integers of 8 and 16 bits span their range,
and integers up to 1 are 0 and 1. Files: `imaging.files`.
"""

from typing import Any

import numpy as np
import PIL.Image

from mattekit.core.errors import BadArgument, BadImage, BadTrimap
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Plane, Trimap
from mattekit.imaging.picture import Picture, to_depth, to_float

ArrayLike = Any
"""An array, a PIL image, or an object with `__array_interface__` or `__array__`."""

OVERSHOOT = 1e-3
"""Floats may exceed [0, 1] by this much, as resampling causes; they are clipped."""
PIXELS = np.array([0, 128, 255], dtype=np.uint8)  # of the labels of a trimap, in files
TOLERANCE = 10
STRAY = (np.abs(np.arange(256)[:, None] - PIXELS) > TOLERANCE).all(axis=1)
"""Which of the 256 values are far from 0, 128 and 255."""
STRAY_SHARE = 0.01
"""Share of such pixels above which a trimap causes a warning."""
MODES = {"1", "L", "LA", "RGB", "RGBA", "I", "F"}  # of PIL images whose arrays hold what they show


def is_array(given: object) -> bool:
    """Whether it is a picture in memory, not a file's name or content."""
    if isinstance(given, PIL.Image.Image):  # which encodes itself when it is asked
        return True
    return hasattr(given, "__array_interface__") or hasattr(given, "__array__")


def as_picture(photo: ArrayLike) -> Picture:
    """A photo in its own depth: grey, grey and alpha, RGB, or RGBA with straight colours.

    Raises:
        BadImage: the shape, the type or the range of the values is not that of a photo.
    """
    plane = _array(photo)
    if plane.dtype.kind == "b":
        plane = to_depth(plane.astype(np.float32), 8)
    if plane.ndim == 2:
        plane = plane[..., None]
    if plane.ndim != 3 or plane.shape[2] not in {1, 2, 3, 4} or 0 in plane.shape:
        first = " (channels come last)" if plane.ndim == 3 and plane.shape[0] in {1, 3, 4} else ""
        raise BadImage(
            f"the photo has the shape {plane.shape}; expected h w 3, h w 4 or h w{first}"
        )
    if plane.dtype.kind == "f":
        plane = in_range(plane, "photo", BadImage)
    elif plane.dtype not in (np.uint8, np.uint16):
        raise BadImage(f"the photo is of {plane.dtype}; expected floats in [0, 1], uint8 or uint16")
    channels = plane.shape[2]
    colours = plane[..., : channels - 1] if channels in {2, 4} else plane
    return Picture(
        colours=np.ascontiguousarray(np.broadcast_to(colours, (*plane.shape[:2], 3))),
        alpha=np.ascontiguousarray(plane[..., -1]) if channels in {2, 4} else None,
    )


def as_image(photo: ArrayLike) -> Plane:
    """The colours of a photo, h w 3, in their own depth: uint8, uint16 or float32.

    >>> as_image(np.zeros((2, 3), np.uint8)).shape
    (2, 3, 3)

    Raises:
        BadImage: as `as_picture`; or the photo has an alpha channel.
    """
    picture = as_picture(photo)
    if picture.alpha is not None:
        raise BadImage(
            "the photo has an alpha channel, which would be lost; give its colours alone, "
            "photo[..., :3], or photo.convert('RGB') of a PIL image"
        )
    return picture.colours


def as_mask(mask: ArrayLike) -> Alpha:
    """A mask or an alpha, h w, as floats in [0, 1].

    >>> as_mask(np.array([[0, 1]])).tolist()
    [[0.0, 1.0]]

    Raises:
        BadArgument: it has several channels, or values of unclear range.
    """
    plane = _one_channel(_array(mask), "mask", BadArgument)
    if plane.dtype.kind == "b":
        return plane.astype(np.float32)
    if plane.dtype.kind == "f":
        return in_range(plane, "mask", BadArgument)
    if plane.dtype.kind not in "iu":
        raise BadArgument(f"the mask is of {plane.dtype}; expected booleans, floats or integers")
    least, most = plane.min(), plane.max()
    if least >= 0 and most <= 1:
        return plane.astype(np.float32)
    if plane.dtype in (np.uint8, np.uint16):
        return to_float(plane)
    if least >= 0 and bool(np.isin(plane, (0, 255)).all()):
        return np.equal(plane, 255).astype(np.float32)
    raise BadArgument(
        f"the mask has whole numbers from {least} to {most}; expected 0 and 1, 0 and 255, or "
        "floats in [0, 1]; select one label of a label map, as in labels == 3"
    )


def labels_of(trimap: ArrayLike, *, strict: bool = False) -> tuple[Trimap, tuple[str, ...]]:
    """The labels of a trimap, and warnings about its values.

    It may hold labels, 0, 128 and 255, or floats 0, 0.5 and 1.

    >>> labels_of(np.uint8([[0, 128, 255]]))[0]
    array([[0, 1, 2]], dtype=uint8)

    Raises:
        BadTrimap: it has several channels, or other values.
    """
    plane = _one_channel(_array(trimap), "trimap", BadTrimap)
    if plane.dtype.kind == "b":
        raise BadTrimap("the trimap is of booleans, so it is a mask; give it as the mask")
    if plane.dtype.kind not in "iuf":
        raise BadTrimap(f"the trimap is of {plane.dtype}; expected uint8 labels")
    least, most = plane.min(), plane.max()
    if plane.dtype.kind == "f":
        if most == FOREGROUND and np.isin(plane, (BACKGROUND, UNKNOWN, FOREGROUND)).all():
            return plane.astype(np.uint8), ()
        return snap(to_depth(in_range(plane, "trimap", BadTrimap), 8), strict=strict)
    if least >= 0 and most <= FOREGROUND:
        return plane.astype(np.uint8), ()
    if plane.dtype == np.uint16 and most > 255:
        return snap(to_depth(plane, 8), strict=strict)
    if least < 0 or most > 255:
        raise BadTrimap(
            f"the trimap has values from {least} to {most}; expected labels 0, 1, 2 or 0, 128, 255"
        )
    return snap(plane.astype(np.uint8), strict=strict)


def snap(values: Plane, *, strict: bool = False) -> tuple[Trimap, tuple[str, ...]]:
    """Labels of 8-bit pixel values: up to 10 background, from 245 foreground, between unknown.

    A smoothed or JPEG-coded trimap has other values than 0, 128 and 255. Above 1 % of the pixels
    that is a warning, or with `strict` an error.
    """
    first = min(1, values.min(initial=1))  # of labels, which are counted from 0 or from 1
    if values.any() and values.max() <= first + FOREGROUND:
        raise BadTrimap(
            f"the trimap holds only the values {np.unique(values).tolist()}, as labels are; "
            "expected 0 for background, 128 for unknown and 255 for foreground; save it with these"
        )
    stray = int(np.count_nonzero(STRAY[values]))
    labels: Trimap = np.full(values.shape, UNKNOWN, dtype=np.uint8)
    labels[values <= TOLERANCE] = BACKGROUND
    labels[values >= 255 - TOLERANCE] = FOREGROUND
    if stray <= STRAY_SHARE * values.size:
        return labels, ()
    found = f"{stray} of {values.size} pixels of the trimap are none of 0, 128 and 255"
    if strict:
        raise BadTrimap(f"{found}; draw it without smoothing and save it as PNG")
    return labels, (f"{found}; read as unknown between {TOLERANCE} and {255 - TOLERANCE}",)


def _array(given: ArrayLike) -> Plane:
    try:
        if isinstance(given, PIL.Image.Image):
            if given.mode.startswith("I;16"):
                return np.asarray(given, np.uint16)
            if given.mode not in MODES:
                given = given.convert("RGBA" if given.has_transparency_data else "RGB")
        return np.asarray(given)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        # PIL's file is damaged or closed; a tensor lies elsewhere, or learns
        raise BadImage(f"the picture in memory cannot be read: {error}") from error


def _one_channel(plane: Plane, what: str, error: type[Exception]) -> Plane:
    """The plane h w; a first or last axis of length 1 is dropped."""
    if plane.ndim == 3 and plane.shape[2] == 1:
        plane = plane[..., 0]
    elif plane.ndim == 3 and plane.shape[0] == 1:
        plane = plane[0]
    if plane.ndim != 2 or plane.size == 0:
        raise error(f"the {what} has the shape {plane.shape}; expected one channel, h w")
    return plane


def in_range(plane: Plane, what: str, error: type[Exception]) -> Plane:
    """Floats as float32, clipped to [0, 1]; refused if they are far outside."""
    least, most = plane.min(), plane.max()
    if not np.isfinite([least, most]).all():
        raise error(f"the {what} has values that are not finite numbers; expected floats in [0, 1]")
    if least < -OVERSHOOT or most > 1 + OVERSHOOT:
        advice = "divide by 255" if 2 < most <= 255 and least >= 0 else "scale or clip it"
        raise error(
            f"the {what} has values from {least:.4g} to {most:.4g}; expected floats in [0, 1]; "
            f"{advice} first"
        )
    return plane.astype(np.float32).clip(0, 1)

"""Metadata of a file: orientation, EXIF data, further pictures."""

from collections.abc import Callable
from typing import Any

import numpy as np
import PIL.Image
from PIL.ExifTags import Base as Tag

from mattekit.core.types import Plane
from mattekit.imaging.formats.guard import DAMAGE
from mattekit.imaging.picture import SEVERAL, DecodedImage

KEPT = (
    Tag.ImageDescription,
    Tag.Make,
    Tag.Model,
    Tag.XResolution,
    Tag.YResolution,
    Tag.ResolutionUnit,
    Tag.Software,
    Tag.DateTime,
    Tag.Artist,
    Tag.Copyright,
    Tag.ExifOffset,
    Tag.GPSInfo,
)
LISTS = {Tag.ExifOffset, Tag.GPSInfo}  # tags that point to further tags


def decoded(
    colours: Plane, alpha: Plane | None, exif: PIL.Image.Exif, **others: Any
) -> DecodedImage:
    """Planes as the file stores them, turned upright, with the EXIF data to keep.

    Args:
        others: further fields of `DecodedImage`.
    """
    orientation = orientation_of(exif)
    return DecodedImage(
        colours=apply_orientation(colours, orientation),
        alpha=None if alpha is None else apply_orientation(alpha, orientation),
        exif=kept_exif(exif),
        **others,
    )


def read_exif(read: Callable[[], PIL.Image.Exif]) -> PIL.Image.Exif:
    """The EXIF data that `read` gives; empty if damaged, since the pixels can still be read."""
    try:
        return read()
    except DAMAGE:
        return PIL.Image.Exif()


def kept_exif(exif: PIL.Image.Exif) -> bytes:
    """The tags to keep; those about the old layout of the pixels are dropped."""
    kept = PIL.Image.Exif()
    try:
        for tag in KEPT:
            if tag in exif:
                kept[tag] = exif.get_ifd(tag) if tag in LISTS else exif[tag]
        return kept.tobytes() if kept else b""
    except (*DAMAGE, AttributeError):  # the latter by Pillow, for values of the wrong type
        return b""


def several_in(image: PIL.Image.Image) -> tuple[str, ...]:
    """A warning if there are further frames or pages."""
    return (SEVERAL,) if getattr(image, "is_animated", False) else ()


def orientation_of(exif: PIL.Image.Exif) -> int:
    """1 to 8, where 1 is upright; an invalid value counts as 1."""
    orientation = exif.get(Tag.Orientation, 1)
    return orientation if orientation in range(1, 9) else 1


def apply_orientation(plane: Plane, orientation: int) -> Plane:
    """The plane rotated upright, given its stored orientation."""
    if orientation in {5, 6, 7, 8}:
        plane = plane.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        plane = plane[::-1]
    if orientation in {2, 3, 6, 7}:
        plane = plane[:, ::-1]
    return np.ascontiguousarray(plane)

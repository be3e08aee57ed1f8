"""What a file says beside the pixels: orientation, EXIF data, further pictures."""

import numpy as np
import PIL.Image
from PIL.ExifTags import Base as Tag

from mattekit.core.types import Plane
from mattekit.imaging.formats.guard import DAMAGE
from mattekit.imaging.picture import SEVERAL

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
LISTS = {Tag.ExifOffset, Tag.GPSInfo}  # tags that stand for lists of further tags


def read_exif(image: PIL.Image.Image) -> PIL.Image.Exif:
    """The EXIF data; none where they are damaged, which is no reason to refuse the pixels."""
    try:
        return image.getexif()
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
    except (*DAMAGE, AttributeError):  # the latter by Pillow, of values of the wrong type
        return b""


def several_in(image: PIL.Image.Image) -> tuple[str, ...]:
    """A warning where there are further frames or pages."""
    return (SEVERAL,) if getattr(image, "is_animated", False) else ()


def orientation_of(exif: PIL.Image.Exif) -> int:
    """1 to 8; 1 is upright, and what is meant by anything that is not a number from 1 to 8."""
    orientation = exif.get(Tag.Orientation, 1)
    return orientation if orientation in range(1, 9) else 1


def apply_orientation(plane: Plane, orientation: int) -> Plane:
    """The plane upright, by the orientation that it was stored with."""
    if orientation in {5, 6, 7, 8}:
        plane = plane.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        plane = plane[::-1]
    if orientation in {2, 3, 6, 7}:
        plane = plane[:, ::-1]
    return np.ascontiguousarray(plane)

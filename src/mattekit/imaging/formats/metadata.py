"""What a file says beside the pixels: how it was held, what the camera noted, further pictures."""

import os
import struct

import numpy as np
import PIL.Image
from PIL.ExifTags import Base as Tag

from mattekit.core.types import Plane, Size
from mattekit.imaging.formats.guard import DAMAGE, Stream

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
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
LISTS = {Tag.ExifOffset, Tag.GPSInfo}  # tags that stand for lists of further tags


def read_exif(image: PIL.Image.Image) -> PIL.Image.Exif:
    """The EXIF data; none where they are damaged, which is no reason to refuse the pixels."""
    try:
        return image.getexif()
    except DAMAGE:
        return PIL.Image.Exif()


def header_orientation(image: PIL.Image.Image, stream: Stream) -> int:
    """The orientation of a picture that is opened but not decoded."""
    if image.format != "PNG":
        return orientation_of(read_exif(image))
    late = _exif_of_png(stream)
    if late:
        image.info["exif"] = late
    try:  # the general method: that of PNG would decode all pixels to look behind them
        return orientation_of(PIL.Image.Image.getexif(image))
    except DAMAGE:
        return 1


def _exif_of_png(stream: Stream) -> bytes:
    """The content of the chunk eXIf, wherever it stands; nothing where there is none."""
    place = stream.tell()
    stream.seek(len(PNG_SIGNATURE))
    found = b""
    while len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name == b"eXIf":
            found = stream.read(length)
            break
        stream.seek(length + 4, os.SEEK_CUR)  # the content and its check sum
    stream.seek(place)
    return found


def kept_exif(exif: PIL.Image.Exif) -> bytes:
    """What is worth keeping: nothing that describes how the pixels lay in the old file."""
    kept = PIL.Image.Exif()
    try:
        for tag in KEPT:
            if tag in exif:
                kept[tag] = exif.get_ifd(tag) if tag in LISTS else exif[tag]
        return kept.tobytes() if kept else b""
    except DAMAGE:
        return b""


def holds_several(image: PIL.Image.Image) -> bool:
    """Whether there are further frames or pages; the preview in a JPEG of a phone is not one."""
    return image.format != "MPO" and bool(getattr(image, "is_animated", False))


def orientation_of(exif: PIL.Image.Exif) -> int:
    """1 to 8; 1 is upright, and what is meant by anything that is not a number from 1 to 8."""
    orientation = exif.get(Tag.Orientation, 1)
    return orientation if orientation in range(1, 9) else 1


def turned(plane: Plane, orientation: int) -> Plane:
    """The plane upright, by the orientation that it was stored with."""
    if orientation in {5, 6, 7, 8}:
        plane = plane.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        plane = plane[::-1]
    if orientation in {2, 3, 6, 7}:
        plane = plane[:, ::-1]
    return np.ascontiguousarray(plane)


def turned_size(size: Size, orientation: int) -> Size:
    """Height and width after `turned`."""
    return (size[1], size[0]) if orientation in {5, 6, 7, 8} else size

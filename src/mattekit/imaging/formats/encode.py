"""From planes to the bytes of a file: what each format can hold, and how it is written.

Values are rounded. PNG and TIFF say that their colours are sRGB; WebP is lossless and keeps the
colours under transparent pixels.
"""

import io
import struct
import zlib
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Literal

import cv2
import numpy as np
import PIL.Image
from PIL import TiffTags
from PIL.ExifTags import Base as Tag
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from mattekit.core.errors import BadArgument
from mattekit.core.types import Plane
from mattekit.imaging.formats.metadata import LISTS
from mattekit.imaging.formats.profiles import srgb_profile

Format = Literal["png", "jpeg", "webp", "tiff", "bmp", "exr"]
FORMAT_OF: dict[str, Format] = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".webp": "webp",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".bmp": "bmp",
    ".exr": "exr",
}
DEPTHS: dict[Format, Sequence[int]] = {
    "png": (8, 16),
    "jpeg": (8,),
    "webp": (8,),
    "tiff": (8, 16),
    "bmp": (8,),
    "exr": (8, 16, 32),
}
WITH_ALPHA = {"png", "webp", "tiff", "exr"}
WITH_EXIF = {"png", "jpeg", "webp", "tiff"}
LOSSLESS = {"png", "webp", "tiff", "bmp"}
LONGEST_SIDE = {"webp": 16383, "jpeg": 65500}
LONGEST_EXIF_OF_JPEG = 65533
PILLOW_OPTIONS: dict[str, dict[str, Any]] = {
    "jpeg": {"quality": 95, "subsampling": 0},
    "webp": {"lossless": True, "exact": True},
}

PNG_HEADER = 33  # bytes of signature and IHDR
STRIP = 64  # rows of a TIFF strip
DEFLATE, DIFFERENCES, STRAIGHT_ALPHA = 8, 2, 2  # values of TIFF tags


def check_format(format: Format, *, bits: int, alpha: bool, exif: bool) -> None:
    """Refuse, before any work, what the format cannot hold."""
    name = format.upper()
    if bits not in DEPTHS[format]:
        offered = " or ".join(map(str, DEPTHS[format]))
        raise BadArgument(f"{name} holds {offered} bits, not {bits}; 16 bits fit in PNG and TIFF")
    if alpha and format not in WITH_ALPHA:
        raise BadArgument(
            f"{name} cannot hold transparency; write PNG, WebP, TIFF or EXR, or put the subject "
            "on a background"
        )
    if exif and format not in WITH_EXIF:
        raise BadArgument(f"{name} cannot hold EXIF data; write PNG, JPEG, WebP or TIFF")


def encode(planes: Plane, format: Format, *, exif: bytes = b"") -> bytes:
    """Whole numbers h w, h w 3 or h w 4 as a file of any format but OpenEXR."""
    height, width = planes.shape[:2]
    if max(height, width) > LONGEST_SIDE.get(format, 1 << 30):
        raise BadArgument(
            f"{format.upper()} holds at most {LONGEST_SIDE[format]} pixels a side, the picture is "
            f"{width}x{height}; write PNG or TIFF"
        )
    if format == "jpeg" and len(exif) > LONGEST_EXIF_OF_JPEG:
        raise BadArgument(
            f"the camera's notes take {len(exif)} bytes and JPEG holds {LONGEST_EXIF_OF_JPEG}; "
            "write PNG, WebP or TIFF, or leave them out"
        )
    if format == "tiff":
        return _tiff(planes, exif)
    if format == "png":
        return _tagged_png(_png(planes), planes.ndim == 3, exif)
    options = dict(PILLOW_OPTIONS.get(format, {}))
    if exif:
        options["exif"] = exif
    return _by_pillow(planes, format, **options)


def _by_pillow(planes: Plane, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    PIL.Image.fromarray(planes).save(file, format, **options)
    return file.getvalue()


def _png(planes: Plane) -> bytes:
    if planes.dtype == np.uint8:
        return _by_pillow(planes, "png")
    if planes.ndim == 3:
        planes = np.ascontiguousarray(planes[..., [2, 1, 0, 3][: planes.shape[2]]])  # as OpenCV
    _, data = cv2.imencode(".png", planes)
    return data.tobytes()


def _tagged_png(png: bytes, colour: bool, exif: bytes) -> bytes:
    """The PNG with chunks after its header: sRGB for colours, eXIf."""
    chunks = b""
    if colour:
        chunks += _chunk(b"sRGB", b"\1")  # relative colorimetric
    if exif:
        chunks += _chunk(b"eXIf", exif.removeprefix(b"Exif\0\0"))
    return png[:PNG_HEADER] + chunks + png[PNG_HEADER:]


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _tiff(planes: Plane, exif: bytes) -> bytes:
    """A TIFF of deflated strips; Pillow writes no 16-bit colour and OpenCV no profile."""
    height, width = planes.shape[:2]
    samples = planes.size // (height * width)
    rows = planes.reshape(height, width, samples)
    steps = np.diff(rows, axis=1, prepend=np.zeros_like(rows[:, :1]))  # the predictor; it wraps
    strips = [
        zlib.compress(steps[top : top + STRIP].astype(steps.dtype.newbyteorder("<")).tobytes())
        for top in range(0, height, STRIP)
    ]
    lengths = [len(strip) for strip in strips]
    tags = ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    if exif:
        _copy_exif(exif, tags)
    tags[Tag.ImageWidth], tags[Tag.ImageLength] = width, height
    tags[Tag.BitsPerSample] = (planes.dtype.itemsize * 8,) * samples
    tags[Tag.Compression], tags[Tag.Predictor] = DEFLATE, DIFFERENCES
    tags[Tag.PhotometricInterpretation] = 1 if samples == 1 else 2
    tags[Tag.SamplesPerPixel], tags[Tag.RowsPerStrip] = samples, STRIP
    tags.tagtype[Tag.StripOffsets] = tags.tagtype[Tag.StripByteCounts] = TiffTags.LONG
    tags[Tag.StripOffsets] = tuple(accumulate(lengths[:-1], initial=0))  # Pillow adds their start
    tags[Tag.StripByteCounts] = tuple(lengths)
    if samples == 4:
        tags[Tag.ExtraSamples] = STRAIGHT_ALPHA
    if samples > 1:
        tags[Tag.InterColorProfile] = srgb_profile()
    return b"II*\0\10\0\0\0" + tags.tobytes(8) + b"".join(strips)


def _copy_exif(exif: bytes, tags: ImageFileDirectory_v2) -> None:
    notes = PIL.Image.Exif()
    notes.load(exif)
    for tag in notes:
        tags[tag] = notes.get_ifd(tag) if tag in LISTS else notes[tag]

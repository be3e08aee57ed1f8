"""PNG of 16 bits, which Pillow cannot hold, through OpenCV; and writing of PNG with metadata."""

import io
import os
import struct
import zlib

import cv2
import numpy as np
import PIL.Image
from PIL.PngImagePlugin import PngImageFile

from mattekit.core.errors import BadImage
from mattekit.core.types import Plane
from mattekit.imaging.formats.guard import CUT_SHORT, Stream, check_size, decoding
from mattekit.imaging.formats.metadata import decoded, read_exif, several_in
from mattekit.imaging.picture import DecodedImage

SIGNATURE = b"\x89PNG\r\n\x1a\n"
DEPTH = 24  # offset of the byte with the bits per sample; the next byte is the colour type
GREY_AND_ALPHA = 4
HEADER = 33  # bytes of signature and IHDR


def read_deep_png(stream: Stream, max_pixels: int) -> DecodedImage | None:
    """A PNG of 16 bits; None for files that Pillow reads."""
    bits, kind = stream.read(DEPTH + 2)[DEPTH:].ljust(2, b"\0")
    if bits != 16:
        return None
    stream.seek(0)
    with decoding():
        image = PngImageFile(stream)
    size = (image.height, image.width)
    check_size(size, max_pixels)
    with decoding():
        image.verify()  # the checksums: libpng decodes damaged data without an error
        stream.seek(0)
        planes = cv2.imdecode(np.frombuffer(stream.read(), dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if planes is None or planes.shape[:2] != size or planes.dtype != np.uint16:
        raise BadImage(CUT_SHORT)
    colours, alpha = _split(
        planes, grey=kind == GREY_AND_ALPHA, transparent=image.info.get("transparency")
    )
    return decoded(
        colours,
        alpha,
        _read_exif(image, stream),
        profile=image.info.get("icc_profile") or b"",
        warnings=several_in(image),
    )


def write_png(planes: Plane, exif: bytes) -> bytes:
    """A PNG with chunks after its header: sRGB for colours, eXIf."""
    if planes.dtype == np.uint16:
        if planes.ndim == 3:
            planes = np.ascontiguousarray(planes[..., [2, 1, 0, 3][: planes.shape[2]]])  # BGRA
        png = cv2.imencode(".png", planes)[1].tobytes()
    else:
        file = io.BytesIO()
        PIL.Image.fromarray(planes).save(file, "PNG")
        png = file.getvalue()
    chunks = _chunk(b"sRGB", b"\1") if planes.ndim == 3 else b""  # 1: relative colorimetric
    if exif:
        chunks += _chunk(b"eXIf", exif.removeprefix(b"Exif\0\0"))
    return png[:HEADER] + chunks + png[HEADER:]


def _read_exif(image: PIL.Image.Image, stream: Stream) -> PIL.Image.Exif:
    """The EXIF data of a PNG, before or after its pixels, without decoding them."""
    late = _chunk_of(stream, b"eXIf")
    if late:
        image.info["exif"] = late
    # the general method; PNG's own decodes all pixels to find later chunks
    return read_exif(lambda: PIL.Image.Image.getexif(image))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _chunk_of(stream: Stream, wanted: bytes) -> bytes:
    """The content of the first chunk of that name; empty if there is none."""
    stream.seek(len(SIGNATURE))
    while len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name == wanted:
            return stream.read(length)
        stream.seek(length + 4, os.SEEK_CUR)  # the content and its checksum
    return b""


def _split(planes: Plane, *, grey: bool, transparent: object) -> tuple[Plane, Plane | None]:
    """Colours in the order red, green, blue, or grey alone, and alpha."""
    if planes.ndim == 2:
        if not isinstance(transparent, int):
            return planes, None
        return planes, np.where(planes == transparent, 0, 65535).astype(np.uint16)
    colours = np.ascontiguousarray(planes[..., 0] if grey else planes[..., 2::-1])
    return colours, np.ascontiguousarray(planes[..., 3]) if planes.shape[2] == 4 else None

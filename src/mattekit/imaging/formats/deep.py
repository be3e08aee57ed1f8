"""PNG and TIFF with 16 bits or floats, which Pillow cannot hold: decoded by OpenCV.

OpenCV decodes what it does not understand wrongly rather than not at all, so the header is read
first (`read_layout`) and only arrangements that are tested are let through.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import PIL.Image
from PIL.ExifTags import Base as Tag
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from mattekit.core.errors import BadImage
from mattekit.core.types import Plane, Size
from mattekit.imaging.compose import unpremultiply
from mattekit.imaging.formats.guard import CUT_SHORT, Stream, quiet_stderr
from mattekit.imaging.formats.metadata import (
    header_orientation,
    holds_several,
    kept_exif,
    read_exif,
    turned,
    turned_size,
)
from mattekit.imaging.picture import SEVERAL, Stored, to_depth, to_float

PNG_DEPTH = 24  # the byte of a PNG file that holds the bits a sample; the next is the kind
PNG_GREY_AND_ALPHA = 4
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB = 0, 1, 2  # photometric interpretations of TIFF
WHOLE_NUMBERS, FLOATS = 1, 3  # sample formats of TIFF
UNSPECIFIED, PREMULTIPLIED = 0, 1  # kinds of extra samples of TIFF
ICC_PROFILE = 34675
READ_TIFFS = {(1, WHITE_IS_ZERO), (1, BLACK_IS_ZERO), (3, RGB), (4, RGB)}
"""Samples a pixel and their meaning."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the samples of a deep picture lie in its file."""

    size: Size
    """As OpenCV decodes it."""
    orientation: int = 1
    """How it is still to be turned then."""
    profile: bytes = b""
    transparent: int | None = None
    """The grey value that stands for transparency (PNG)."""
    white_is_zero: bool = False
    premultiplied: bool = False
    fourth_is_alpha: bool = True
    grey: bool = False
    """All colour channels are the same, though OpenCV gives three (PNG)."""
    several: bool = False
    """There are further pictures in the file."""
    end: int = 0
    """The file has at least so many bytes."""


def read_layout(stream: Stream, kind: str) -> Layout | None:
    """The layout of a deep PNG or TIFF; None for what Pillow reads."""
    layout = {"PNG": _png_layout, "TIFF": _tiff_layout}.get(kind, _no_layout)(stream)
    stream.seek(0)
    return layout


def read_deep(stream: Stream, layout: Layout) -> Stored:
    """Decode a picture of 16 bits or floats."""
    with quiet_stderr:
        return _decode(stream, layout)


def _decode(stream: Stream, layout: Layout) -> Stored:
    exif = _exif_of_intact(stream, layout)
    stream.seek(0)
    data = np.frombuffer(stream.read(), dtype=np.uint8)
    if len(data) < layout.end:
        raise BadImage(CUT_SHORT)
    planes = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if planes is None or planes.shape[:2] != layout.size or planes.dtype.itemsize == 1:
        raise BadImage(CUT_SHORT)
    colours, alpha = _split(turned(planes, layout.orientation), layout)
    return Stored(
        colours=colours,
        alpha=alpha,
        linear=planes.dtype.kind == "f",
        profile=layout.profile,
        exif=exif,
        warnings=(SEVERAL,) if layout.several else (),
    )


def _no_layout(stream: Stream) -> None:
    return None


def _png_layout(stream: Stream) -> Layout | None:
    bits, kind = stream.read(PNG_DEPTH + 2)[PNG_DEPTH:]
    if bits != 16:
        return None
    image = PIL.Image.open(stream, formats=["PNG"])
    key = image.info.get("transparency")
    return Layout(
        size=(image.height, image.width),
        orientation=header_orientation(image, stream),
        profile=image.info.get("icc_profile") or b"",
        transparent=key if isinstance(key, int) else None,  # OpenCV applies those of colours
        grey=kind == PNG_GREY_AND_ALPHA,
        several=holds_several(image),
    )


def _tiff_layout(stream: Stream) -> Layout | None:
    tags = _tiff_tags(stream)
    bits = set(tags.get(Tag.BitsPerSample, (1,)))
    formats = set(tags.get(Tag.SampleFormat, (WHOLE_NUMBERS,)))
    if max(bits) <= 8:
        return None
    samples = tags.get(Tag.SamplesPerPixel, 1)
    photometric, end = tags.get(Tag.PhotometricInterpretation), _end_of_strips(tags)
    if photometric is None or end == 0:
        raise BadImage(CUT_SHORT)
    extra = tags.get(Tag.ExtraSamples, ())
    understood = (
        (bits, formats) in [({16}, {WHOLE_NUMBERS}), ({32}, {FLOATS})]
        and (samples, photometric) in READ_TIFFS
        and (samples == 1 or tags.get(Tag.PlanarConfiguration, 1) == 1)
    )
    if not understood:
        raise BadImage(
            f"this kind of TIFF is not read (samples a pixel: {samples}, bits: "
            f"{'/'.join(map(str, sorted(bits)))}); save it as grey, RGB or RGBA of 8 or 16 bits, "
            "interleaved"
        )
    stored_size = tags[Tag.ImageLength], tags[Tag.ImageWidth]
    return Layout(
        size=turned_size(stored_size, tags.get(Tag.Orientation, 1)),  # OpenCV turns TIFF, not PNG
        profile=tags.get(ICC_PROFILE, b""),
        white_is_zero=photometric == WHITE_IS_ZERO,
        premultiplied=PREMULTIPLIED in extra,
        fourth_is_alpha=UNSPECIFIED not in extra,
        several=tags.next != 0,
        end=end,
    )


def _tiff_tags(stream: Stream) -> ImageFileDirectory_v2:
    """The first directory of a TIFF file."""
    head = stream.read(8)
    if head[2:4] in {b"+\0", b"\0+"}:  # files above 4 GB have a longer head
        head += stream.read(8)
    tags = ImageFileDirectory_v2(head)
    stream.seek(tags.next)
    tags.load(stream)
    stream.seek(0)
    return tags


def _end_of_strips(tags: ImageFileDirectory_v2) -> int:
    offsets = tags.get(Tag.StripOffsets) or tags.get(Tag.TileOffsets) or ()
    counts = tags.get(Tag.StripByteCounts) or tags.get(Tag.TileByteCounts) or ()
    return max(map(sum, zip(offsets, counts, strict=False)), default=0)


def _exif_of_intact(stream: Stream, layout: Layout) -> bytes:
    """The EXIF data, after Pillow has decoded the file too: unlike OpenCV, it notices damage."""
    stream.seek(0)
    try:
        image = PIL.Image.open(stream, formats=["PNG", "TIFF"])
    except PIL.UnidentifiedImageError:  # floats in colour
        return b""
    image.load()
    return kept_exif(read_exif(image))


def _split(planes: Plane, layout: Layout) -> tuple[Plane, Plane | None]:
    """Colours in the order red, green, blue (or grey alone) and alpha."""
    white = 1 if planes.dtype.kind == "f" else np.iinfo(planes.dtype).max
    if planes.ndim == 2:
        grey = white - planes if layout.white_is_zero else planes
        if layout.transparent is None:
            return grey, None
        return grey, np.where(planes == layout.transparent, 0, white).astype(planes.dtype)
    colours = np.ascontiguousarray(planes[..., 2::-1])
    if planes.shape[2] == 3 or not layout.fourth_is_alpha:
        return colours, None
    alpha = np.ascontiguousarray(planes[..., 3])
    if layout.grey:
        return np.ascontiguousarray(planes[..., 0]), alpha
    if layout.premultiplied:
        straight = unpremultiply(to_float(colours), to_float(alpha))
        colours = straight if planes.dtype.kind == "f" else to_depth(straight, 16)
    return colours, alpha

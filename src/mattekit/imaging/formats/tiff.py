"""TIFF: integers, half floats and floats read from strips, tiles or planes; written as strips.

tifffile reads the tags and Pillow's libtiff decompresses LZW and PackBits; samples are assembled
here, so that a truncated strip is detected. Palettes, CMYK, fewer than 8 bits and embedded JPEG are
left to Pillow. Camera raw, whose first picture is a thumbnail, is refused.
"""

import io
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
import PIL.Image
import tifffile
from PIL import TiffTags
from PIL.ExifTags import Base as Tag
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile
from tifffile import COMPRESSION, EXTRASAMPLE, PHOTOMETRIC, PLANARCONFIG

from mattekit.core.errors import BadImage
from mattekit.core.types import Plane, Size
from mattekit.imaging.compose import unpremultiply
from mattekit.imaging.formats.guard import CUT_SHORT, Stream, check_size, decoding
from mattekit.imaging.formats.metadata import LISTS, decoded, read_exif
from mattekit.imaging.formats.profiles import srgb_profile
from mattekit.imaging.picture import SEVERAL, DecodedImage, to_depth, to_float

CAMERA_RAW = "it is a camera raw file; export it as TIFF or JPEG from your raw converter"
DNG_VERSION, CR2_MARK = 50706, b"CR"
MOSAICS = {PHOTOMETRIC.CFA, PHOTOMETRIC.LINEAR_RAW}
GREYS = {PHOTOMETRIC.MINISWHITE, PHOTOMETRIC.MINISBLACK}
DEFLATE = {COMPRESSION.ADOBE_DEFLATE, COMPRESSION.DEFLATE}
LIBTIFF = {COMPRESSION.LZW, COMPRESSION.PACKBITS}
NONE, DIFFERENCES, FLOAT_DIFFERENCES = 1, 2, 3  # values of the tag Predictor
MOST_SAMPLES = 8
LARGEST_TILE = 1 << 26
"""Pixels."""
AT_ONCE = 64_000_000
"""Bytes that Pillow decompresses in one call, below its guard against large pictures."""
STRIP = 64  # rows of a strip that is written


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What the tags of the first picture say."""

    size: Size
    samples: int
    """Per pixel."""
    bits: tuple[int, ...]
    stored: np.dtype[Any] | None
    """Type of the samples in the file; None for one that NumPy does not have."""
    photometric: int
    compression: int
    predictor: int
    extra: tuple[int, ...]
    """Meaning of the samples beyond the colours."""
    interleaved: bool
    plain: bool
    """The bit order and the image depth are the usual ones."""
    tile: Size | None
    rows_per_strip: int
    places: list[tuple[int, int]]
    """Offset and length of each strip or tile."""

    @property
    def colours(self) -> int:
        """Colour samples per pixel."""
        return 1 if self.photometric in GREYS else 3


def read_tiff(stream: Stream, max_pixels: int) -> DecodedImage | None:
    """The first picture of a TIFF file; None for files that Pillow reads."""
    with decoding():
        file = tifffile.TiffFile(stream)
        page = file.pages.first
        camera_raw = _is_camera_raw(page, stream)
        layout = _layout_of(page)
        profile = bytes(page.iccprofile or b"")
        warnings = (SEVERAL,) if len(file.pages) > 1 else ()
    if camera_raw:
        raise BadImage(CAMERA_RAW)
    check_size(layout.size, max_pixels)
    if not _is_read_here(layout):
        if max(layout.bits) <= 8:
            return None
        names = {kind.value: kind.name for kind in COMPRESSION}
        compression = names.get(layout.compression, layout.compression)
        raise BadImage(
            f"this kind of TIFF is not read (samples per pixel: {layout.samples}, bits: "
            f"{max(layout.bits)}, compression: {compression}); "
            "save it as grey, RGB or RGBA of 8 or 16 bits"
        )
    colours, alpha = _split(_samples(layout, stream), layout)
    return decoded(
        colours,
        alpha,
        read_exif(partial(_read_exif, page, stream)),
        linear=colours.dtype.kind == "f",
        profile=profile,
        warnings=warnings,
    )


def write_tiff(planes: Plane, exif: bytes) -> bytes:
    """Deflated strips; Pillow writes no 16-bit colour and OpenCV no profile."""
    height, width = planes.shape[:2]
    samples = planes.size // (height * width)
    rows = planes.reshape(height, width, samples)
    steps = np.diff(rows, axis=1, prepend=np.zeros_like(rows[:, :1]))  # the predictor; it wraps
    stored = steps.astype(steps.dtype.newbyteorder("<"), copy=False)
    tags = ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    if exif:
        notes = PIL.Image.Exif()
        notes.load(exif)
        for tag in notes:
            tags[tag] = notes.get_ifd(tag) if tag in LISTS else notes[tag]
    tags[Tag.BitsPerSample] = (planes.dtype.itemsize * 8,) * samples
    tags[Tag.Compression], tags[Tag.Predictor] = COMPRESSION.ADOBE_DEFLATE.value, DIFFERENCES
    tags[Tag.PhotometricInterpretation] = 1 if samples == 1 else 2
    tags[Tag.SamplesPerPixel] = samples
    if samples == 4:
        tags[Tag.ExtraSamples] = EXTRASAMPLE.UNASSALPHA.value
    if samples > 1:
        tags[Tag.InterColorProfile] = srgb_profile()
    strips = [zlib.compress(stored[top : top + STRIP].tobytes()) for top in range(0, height, STRIP)]
    return _file_of_strips(tags, strips, (height, width), STRIP)


def _file_of_strips(
    tags: ImageFileDirectory_v2, strips: Sequence[bytes], size: tuple[int, int], high: int
) -> bytes:
    """A TIFF file: the given tags, and those that locate the strips of `high` rows."""
    lengths = [len(strip) for strip in strips]
    tags[Tag.ImageLength], tags[Tag.ImageWidth] = size
    tags[Tag.RowsPerStrip] = high
    tags.tagtype[Tag.StripOffsets] = tags.tagtype[Tag.StripByteCounts] = TiffTags.LONG
    tags[Tag.StripOffsets] = tuple(accumulate(lengths[:-1], initial=0))  # Pillow adds their start
    tags[Tag.StripByteCounts] = tuple(lengths)
    return b"II*\0\10\0\0\0" + tags.tobytes(8) + b"".join(strips)


def _is_camera_raw(page: tifffile.TiffPage, stream: Stream) -> bool:
    stream.seek(8)
    if stream.read(2) == CR2_MARK or DNG_VERSION in page.tags or page.is_reduced:
        return True
    return any(part.photometric in MOSAICS for part in (page, *(page.pages or ())))


def _layout_of(page: tifffile.TiffPage) -> Layout:
    byteorder = page.parent.byteorder
    return Layout(
        size=(int(page.imagelength), int(page.imagewidth)),
        samples=int(page.samplesperpixel),
        bits=tuple(np.atleast_1d(page.bitspersample).tolist()),
        stored=None if page.dtype is None else np.dtype(page.dtype).newbyteorder(byteorder),
        photometric=int(page.photometric),
        compression=int(page.compression),
        predictor=int(page.predictor),
        extra=tuple(int(kind) for kind in page.extrasamples),
        interleaved=page.planarconfig == PLANARCONFIG.CONTIG,
        plain=(page.imagedepth, page.fillorder) == (1, 1),
        tile=(int(page.tilelength), int(page.tilewidth)) if page.is_tiled else None,
        rows_per_strip=int(page.rowsperstrip),
        places=[
            (int(at), int(n)) for at, n in zip(page.dataoffsets, page.databytecounts, strict=False)
        ],
    )


def _is_read_here(layout: Layout) -> bool:
    return (
        layout.stored is not None
        and layout.stored.str[1:] in {"u1", "u2", "f2", "f4", "f8"}
        and set(layout.bits) == {layout.stored.itemsize * 8}
        and layout.photometric in {*GREYS, PHOTOMETRIC.RGB}
        and layout.colours <= layout.samples <= MOST_SAMPLES
        and layout.compression in {COMPRESSION.NONE, *DEFLATE, *LIBTIFF}
        and layout.predictor in {NONE, DIFFERENCES, FLOAT_DIFFERENCES}
        and layout.plain
    )


def _samples(layout: Layout, stream: Stream) -> Plane:
    """All samples, h w c."""
    height, width = layout.size
    high, wide = layout.tile or (min(layout.rows_per_strip, height), width)
    if min(high, wide) < 1 or (layout.tile is not None and high * wide > LARGEST_TILE):
        raise BadImage(CUT_SHORT)
    channels = layout.samples if layout.interleaved else 1
    planes = layout.samples // channels
    tops, lefts = range(0, height, high), range(0, width, wide)
    if len(layout.places) < planes * len(tops) * len(lefts):
        raise BadImage(CUT_SHORT)
    corners = [(plane, top, left) for plane in range(planes) for top in tops for left in lefts]
    rows = [high if layout.tile else min(high, height - top) for _, top, _ in corners]
    assert layout.stored is not None
    samples = np.empty((planes, height, width, channels), dtype=layout.stored.newbyteorder("="))
    blocks = _blocks(layout, stream, rows, wide * channels * samples.itemsize, planes)
    for (plane, top, left), block in zip(corners, blocks, strict=True):
        part = samples[plane, top : top + high, left : left + wide]
        whole = _unpredicted(block, layout, (-1, wide, channels))
        part[...] = whole[: part.shape[0], : part.shape[1]]
    return samples[0] if layout.interleaved else np.moveaxis(samples[..., 0], 0, -1)


def _blocks(
    layout: Layout, stream: Stream, rows: list[int], row_bytes: int, planes: int
) -> Iterator[bytes]:
    """The decompressed bytes of every strip or tile, given its number of rows and bytes per row."""
    length = stream.seek(0, os.SEEK_END)
    in_plane = len(rows) // planes
    at_once = max(1, AT_ONCE // (rows[0] * row_bytes)) if layout.compression in LIBTIFF else 1
    for plane in range(0, len(rows), in_plane):
        for first in range(plane, plane + in_plane, at_once):
            group = range(first, min(first + at_once, plane + in_plane))
            stored = [_read(layout, stream, number, length) for number in group]
            sizes = [rows[number] * row_bytes for number in group]
            for block, size in zip(_expanded(layout, stored, sizes, row_bytes), sizes, strict=True):
                if len(block) < size:
                    raise BadImage(CUT_SHORT)
                yield block


def _read(layout: Layout, stream: Stream, number: int, length: int) -> bytes:
    start, count = layout.places[number]
    if not 0 <= start <= start + count <= length:
        raise BadImage(CUT_SHORT)
    stream.seek(start)
    return stream.read(count)


def _expanded(layout: Layout, stored: list[bytes], sizes: list[int], row_bytes: int) -> list[bytes]:
    """Strips or tiles decompressed, at most to the size that each should have."""
    pairs = list(zip(stored, sizes, strict=True))
    if layout.compression == COMPRESSION.NONE:
        return [block[:size] for block, size in pairs]
    with decoding():
        if layout.compression in DEFLATE:
            return [zlib.decompressobj().decompress(block, size) for block, size in pairs]
        return _by_libtiff(layout.compression, stored, sizes, row_bytes)


def _by_libtiff(
    compression: int, stored: list[bytes], sizes: list[int], row_bytes: int
) -> list[bytes]:
    """The blocks through Pillow, as strips of a TIFF file in which every byte is a grey pixel."""
    tags = ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    tags[Tag.Compression], tags[Tag.PhotometricInterpretation] = int(compression), 1
    tags[Tag.BitsPerSample], tags[Tag.SamplesPerPixel] = 8, 1
    size = sum(sizes) // row_bytes, row_bytes
    file = _file_of_strips(tags, stored, size, sizes[0] // row_bytes)
    data = TiffImageFile(io.BytesIO(file)).tobytes()
    return [data[end - size : end] for size, end in zip(sizes, accumulate(sizes), strict=True)]


def _unpredicted(block: bytes, layout: Layout, shape: tuple[int, int, int]) -> Plane:
    """The samples of a block, which may be stored as differences to the left neighbour."""
    stored = layout.stored
    assert stored is not None
    if layout.predictor == FLOAT_DIFFERENCES:
        return _float_unpredicted(block, stored.itemsize, shape)
    samples: Plane = np.frombuffer(block, dtype=stored).reshape(shape)
    if layout.predictor == NONE:
        return samples
    whole = f"u{stored.itemsize}"
    kind = stored.newbyteorder("=")
    codes = samples.astype(kind, copy=False).view(whole)
    return np.cumsum(codes, axis=1, dtype=whole).view(kind)


def _float_unpredicted(block: bytes, itemsize: int, shape: tuple[int, int, int]) -> Plane:
    """In each row the first bytes of all samples come first, then the second (technical note 3)."""
    _, wide, channels = shape
    differences = np.frombuffer(block, dtype=np.uint8).reshape(-1, itemsize * wide, channels)
    bytes_apart = np.cumsum(differences, axis=1, dtype=np.uint8).reshape(
        -1, itemsize, wide * channels
    )
    together = np.ascontiguousarray(bytes_apart.swapaxes(1, 2))
    samples: Plane = together.view(f">f{itemsize}").reshape(shape)
    return samples


def _split(samples: Plane, layout: Layout) -> tuple[Plane, Plane | None]:
    """Colours, h w or h w 3, and alpha, h w; straight."""
    if samples.dtype.kind == "f":
        samples = samples.astype(np.float32, copy=False)
    count = layout.colours
    colours = np.ascontiguousarray(samples[..., 0] if count == 1 else samples[..., :3])
    if layout.photometric == PHOTOMETRIC.MINISWHITE:
        white = 1 if colours.dtype.kind == "f" else np.iinfo(colours.dtype).max
        colours = white - colours
    unnamed = [EXTRASAMPLE.UNASSALPHA] * (samples.shape[2] - count)
    extra = [*(layout.extra or unnamed)][: len(unnamed)]
    known = [kind for kind in extra if kind != EXTRASAMPLE.UNSPECIFIED]
    if not known:
        return colours, None
    alpha = np.ascontiguousarray(samples[..., count + extra.index(known[0])])
    if known[0] == EXTRASAMPLE.ASSOCALPHA:
        straight = unpremultiply(to_float(np.atleast_3d(colours)), to_float(alpha))
        straight = straight.reshape(colours.shape)
        kind = colours.dtype
        colours = straight if kind.kind == "f" else to_depth(straight, kind.itemsize * 8)
    return colours, alpha


def _read_exif(page: tifffile.TiffPage, stream: Stream) -> PIL.Image.Exif:
    exif = PIL.Image.Exif()
    exif.endian, exif.bigtiff = page.parent.byteorder, page.parent.is_bigtiff
    exif.load_from_fp(stream, page.offset)
    return exif

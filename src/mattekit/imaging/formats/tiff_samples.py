"""The samples of a TIFF file: assembled from strips, tiles or planes, and put into strips.

Pillow's libtiff decompresses LZW and PackBits. A strip that is cut short is detected.
"""

import io
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from PIL import TiffTags
from PIL.ExifTags import Base as Tag
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile
from tifffile import COMPRESSION, PHOTOMETRIC

from mattekit.core.errors import BadImage
from mattekit.core.types import Plane, Size
from mattekit.imaging.formats.guard import CUT_SHORT, Stream, decoding

GREYS = {PHOTOMETRIC.MINISWHITE, PHOTOMETRIC.MINISBLACK}
DEFLATE = {COMPRESSION.ADOBE_DEFLATE, COMPRESSION.DEFLATE}
LIBTIFF = {COMPRESSION.LZW, COMPRESSION.PACKBITS}
NONE, DIFFERENCES, FLOAT_DIFFERENCES = 1, 2, 3  # values of the tag Predictor
LARGEST_TILE = 1 << 26
"""Pixels."""
AT_ONCE = 64_000_000
"""Bytes that Pillow decompresses in one call, below its guard against large pictures."""


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


def samples_of(layout: Layout, stream: Stream) -> Plane:
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
    file = file_of_strips(tags, stored, size, sizes[0] // row_bytes)
    data = TiffImageFile(io.BytesIO(file)).tobytes()
    return [data[end - size : end] for size, end in zip(sizes, accumulate(sizes), strict=True)]


def file_of_strips(
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

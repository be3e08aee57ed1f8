"""TIFF of integers, half floats and floats, which Pillow cannot all hold.

tifffile reads the tags, `tiff_samples` the samples. Palettes, CMYK, fewer than 8 bits and embedded
JPEG are left to Pillow. Camera raw, whose first picture is a thumbnail, is refused.
"""

import zlib
from functools import partial

import numpy as np
import PIL.Image
import tifffile
from PIL.ExifTags import Base as Tag
from PIL.TiffImagePlugin import ImageFileDirectory_v2
from tifffile import COMPRESSION, EXTRASAMPLE, PHOTOMETRIC, PLANARCONFIG

from mattekit.core.errors import BadImage
from mattekit.core.types import Plane
from mattekit.imaging.compose import unpremultiply
from mattekit.imaging.formats.guard import Stream, check_size, decoding
from mattekit.imaging.formats.metadata import LISTS, decoded, read_exif
from mattekit.imaging.formats.profiles import srgb_profile
from mattekit.imaging.formats.tiff_samples import (
    DEFLATE,
    DIFFERENCES,
    FLOAT_DIFFERENCES,
    GREYS,
    LIBTIFF,
    NONE,
    Layout,
    file_of_strips,
    samples_of,
)
from mattekit.imaging.picture import SEVERAL, DecodedImage, to_depth, to_float

CAMERA_RAW = "it is a camera raw file; export it as TIFF or JPEG from your raw converter"
DNG_VERSION, CR2_MARK = 50706, b"CR"
MOSAICS = {PHOTOMETRIC.CFA, PHOTOMETRIC.LINEAR_RAW}
MOST_SAMPLES = 8
STRIP = 64  # rows of a strip that is written


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
    colours, alpha = _split(samples_of(layout, stream), layout)
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
    return file_of_strips(tags, strips, (height, width), STRIP)


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

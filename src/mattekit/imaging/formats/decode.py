"""From a file to planes: which formats are read, and by which library.

Pillow reads what has 8 bits, `deep` what has 16 bits or floats in PNG and TIFF, `openexr` OpenEXR.
Planes come out upright and as stored; `profiles` manages their colours.
"""

from contextlib import AbstractContextManager, nullcontext

import numpy as np
import PIL.Image

from mattekit.core.errors import BadImage, MissingExtra
from mattekit.core.types import Plane, Size
from mattekit.imaging.formats.deep import read_deep, read_layout
from mattekit.imaging.formats.guard import Stream, check_size, quiet_stderr
from mattekit.imaging.formats.metadata import (
    PNG_SIGNATURE,
    header_orientation,
    holds_several,
    kept_exif,
    orientation_of,
    read_exif,
    turned,
    turned_size,
)
from mattekit.imaging.formats.openexr import exr_size, read_exr
from mattekit.imaging.formats.profiles import cmyk_to_rgb
from mattekit.imaging.picture import SEVERAL, Stored

SIGNATURES = {
    b"\xff\xd8\xff": "JPEG",
    PNG_SIGNATURE: "PNG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"BM": "BMP",
    b"v/1\x01": "EXR",
}
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
READABLE = "JPEG, PNG, TIFF, WebP, BMP, AVIF, HEIC or OpenEXR"


def decode(stream: Stream, max_pixels: int, at_least: Size | None = None) -> Stored:
    """The planes of the first picture in the file, upright, in the depth and colours they have.

    A JPEG is decoded at a half, a quarter or an eighth where that is still `at_least` as large.
    """
    kind = _kind(stream)
    if kind == "EXR":
        return read_exr(stream, max_pixels)
    layout = read_layout(stream, kind)
    if layout is not None:
        check_size(layout.size, max_pixels)
        return read_deep(stream, layout)
    with _quietly(kind):
        image = _open(stream, kind)
        check_size((image.height, image.width), max_pixels)
        if at_least is not None and kind == "JPEG":
            height, width = turned_size(at_least, header_orientation(image, stream))
            image.draft(image.mode, (width, height))
        return _read_8bit(image)


def upright_size(stream: Stream) -> Size:
    """Height and width of the upright picture, from the header alone."""
    kind = _kind(stream)
    if kind == "EXR":
        return exr_size(stream)
    layout = read_layout(stream, kind)
    if layout is not None:
        return turned_size(layout.size, layout.orientation)
    with _quietly(kind):
        image = _open(stream, kind)
        size = (image.height, image.width)
        if kind == "TIFF":  # whose size Pillow has turned already
            return size
        return turned_size(size, header_orientation(image, stream))


def _kind(stream: Stream) -> str:
    """The format by its first bytes, whatever the file is called."""
    head = stream.read(64)
    stream.seek(0)
    if not head:
        raise BadImage("the file is empty; expected a picture")
    for signature, kind in SIGNATURES.items():
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp" and (b"avif" in head or b"avis" in head):
        return "AVIF"
    if head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS:
        return "HEIF"
    raise BadImage(f"the file is not a picture of a kind that is read; expected {READABLE}")


def _quietly(kind: str) -> AbstractContextManager[None]:
    return quiet_stderr if kind == "TIFF" else nullcontext()


def _open(stream: Stream, kind: str) -> PIL.Image.Image:
    """The header; nothing is decoded yet."""
    if kind != "HEIF":
        return PIL.Image.open(stream, formats=[kind])
    try:
        from pillow_heif.as_plugin import HeifImageFile
    except ImportError as error:
        raise MissingExtra("reading HEIC pictures", "heif") from error
    image: PIL.Image.Image = HeifImageFile(stream)
    return image


def _read_8bit(image: PIL.Image.Image) -> Stored:
    low_bits = _scale_of_low_bits(image)
    image.load()
    exif = read_exif(image)
    warnings: tuple[str, ...] = (SEVERAL,) if holds_several(image) else ()
    profile = image.info.get("icc_profile") or b""
    if image.mode == "CMYK":
        image, notes = cmyk_to_rgb(image, profile)
        profile, warnings = b"", warnings + notes
    colours, alpha = _split(image, low_bits)
    orientation = orientation_of(exif)  # gone from a TIFF, which Pillow turns while decoding
    return Stored(
        colours=turned(colours, orientation),
        alpha=None if alpha is None else turned(alpha, orientation),
        profile=profile,
        exif=kept_exif(exif),
        warnings=warnings,
    )


def _split(image: PIL.Image.Image, low_bits: int) -> tuple[Plane, Plane | None]:
    """Colours (h w or h w 3) and alpha of a decoded picture of any mode of 8 bits."""
    key = image.info.get("transparency")
    if image.mode in {"1", "L"}:
        grey = np.asarray(image.convert("L"))
        return grey, None if key is None else _opaque_except(grey == key * low_bits)
    if image.mode == "RGB":
        colours = np.asarray(image)
        return colours, None if key is None else _opaque_except((colours == key).all(axis=-1))
    if image.mode in {"LA", "La"}:
        planes = np.asarray(image.convert("LA"))
        return planes[..., 0], planes[..., 1]
    if image.has_transparency_data:
        image = image.convert("RGBA")  # whose planes Pillow takes apart faster than NumPy
        return np.asarray(image.convert("RGB")), np.asarray(image.getchannel("A"))
    if image.mode in {"P", "RGBX", "YCbCr"}:
        return np.asarray(image.convert("RGB")), None
    raise BadImage(f"pictures of Pillow's mode {image.mode} are not read; save it as 8-bit RGB")


def _opaque_except(transparent: Plane) -> Plane:
    return np.where(transparent, np.uint8(0), np.uint8(255))


def _scale_of_low_bits(image: PIL.Image.Image) -> int:
    """Pillow spreads grey of 2 and 4 bits over 0 to 255, but not the transparent value (tRNS)."""
    raw_modes = {str(tile.args) for tile in getattr(image, "tile", ())}
    return 85 if "L;2" in raw_modes else 17 if "L;4" in raw_modes else 1

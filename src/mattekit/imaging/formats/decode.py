"""From a file to planes: formats are detected by their first bytes, and decoded or refused.

Pillow reads most 8-bit files; `png`, `tiff` and `openexr` read what it cannot hold. Planes are
upright and otherwise as stored; `profiles` converts their colours.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import PIL.Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from mattekit.core.errors import BadImage
from mattekit.core.types import Plane, Size
from mattekit.imaging.formats.guard import Stream, check_size, decoding
from mattekit.imaging.formats.metadata import decoded, orientation_of, read_exif, several_in
from mattekit.imaging.formats.openexr import read_exr
from mattekit.imaging.formats.png import SIGNATURE as PNG
from mattekit.imaging.formats.png import read_deep_png
from mattekit.imaging.formats.profiles import cmyk_to_rgb
from mattekit.imaging.formats.tiff import CAMERA_RAW, read_tiff
from mattekit.imaging.picture import DecodedImage

Reader = Callable[[Stream, int], DecodedImage | None]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A format that is read."""

    starts: bytes
    """A pattern of the first bytes."""
    pillow: Callable[[Stream], PIL.Image.Image] | None = None
    """By class, since `PIL.Image.open` has a process-wide size limit."""
    reader: Reader | None = None
    """Reads what Pillow cannot hold; None for a file that Pillow reads."""


def _heif(stream: Stream) -> PIL.Image.Image:
    from pillow_heif.as_plugin import HeifImageFile  # its libraries take time to load

    image: PIL.Image.Image = HeifImageFile(stream)
    return image


KINDS = (
    Kind(starts=rb"\xff\xd8\xff", pillow=JpegImageFile),
    Kind(starts=re.escape(PNG), pillow=PngImageFile, reader=read_deep_png),
    Kind(starts=rb"II[*+]\0|MM\0[*+]", pillow=TiffImageFile, reader=read_tiff),
    Kind(starts=rb"BM", pillow=BmpImageFile),
    Kind(starts=rb"v/1\x01", reader=read_exr),
    Kind(starts=rb"RIFF....WEBP", pillow=WebPImageFile),
    Kind(starts=rb"....ftyp.{0,48}avi[fs]", pillow=AvifImageFile),
    Kind(starts=rb"....ftyp(hei[cxms]|hevc|hevx|mif1|msf1)", pillow=_heif),
)
"""The first that matches counts."""
READABLE = "JPEG, PNG, TIFF, WebP, BMP, AVIF, HEIC or OpenEXR"
LONGEST_HEAD = 512

SAVE = "save it as PNG"
REFUSED = {
    rb"FUJIFILMCCD-RAW|II(U\0|RO|RS)|MMOR|\0MRM|....ftypcrx": CAMERA_RAW,
    rb"GIF8": f"it is a GIF; {SAVE}",
    rb"%PDF": "it is a PDF document; export the page as PNG",
    rb"8BPS|8BPB": "it is a Photoshop document; export it as PNG or TIFF",
    rb"\xff\x0a|\0\0\0\x0cJXL |\0\0\0\x0cjP  ": f"it is a JPEG XL or JPEG 2000 file; {SAVE}",
    rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE svg|<svg)": (
        "it is an SVG drawing; export it as PNG in the size that you need"
    ),
    rb"\s*<(!doctype )?html": "it is a web page; download the picture itself",
    rb"....ftyp|\x1aE\xdf\xa3|RIFF....AVI ": "it is a video; save one frame of it as PNG",
}
"""Formats that are not read, and what to do."""


def decode(stream: Stream, max_pixels: int, at_least: Size | None = None) -> DecodedImage:
    """The planes of the first picture in the file, upright, in the depth and colours they have.

    A JPEG is decoded at a half, a quarter or an eighth where that is still `at_least` as large.
    """
    kind = _kind_of(stream)
    if kind.reader is not None:
        found = kind.reader(stream, max_pixels)
        if found is not None:
            return found
        stream.seek(0)
    assert kind.pillow is not None
    with decoding():
        image = kind.pillow(stream)  # the header; nothing is decoded yet
    check_size((image.height, image.width), max_pixels)
    if at_least is not None and isinstance(image, JpegImageFile):
        quarter_turn = orientation_of(read_exif(image.getexif)) >= 5
        image.draft(image.mode, at_least if quarter_turn else at_least[::-1])
    return _read_8bit(image)


def _kind_of(stream: Stream) -> Kind:
    """The format of the file; one that is not read is refused."""
    stream.seek(0)
    head = stream.read(LONGEST_HEAD)
    stream.seek(0)
    if not head:
        raise BadImage("the file is empty; expected a picture")
    for kind in KINDS:
        if re.match(kind.starts, head, re.DOTALL):
            return kind
    for pattern, sentence in REFUSED.items():
        if re.match(pattern, head, re.DOTALL | re.IGNORECASE):
            raise BadImage(sentence)
    raise BadImage(
        f"the file is not a picture of a kind that is read; expected {READABLE}; open it in an "
        "image editor and save it as PNG"
    )


def _read_8bit(image: PIL.Image.Image) -> DecodedImage:
    low_bits = _scale_of_low_bits(image)
    with decoding():
        image.load()
    exif = read_exif(image.getexif)  # Pillow rotates a TIFF in `load` and drops its orientation
    warnings = several_in(image)
    profile = image.info.get("icc_profile") or b""
    if image.mode == "CMYK":
        image, notes = cmyk_to_rgb(image, profile)
        profile, warnings = b"", warnings + notes
    colours, alpha = _split(image, low_bits)
    return decoded(colours, alpha, exif, profile=profile, warnings=warnings)


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
        image = image.convert("RGBA")  # whose channels Pillow splits faster than NumPy
        return np.asarray(image.convert("RGB")), np.asarray(image.getchannel("A"))
    if image.mode in {"P", "RGBX", "YCbCr"}:
        return np.asarray(image.convert("RGB")), None
    raise BadImage(f"its colours are {image.mode}, which is not read; save it as 8-bit RGB")


def _opaque_except(transparent: Plane) -> Plane:
    return np.where(transparent, np.uint8(0), np.uint8(255))


def _scale_of_low_bits(image: PIL.Image.Image) -> int:
    """Pillow spreads grey of 2 and 4 bits over 0 to 255, but not the transparent value (tRNS)."""
    raw_modes = {str(tile.args) for tile in getattr(image, "tile", ())}
    return 85 if "L;2" in raw_modes else 17 if "L;4" in raw_modes else 1

"""From a file to planes: the decoder of each format.

Pillow reads most 8-bit files; `png`, `tiff` and `openexr` read what it cannot hold. Planes are
upright and otherwise as stored; `profiles` converts their colours.
"""

from collections.abc import Callable

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
from mattekit.imaging.formats.kinds import kind_of
from mattekit.imaging.formats.metadata import (
    apply_orientation,
    kept_exif,
    orientation_of,
    read_exif,
    several_in,
)
from mattekit.imaging.formats.openexr import read_exr
from mattekit.imaging.formats.png import read_deep_png
from mattekit.imaging.formats.profiles import cmyk_to_rgb
from mattekit.imaging.formats.tiff import read_tiff
from mattekit.imaging.picture import DecodedImage

Opener = Callable[[Stream], PIL.Image.Image]
PILLOW: dict[str, Opener] = {  # by class: `PIL.Image.open` has a process-wide size limit
    "AVIF": AvifImageFile,
    "BMP": BmpImageFile,
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "TIFF": TiffImageFile,
    "WEBP": WebPImageFile,
}
OTHERS = {"EXR": read_exr, "PNG": read_deep_png, "TIFF": read_tiff}


def decode(stream: Stream, max_pixels: int, at_least: Size | None = None) -> DecodedImage:
    """The planes of the first picture in the file, upright, in the depth and colours they have.

    A JPEG is decoded at a half, a quarter or an eighth where that is still `at_least` as large.
    """
    kind = kind_of(stream)
    if kind in OTHERS:
        decoded = OTHERS[kind](stream, max_pixels)
        if decoded is not None:
            return decoded
        stream.seek(0)
    with decoding():
        image = _open(stream, kind)
    check_size((image.height, image.width), max_pixels)
    if at_least is not None and isinstance(image, JpegImageFile):
        quarter_turn = orientation_of(read_exif(image)) >= 5
        image.draft(image.mode, at_least if quarter_turn else at_least[::-1])
    return _read_8bit(image)


def _open(stream: Stream, kind: str) -> PIL.Image.Image:
    """The header; nothing is decoded yet."""
    if kind == "HEIF":
        from pillow_heif.as_plugin import HeifImageFile  # its libraries take time to load

        heif: PIL.Image.Image = HeifImageFile(stream)
        return heif
    return PILLOW[kind](stream)


def _read_8bit(image: PIL.Image.Image) -> DecodedImage:
    low_bits = _scale_of_low_bits(image)
    with decoding():
        image.load()
    exif = read_exif(image)
    warnings = several_in(image)
    profile = image.info.get("icc_profile") or b""
    if image.mode == "CMYK":
        image, notes = cmyk_to_rgb(image, profile)
        profile, warnings = b"", warnings + notes
    colours, alpha = _split(image, low_bits)
    orientation = orientation_of(exif)  # lost for a TIFF, which Pillow rotates while decoding
    return DecodedImage(
        colours=apply_orientation(colours, orientation),
        alpha=None if alpha is None else apply_orientation(alpha, orientation),
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
        image = image.convert("RGBA")  # whose channels Pillow splits faster than NumPy
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

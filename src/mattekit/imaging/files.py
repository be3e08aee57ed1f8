"""Reading and writing picture files.

A source is a path, the bytes of a file, or an open binary file. What cannot be read raises
`BadImage` with a sentence that names it. How each format is decoded: `imaging.formats`.
"""

import io
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from mattekit.core.atomic import replacing
from mattekit.core.errors import BadArgument, BadImage
from mattekit.core.storage import Url, as_path
from mattekit.core.types import Alpha, Image, Plane, Size, Trimap
from mattekit.imaging.arrays import snap
from mattekit.imaging.compose import to_linear
from mattekit.imaging.formats.decode import decode
from mattekit.imaging.formats.encode import WRITABLE, format_named, format_of
from mattekit.imaging.formats.guard import Stream, named
from mattekit.imaging.formats.openexr import write_exr
from mattekit.imaging.formats.profiles import managed
from mattekit.imaging.picture import DecodedImage, Picture, coded, to_depth, to_float
from mattekit.imaging.trimap import to_pixels


@runtime_checkable
class Readable(Protocol):
    """An open binary file, such as stdin or an upload."""

    def read(self) -> bytes: ...


Source = str | os.PathLike[str] | bytes | bytearray | memoryview | Readable

MAX_PIXELS = 150_000_000
SUFFIXES = (*WRITABLE, ".heic", ".heif")
"""Suffixes of files that are read, in lower case; the format is detected from the content."""
WEB_ADDRESS = re.compile(r"https?:[/\\]", re.IGNORECASE)
NEARLY_THE_NAME = 0.8
"""Likeness of two names from which one is taken for the other, misspelt."""
FEW = 1000
"""Names of a folder that are compared with one that does not exist."""
NEARLY_GREY = 8
"""8-bit steps by which the channels of a grey picture may differ, as after JPEG compression."""


def open_picture(
    source: Source,
    *,
    max_pixels: int = MAX_PIXELS,
    allow_8bit: bool = False,
    ignore_profile: bool = False,
    at_least: Size | None = None,
) -> Picture:
    """Read a photo: upright, with sRGB colours in the depth of the file, and what else it holds.

    Args:
        allow_8bit: read 16-bit pictures with a table-based profile at 8 bits, with a warning,
            instead of refusing them.
        ignore_profile: treat the values of the file as sRGB, as programs without colour management
            do.
        at_least: sufficient height and width; a JPEG that is twice as large or more is decoded at
            a half, a quarter or an eighth, which is faster.
    """
    with _reading(source) as stream:
        stored = decode(stream, max_pixels, at_least)
        if ignore_profile:
            stored = replace(stored, profile=b"")
        return managed(stored, allow_8bit=allow_8bit)


def read_image(source: Source) -> Image:
    """The colours of a photo; an alpha channel is ignored.

    Args:
        source: a path, the bytes of a file, or an open binary file.

    Returns:
        h w 3, sRGB-coded floats in [0, 1], upright.

    Raises:
        BadImage: the file cannot be read as a picture.

    >>> read_image(encode_image(np.ones((2, 3, 3), np.float32), format="png")).shape
    (2, 3, 3)
    """
    return open_picture(source).image()


def read_alpha(source: Source, *, max_pixels: int = MAX_PIXELS) -> Alpha:
    """The alpha channel if the file has one that is not opaque everywhere, else its grey values.

    Args:
        source: a path, the bytes of a file, or an open binary file.
        max_pixels: larger pictures are refused.

    Returns:
        h w, floats in [0, 1].

    Raises:
        BadImage: the file cannot be read, or has neither transparency nor grey values.

    >>> read_alpha(encode_image(np.full((1, 2), 0.2, np.float32), format="png"))
    array([[0.2, 0.2]], dtype=float32)
    """
    return to_float(open_alpha(source, max_pixels=max_pixels)).clip(0, 1)


def open_alpha(source: Source, *, max_pixels: int = MAX_PIXELS) -> Plane:
    """The alpha that `read_alpha` finds, in the depth of the file."""
    with _reading(source) as stream:
        stored = decode(stream, max_pixels)
        if stored.alpha is not None and to_depth(_defined(stored.alpha), 8).min() < 255:
            return stored.alpha
        return _grey(stored, "an alpha or a mask")


def read_trimap(source: Source, *, strict: bool = False) -> Trimap:
    """The labels of a trimap: up to 10 is background, from 245 foreground, the rest unknown.

    Args:
        source: a path, the bytes of a file, or an open binary file.
        strict: refuse trimaps with many values other than 0, 128 and 255.

    Returns:
        h w, labels 0 background, 1 unknown, 2 foreground.

    Raises:
        BadImage: the file cannot be read, or is in colour.
        BadTrimap: the values are not those of a trimap.

    >>> read_trimap(encode_image(np.uint8([[0, 128, 255]]), format="png"))
    array([[0, 1, 2]], dtype=uint8)
    """
    return open_trimap(source, strict=strict)[0]


def open_trimap(
    source: Source, *, strict: bool = False, max_pixels: int = MAX_PIXELS
) -> tuple[Trimap, tuple[str, ...]]:
    """The labels of a trimap and warnings about its values."""
    with _reading(source) as stream:
        stored = decode(stream, max_pixels)
        trimap, warnings = snap(to_depth(_grey(stored, "a trimap"), 8), strict=strict)
    return trimap, tuple(f"{_name_of(source)}: {warning}" for warning in warnings)


def encode_image(
    image: Plane,
    *,
    format: str,
    alpha: Plane | None = None,
    bits: int = 8,
    exif: bytes = b"",
    linear: bool = False,
    straight: bool = False,
) -> bytes:
    """The bytes of a file with these colours (h w 3, or h w for one channel) and this alpha.

    Args:
        image: straight colours, floats in [0, 1] or whole numbers as a `Picture` holds them.
        format: a name of `formats.encode.FORMATS`, such as `png`.
        bits: 8 or 16; of EXR 32, or less for half floats.
        exif: EXIF data to keep, `Picture.exif`.
        linear: the colours are linear light, as `Picture.linear`.
        straight: do not premultiply the colours of an EXR file, although programs expect that; the
            other formats are always straight.
    """
    target = format_named(format)
    target.check(bits=bits, alpha=alpha is not None, exif=exif, size=image.shape[:2])
    if alpha is not None and alpha.shape != image.shape[:2]:
        raise BadArgument(f"the alpha is {alpha.shape} and the image {image.shape[:2]}")
    if target.floats:
        light = image if linear else to_linear(to_float(image))
        opacity = None if alpha is None else to_float(alpha)
        return write_exr(light, opacity, half=bits < 32, straight=straight)
    planes = to_depth(coded(image) if linear else image, bits)
    if alpha is not None:
        planes = np.dstack([planes, to_depth(alpha, bits)])
    return target.encode(planes, exif)


def write_image(
    path: str | os.PathLike[str],
    image: Plane,
    *,
    alpha: Plane | None = None,
    bits: int = 8,
    exif: bytes = b"",
    linear: bool = False,
    straight: bool = False,
) -> None:
    """Write a picture atomically, in the format of the suffix.

    Args:
        path: the file to write, such as `cat.png`; an existing one is replaced.
        image: straight colours, h w 3 or h w, floats in [0, 1], uint8 or uint16.
        alpha: h w, for a picture with transparency.
        bits: bits per value, 8 or 16; 32 for EXR.
        exif: EXIF data to store.
        linear: the colours are linear light.
        straight: do not premultiply the colours of an EXR file.

    Raises:
        BadArgument: the format cannot hold this, or a size differs.
        BadOutput: the file cannot be written.

    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "grey.png")
    >>> write_image(path, np.full((2, 3, 3), 0.5, np.float32), bits=16)
    >>> read_image(path)[0, 0].round(3)
    array([0.5, 0.5, 0.5], dtype=float32)
    """
    encoded = encode_image(
        image,
        format=format_of(path).name,
        alpha=alpha,
        bits=bits,
        exif=exif,
        linear=linear,
        straight=straight,
    )
    _write(path, encoded)


def write_alpha(path: str | os.PathLike[str], alpha: Plane, *, bits: int = 8) -> None:
    """Write an alpha as a grey picture."""
    format = format_of(path)
    # alpha is linear: no tone curve applies to it
    _write(path, encode_image(alpha, format=format.name, bits=bits, linear=format.floats))


def write_trimap(path: str | os.PathLike[str], trimap: Trimap) -> None:
    """Write a trimap as a grey picture of 0, 128 and 255."""
    format = format_of(path)
    if not format.lossless or format.floats:
        raise BadArgument(f"{path}: {format.title} does not keep the labels of a trimap; write PNG")
    _write(path, encode_image(to_pixels(trimap), format=format.name))


@contextmanager
def _reading(source: Source) -> Iterator[Stream]:
    """The source as a seekable file; any refusal begins with its name."""
    with ExitStack() as stack:
        stream: Stream
        if isinstance(source, str | os.PathLike):
            if WEB_ADDRESS.match(str(source)):
                raise BadImage(f"{source} is a web address; download it and give the file")
            file = _opened(as_path(source))
            stack.enter_context(file)
            stream = file if file.seekable() else io.BytesIO(file.read())
        else:
            stream = io.BytesIO(_content(source))
        stack.enter_context(named(_name_of(source)))
        yield stream


def _content(source: object) -> bytes | bytearray | memoryview:
    """The bytes of a source that is no path."""
    if isinstance(source, bytes | bytearray | memoryview):
        return source
    if isinstance(source, io.TextIOBase):
        raise BadImage("the file is open as text; open it with the mode 'rb'")
    if not isinstance(source, Readable):
        raise BadImage(
            f"a picture cannot be read from {type(source).__name__}; give a path, the bytes of a "
            "file, an open binary file, an array or a PIL image"
        )
    try:
        return source.read()
    except (OSError, ValueError) as error:  # ValueError: it is closed
        raise BadImage(f"the open file cannot be read: {error}") from error


def _name_of(source: Source) -> str:
    return str(source) if isinstance(source, str | os.PathLike) else "the picture"


def _opened(path: Path) -> Stream:
    try:
        if path.is_dir():
            raise BadImage(f"{path} is a folder; expected a picture")
        return path.open("rb")
    except FileNotFoundError as error:
        near = _nearest_name(path)
        meant = "" if near is None else f"; did you mean {near}?"
        raise BadImage(f"{path} does not exist; expected a picture{meant}") from error
    except OSError as error:
        raise BadImage(f"{path} cannot be opened: {(error.strerror or '').lower()}") from error
    except ValueError as error:
        raise BadImage(f"{str(path)!r} cannot be the name of a file") from error


def _nearest_name(path: Path) -> Path | None:
    """The picture in the same folder whose name is most like that of one that does not exist."""
    if isinstance(path, Url):
        return None
    try:
        with os.scandir(path.parent) as entries:
            names = [entry.name for entry in islice(entries, FEW)]
    except OSError:
        return None
    in_small = {name.lower(): name for name in names if Path(name).suffix.lower() in SUFFIXES}
    close = get_close_matches(path.name.lower(), in_small, n=1, cutoff=NEARLY_THE_NAME)
    return path.with_name(in_small[close[0]]) if close else None


def _grey(stored: DecodedImage, what: str) -> Plane:
    """The single channel of a grey picture."""
    colours = _defined(stored.colours)
    if colours.ndim == 2:
        return colours
    spread = to_depth(colours.max(axis=-1) - colours.min(axis=-1), 8).max()
    if spread > NEARLY_GREY:
        raise BadImage(f"the picture is in colour; expected the greys of {what}")
    return np.ascontiguousarray(colours[..., 1])


def _write(path: str | os.PathLike[str], encoded: bytes) -> None:
    with replacing(path) as aside:
        aside.write_bytes(encoded)


def _defined(plane: Plane) -> Plane:
    """The plane; NaN and infinite values are refused."""
    undefined = int(np.isnan(plane).sum())
    if undefined:
        raise BadImage(f"{undefined} of its values are not numbers; expected 0 to 1")
    return plane

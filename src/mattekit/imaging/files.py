"""Reading and writing picture files.

What cannot be read raises `BadImage` with a sentence that names it. How a source is opened:
`imaging.sources`; how each format is decoded: `imaging.formats`.
"""

import os
from dataclasses import replace

import numpy as np

from mattekit.core.atomic import replacing
from mattekit.core.errors import BadArgument, BadImage
from mattekit.core.types import Alpha, Image, Plane, Size, Trimap, size_text
from mattekit.imaging.arrays import snap
from mattekit.imaging.compose import to_linear
from mattekit.imaging.formats.decode import decode
from mattekit.imaging.formats.encode import format_named, format_of
from mattekit.imaging.formats.openexr import write_exr
from mattekit.imaging.formats.profiles import managed
from mattekit.imaging.picture import DecodedImage, Picture, coded, to_depth, to_float
from mattekit.imaging.sources import Source, name_of, reading
from mattekit.imaging.trimap import to_pixels

MAX_PIXELS = 150_000_000
NEARLY_GREY = 8
FAR_OUTSIDE = 2
"""Floats above this are no samples in [0, 1] that resampling carried beyond it."""
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
    with reading(source) as stream:
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
    with reading(source) as stream:
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
    with reading(source) as stream:
        stored = decode(stream, max_pixels)
        values = _grey(stored, "a trimap")
        if values.dtype == np.uint16 and values.max() <= 255:
            values = values.astype(np.uint8)  # they are those of 8 bits, as some programs save them
        trimap, warnings = snap(to_depth(values, 8), strict=strict)
    return trimap, tuple(f"{name_of(source)}: {warning}" for warning in warnings)


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
    for what, plane in (("picture", image), ("alpha", alpha)):
        _check_samples(plane, what, unbounded=linear or target.floats)
    target.check(bits=bits, alpha=alpha is not None, exif=exif, size=image.shape[:2])
    if alpha is not None and alpha.shape != image.shape[:2]:
        raise BadArgument(
            f"the alpha is {size_text(alpha.shape)} and the image {size_text(image.shape)}; they "
            "must have the same size"
        )
    if target.floats:
        light = image if linear else to_linear(to_float(image))
        opacity = None if alpha is None else to_float(alpha)
        return write_exr(light, opacity, half=bits < 32, straight=straight)
    planes = to_depth(coded(image) if linear else image, bits)
    if alpha is not None:
        planes = np.dstack([planes, to_depth(alpha, bits)])
    return target.encode(planes, exif)


def _check_samples(plane: Plane | None, what: str, *, unbounded: bool) -> None:
    """Refuse what would be written in another range than it is meant.

    Args:
        unbounded: floats above 1 are light.
    """
    if plane is None:
        return
    if plane.dtype.kind != "f" and plane.dtype not in (np.uint8, np.uint16):
        raise BadArgument(
            f"the {what} is of {plane.dtype}; expected floats in [0, 1], uint8 or uint16"
        )
    if plane.dtype.kind == "f" and plane.size and not unbounded and plane.max() > FAR_OUTSIDE:
        raise BadArgument(
            f"the {what} has values up to {plane.max():.4g}; expected floats in [0, 1]; divide by "
            "255 first, or give it as uint8"
        )


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

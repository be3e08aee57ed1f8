"""Exceptions of decoders become one sentence.

`decoding` wraps only calls into a library, so that a bug of ours is never reported as a damaged
file. No stream is redirected and no setting of a library is changed, so a C library may print a
line about a damaged file.
"""

import io
import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import PIL.Image

from mattekit.core.errors import BadImage, BadTrimap, TooLarge
from mattekit.core.types import Size

for library in ("PIL", "tifffile"):  # else Python prints their messages to stderr
    logging.getLogger(library).addHandler(logging.NullHandler())

Stream = io.BytesIO | io.BufferedReader

DAMAGE = (  # exceptions that decoders raise on damaged files
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
    cv2.error,
)

CUT_SHORT = "the file is damaged or cut short and cannot be read"
NO_MEMORY = "there is not enough memory to decode the picture"


@contextmanager
def decoding() -> Iterator[None]:
    """Around calls of a decoder: its exceptions become one sentence."""
    try:
        yield
    except PIL.Image.DecompressionBombError as error:
        raise TooLarge("the picture is larger than Pillow decodes; save it as PNG") from error
    except DAMAGE as error:
        raise BadImage(CUT_SHORT) from error


@contextmanager
def named(name: str) -> Iterator[None]:
    """Prefix any refusal with the name of the file.

    Values that are not finite are detected in the planes, so NumPy's warnings are off (in this
    thread only).
    """
    try:
        with np.errstate(all="ignore"):
            yield
    except (BadImage, BadTrimap, TooLarge) as error:
        sentence = str(error)
        prefix = "" if sentence.startswith(name) else f"{name}: "
        raise type(error)(prefix + sentence) from error
    except MemoryError as error:
        raise TooLarge(f"{name}: {NO_MEMORY}") from error
    except OSError as error:  # of the disk; those of decoders are already sentences
        raise BadImage(f"{name}: cannot be read: {(error.strerror or '').lower()}") from error


def check_size(size: Size, max_pixels: int, *, what: str = "picture") -> None:
    """Refuse a picture by the size that it will have, before there is a pixel of it."""
    height, width = size
    if min(size) < 1:
        raise BadImage(f"the picture is {width}x{height}; it has no pixels")
    if height * width > max_pixels:
        raise TooLarge(
            f"the {what} has {height * width / 1e6:.1f} megapixels ({width}x{height}), more than "
            f"the limit of {max_pixels / 1e6:.1f}; --max-pixels raises it"
        )

"""What goes wrong in a decoder becomes one sentence; what libraries would print is not printed.

Pillow warns through `warnings` and guards against large pictures with a global of its own; C code
below it, OpenCV and OpenEXR write to stderr. All of that is process-wide, so it is put aside when
the first reader comes in and put back when the last one has left, and stderr only for the formats
that need it. `check_size` stands in for Pillow's guard.
"""

import io
import os
import struct
import sys
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout

import cv2
import PIL.Image

from mattekit.core.errors import BadImage, BadTrimap, TooLarge
from mattekit.core.types import Size

Stream = io.BytesIO | io.BufferedReader

DAMAGE = (  # what decoders raise on damaged files
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    EOFError,
    struct.error,
    zlib.error,
    cv2.error,
)

CUT_SHORT = "the file is damaged or cut short and cannot be read"
STDERR = 2


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn any failure inside into one sentence that begins with the name of the file."""
    try:
        with quiet_libraries:
            yield
    except (BadImage, BadTrimap, TooLarge) as error:
        raise type(error)(f"{name}: {error}") from error
    except MemoryError as error:
        raise TooLarge(f"{name}: there is not enough memory to decode the picture") from error
    except DAMAGE as error:
        raise BadImage(f"{name}: {CUT_SHORT}") from error


def check_size(size: Size, max_pixels: int) -> None:
    """Refuse a picture by the size that its header gives, before a pixel is decoded."""
    height, width = size
    if min(size) < 1:
        raise BadImage(f"the picture is {width}x{height}; it has no pixels")
    if height * width > max_pixels:
        raise TooLarge(
            f"the picture has {height * width / 1e6:.1f} megapixels ({width}x{height}), more than "
            f"the limit of {max_pixels / 1e6:.1f}; --max-pixels raises it"
        )


class Quiet:
    """A process-wide setting, put aside while anybody is inside, in whatever thread."""

    def __init__(self, put_aside: Callable[[ExitStack], None]) -> None:
        self._put_aside = put_aside
        self._lock = threading.Lock()
        self._inside = 0
        self._back = ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._put_aside(self._back)
            self._inside += 1

    def __exit__(self, *failure: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._back.close()


def _silence_libraries(back: ExitStack) -> None:
    """No warnings, no pixel guard of Pillow, no log of OpenCV."""
    back.enter_context(warnings.catch_warnings())
    warnings.simplefilter("ignore")
    back.callback(setattr, PIL.Image, "MAX_IMAGE_PIXELS", PIL.Image.MAX_IMAGE_PIXELS)
    PIL.Image.MAX_IMAGE_PIXELS = None
    log = cv2.utils.logging
    back.callback(log.setLogLevel, log.getLogLevel())
    log.setLogLevel(log.LOG_LEVEL_SILENT)


def _silence_stderr(back: ExitStack) -> None:
    """Nothing on the process's stderr, where libpng, libtiff and OpenEXR print from C."""
    sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    back.callback(os.close, nowhere)
    stderr = os.dup(STDERR)
    back.callback(os.close, stderr)
    os.dup2(nowhere, STDERR)
    back.callback(os.dup2, stderr, STDERR)


def _silence_stdout(back: ExitStack) -> None:
    """Nothing on Python's stdout, where the package OpenEXR prints warnings."""
    back.enter_context(redirect_stdout(io.StringIO()))


quiet_libraries = Quiet(_silence_libraries)
quiet_stdout = Quiet(_silence_stdout)
quiet_stderr = Quiet(_silence_stderr)

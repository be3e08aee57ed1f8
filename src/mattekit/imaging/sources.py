"""Where a picture comes from: a path, the bytes of a file, or an open binary file.

What cannot be opened raises `BadImage` with a sentence that names it.
"""

import io
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Protocol, runtime_checkable

from mattekit.core.errors import BadImage
from mattekit.core.storage import Url, as_path
from mattekit.imaging.formats.encode import WRITABLE
from mattekit.imaging.formats.guard import Stream, named


@runtime_checkable
class Readable(Protocol):
    """An open binary file, such as stdin or an upload."""

    def read(self) -> bytes: ...


Source = str | os.PathLike[str] | bytes | bytearray | memoryview | Readable

SUFFIXES = (*WRITABLE, ".heic", ".heif")
"""Suffixes of files that are read, in lower case; the format is detected from the content."""
WEB_ADDRESS = re.compile(r"https?:[/\\]", re.IGNORECASE)
NEARLY_THE_NAME = 0.8
"""Likeness of two names from which one is taken for the other, misspelt."""
FEW_NAMES = 1000
"""Names of a folder that are compared with one that does not exist."""


@contextmanager
def reading(source: Source) -> Iterator[Stream]:
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
        stack.enter_context(named(name_of(source)))
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


def name_of(source: Source) -> str:
    """What sentences call it."""
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
            names = [entry.name for entry in islice(entries, FEW_NAMES)]
    except OSError:
        return None
    in_small = {name.lower(): name for name in names if Path(name).suffix.lower() in SUFFIXES}
    close = get_close_matches(path.name.lower(), in_small, n=1, cutoff=NEARLY_THE_NAME)
    return path.with_name(in_small[close[0]]) if close else None

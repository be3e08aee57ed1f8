"""Atomic writes: a temporary file, flushed to the disk, then renamed, or sent to object storage."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mattekit.core import system
from mattekit.core.errors import BadOutput
from mattekit.core.storage import Url, as_path, store

WAITS = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds before Windows is asked again to rename what another program has open, such as one that
looks for viruses in every new file."""


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path`; it takes the name of `path` when the block succeeds.

    A symbolic link stays one: the file that it points to is replaced. What goes to object storage
    is a local file until it is whole.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with replacing(folder / "note.txt") as temporary:
    ...     _ = temporary.write_text("done")
    >>> [file.name for file in folder.iterdir()]
    ['note.txt']
    """
    path = as_path(path)
    if isinstance(path, Url):
        with _sending(path) as temporary:
            yield temporary
        return
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    make_folder(target.parent)
    if target.is_dir():
        raise BadOutput(f"{path} is a folder, expected the name of a file; name a file in it")
    name = f".{target.stem[:20]}.{os.getpid()}.{os.urandom(4).hex()}{target.suffix}"
    temporary = target.with_name(name)
    try:
        yield temporary
        flush(temporary)
        rename(temporary, target)
    except OSError as error:
        raise BadOutput(f"cannot write {path}: {_reason(error)}") from error
    finally:
        with suppress(OSError):  # of a file that is gone, or still open after an error
            temporary.unlink()


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Replace a file by this text, in UTF-8."""
    with replacing(path) as temporary:
        temporary.write_text(text, "utf-8")


@contextmanager
def _sending(url: Url) -> Iterator[Path]:
    if url.is_dir():
        raise BadOutput(f"{url} has no suffix, so it is a folder in object storage; name a file")
    try:
        with tempfile.TemporaryDirectory(prefix="mattekit-") as folder:
            temporary = Path(folder) / url.name
            yield temporary
            store(temporary, url)
    except OSError as error:
        raise BadOutput(f"cannot write {url}: {_reason(error)}") from error


def make_folder(folder: str | os.PathLike[str]) -> Path:
    """Create a folder with its parents; an error says why that fails."""
    folder = as_path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadOutput(f"cannot create the folder {folder}: {_reason(error)}") from error
    return folder


def flush(path: Path) -> None:
    """Wait until the system has written a file, or a folder's entries, to the disk.

    Windows flushes a file through a writable handle only, and has no handles of folders.
    """
    if system.WINDOWS and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if system.WINDOWS else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def rename(source: Path, target: Path) -> None:
    """Give a file or folder another name; a file that has it already is replaced."""
    for wait in WAITS if system.WINDOWS else ():
        with suppress(PermissionError):
            os.replace(source, target)
            return
        time.sleep(wait)
    os.replace(source, target)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()

"""Files appear whole or not at all: written aside under another name, flushed, then renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mattekit.core.errors import BadOutput


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path`; it takes the name of `path` when the block succeeds.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with replacing(folder / "note.txt") as aside:
    ...     _ = aside.write_text("done")
    >>> [file.name for file in folder.iterdir()]
    ['note.txt']
    """
    path = Path(path)
    make_folder(path.parent)
    if path.is_dir():
        raise BadOutput(f"{path} is a folder, but a file is to be written there; name a file")
    aside = path.with_name(f".{path.stem[:60]}.{os.getpid()}.{os.urandom(4).hex()}{path.suffix}")
    try:
        yield aside
        with aside.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(aside, path)
    except OSError as error:
        raise BadOutput(f"cannot write {path}: {_reason(error)}") from error
    finally:
        aside.unlink(missing_ok=True)


def make_folder(folder: str | os.PathLike[str]) -> Path:
    """Create a folder with its parents, or say in a sentence why it cannot be."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadOutput(f"cannot create the folder {folder}: {_reason(error)}") from error
    return folder


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()

"""Zip and tar files as members with contents; what is damaged in them becomes a sentence."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import Any

from mattekit.core.errors import BadData, TooLarge

DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    OSError,  # of gzip and bz2
    EOFError,
    ValueError,
    LookupError,
    OverflowError,
    RuntimeError,  # a password, or a compression that Python does not have
)
ZIP = b"PK"
OPENERS: dict[bytes, Any] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}
"""First bytes of a compressed tar -> what undoes the compression."""
LARGEST_READ = 1 << 24
"""Names are short: a tar header that asks for more bytes at once is damaged, or an attack."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """One entry of an archive."""

    name: str
    size: int
    kind: str
    """`file`, `folder`, or `other` for links and devices."""
    entry: Any
    """What the library knows it by."""


class Zip:
    """A zip file."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self.file = file

    def members(self) -> Iterator[Member]:
        for entry in self.file.infolist():
            unix = entry.external_attr >> 28 if entry.create_system == 3 else 0
            kind = "folder" if entry.is_dir() else "file" if unix in (0, 8) else "other"
            yield Member(name=entry.filename, size=entry.file_size, kind=kind, entry=entry)

    def open(self, member: Member) -> BufferedIOBase:
        content: Any = self.file.open(member.entry)
        return content


class Tar:
    """A tar file."""

    def __init__(self, file: tarfile.TarFile) -> None:
        self.file = file

    def members(self) -> Iterator[Member]:
        for entry in self.file:
            kind = "folder" if entry.isdir() else "file" if entry.isreg() else "other"
            yield Member(name=entry.name, size=entry.size, kind=kind, entry=entry)

    def open(self, member: Member) -> BufferedIOBase:
        content: Any = self.file.extractfile(member.entry)
        return content


Archive = Zip | Tar


class Bounded:
    """A stream that is not read in larger pieces than a header can be."""

    def __init__(self, stream: BufferedIOBase) -> None:
        self.stream = stream

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= LARGEST_READ:
            raise BadData("the archive is damaged: a header asks for more memory than names need")
        return self.stream.read(size)

    def seek(self, place: int) -> int:
        return self.stream.seek(place)

    def tell(self) -> int:
        return self.stream.tell()


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive by what its bytes say, whatever its name is."""
    if not path.is_file():
        raise BadData("there is no such file; give a zip or tar archive")
    with path.open("rb") as raw:
        if raw.peek(2).startswith(ZIP):
            with zipfile.ZipFile(raw) as file:
                yield Zip(file)
        else:
            with _decompressed(raw) as stream, _tar_file(stream) as tar:
                yield Tar(tar)


def _tar_file(stream: BufferedIOBase) -> tarfile.TarFile:
    bounded: Any = Bounded(stream)
    try:
        return tarfile.open(fileobj=bounded, mode="r:")
    except tarfile.ReadError as error:
        raise BadData("this is no archive; zip, tar, tar.gz, tar.bz2 and tar.xz are") from error


@contextmanager
def _decompressed(raw: BufferedReader) -> Iterator[BufferedIOBase]:
    head = raw.peek(8)
    for signature, opener in OPENERS.items():
        if head.startswith(signature):
            with opener(raw) as stream:
                yield stream
            return
    yield raw


@contextmanager
def damage_as_sentence() -> Iterator[None]:
    """What the libraries raise on a bad archive, as `BadData`."""
    try:
        yield
    except MemoryError as error:
        raise TooLarge("there is not enough memory to read the archive's table") from error
    except DAMAGE as error:
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise BadData(f"the archive is damaged or locked ({reason}); get it again") from error

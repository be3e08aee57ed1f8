"""Archives into folders, without trust in what they say.

An archive is looked through before anything is written: names that lead out of the folder, more
files or bytes than allowed and damage to its table refuse it whole. Links and devices are never
made. Every file is written atomically, and one that is there already is not written again, so an
interrupted run can be repeated.
"""

import bz2
import gzip
import lzma
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from mattekit.core import system
from mattekit.core.atomic import make_folder, replacing
from mattekit.core.errors import BadData, BadOutput, TooLarge

MAX_FILES = 1_000_000
MAX_BYTES = 500 * 2**30
CHUNK = 1 << 20
NOT_DATA = {"__MACOSX", ".DS_Store"}
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
OPENERS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
"""First bytes of a compressed tar -> what undoes the compression."""
LARGEST_READ = 1 << 24
"""Names are short: a tar header that asks for more bytes at once is damaged, or an attack."""

Progress = Callable[[int], AbstractContextManager[Callable[[], object]]]


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """What became of the files of an archive."""

    written: int
    kept: int
    """Files of the same size that were there already."""
    left_out: tuple[str, ...]
    """Links, devices and the notes of a file manager."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """One entry of an archive; links and devices are neither file nor folder."""

    name: str
    size: int
    is_file: bool
    is_folder: bool
    open: Callable[[], Any]


def unpack_archives(
    arch_path: str | os.PathLike[str],
    dst_path: str | os.PathLike[str],
    *,
    max_files: int = MAX_FILES,
    max_bytes: int = MAX_BYTES,
    overwrite: bool = False,
    progress: Progress = lambda total: nullcontext(lambda: None),
) -> Unpacked:
    """Unpack a zip or tar archive into a folder.

    Args:
        overwrite: replace files that are there with another size, instead of refusing.
        progress: given the number of files, a context whose value is called after each.
    """
    path, folder = Path(arch_path), Path(dst_path)
    with _named(path), _damage_explained(), _members(path) as members:
        places, left_out = _plan(members, max_files, max_bytes)
        files = {folder / place: member for place, member in places.items()}
        _check_space(files, make_folder(folder))
        kept = 0
        with progress(len(files)) as advance:
            for target, member in files.items():
                if _is_there(target, member, overwrite=overwrite):
                    kept += 1
                else:
                    with replacing(target) as aside, aside.open("wb") as file:
                        file.writelines(_content(member))
                advance()
    return Unpacked(written=len(files) - kept, kept=kept, left_out=tuple(sorted(left_out)))


@contextmanager
def _members(path: Path) -> Iterator[Iterator[Member]]:
    """The entries of an archive, by what its bytes say, whatever its name is."""
    if not path.is_file():
        raise BadData("there is no such file; give a zip or tar archive")
    with path.open("rb") as raw:
        head = raw.peek(8)
        if head.startswith(b"PK"):
            with zipfile.ZipFile(raw) as file:
                yield _zip_members(file)
            return
        opener = next((OPENERS[start] for start in OPENERS if head.startswith(start)), nullcontext)
        with opener(raw) as stream, _tar_file(stream) as tar:
            yield _tar_members(tar)


def _zip_members(file: zipfile.ZipFile) -> Iterator[Member]:
    for entry in file.infolist():
        unix = entry.external_attr >> 28 if entry.create_system == 3 else 0
        yield Member(
            name=entry.filename,
            size=entry.file_size,
            is_file=unix in (0, 8),
            is_folder=entry.is_dir(),
            open=partial(file.open, entry),
        )


def _tar_members(file: tarfile.TarFile) -> Iterator[Member]:
    for entry in file:
        yield Member(
            name=entry.name,
            size=entry.size,
            is_file=entry.isreg(),
            is_folder=entry.isdir(),
            open=partial(file.extractfile, entry),
        )


class Bounded:
    """A stream that is not read in larger pieces than a header can be."""

    def __init__(self, stream: BufferedIOBase) -> None:
        self.seek, self.tell = stream.seek, stream.tell
        self.stream = stream

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= LARGEST_READ:
            raise BadData("the archive is damaged: a header asks for more memory than names need")
        return self.stream.read(size)


def _tar_file(stream: BufferedIOBase) -> tarfile.TarFile:
    bounded: Any = Bounded(stream)
    try:
        return tarfile.open(fileobj=bounded, mode="r:")
    except tarfile.ReadError as error:
        raise BadData(
            "this is not an archive; zip, tar, tar.gz, tar.bz2 and tar.xz are read"
        ) from error


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Errors about an archive begin with its path."""
    try:
        yield
    except (BadData, TooLarge) as error:
        raise type(error)(f"{path}: {error}") from error


@contextmanager
def _damage_explained() -> Iterator[None]:
    """What the libraries raise on a bad archive, as `BadData`."""
    try:
        yield
    except MemoryError as error:
        raise TooLarge("there is not enough memory to read the archive's table") from error
    except DAMAGE as error:
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise BadData(f"the archive is damaged or locked ({reason}); download it again") from error


def _plan(
    members: Iterator[Member], max_files: int, max_bytes: int
) -> tuple[dict[Path, Member], list[str]]:
    """The files by their place below the folder, and the names of what may not be written."""
    files: dict[Path, Member] = {}
    left_out, size = [], 0
    for number, member in enumerate(members, start=1):
        if member.size < 0:
            raise BadData(f"the archive is damaged: {member.name!r} has a negative size")
        size += member.size
        if number > max_files or size > max_bytes:
            raise TooLarge(
                f"it unpacks to more than {max_files:,} files or {max_bytes / 2**30:,.2f} GB; "
                "if you trust it, raise the limit"
            )
        if member.is_folder:
            continue
        place = _place(member.name)
        if not member.is_file or set(place.parts) & NOT_DATA:
            left_out.append(member.name)
        else:
            files[place] = member
    return files, left_out


def _place(name: str) -> Path:
    """The relative path that a name stands for; backslashes separate folders, as on Windows."""
    name = name.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    drive = ":" in name if system.WINDOWS else parts and parts[0][1:2] == ":"
    if not parts or drive or ".." in parts or "\0" in name or name.startswith("/"):
        raise BadData(f"the name {name!r} leads out of the folder; do not trust this archive")
    return Path(*parts)


def _check_space(files: Mapping[Path, Member], folder: Path) -> None:
    there = sum(path.stat().st_size for path in files if path.is_file())
    needed = sum(member.size for member in files.values()) - there
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise TooLarge(
            f"it needs {needed / 2**30:,.1f} GB in {folder}, where {free / 2**30:,.1f} GB are free"
        )


def _is_there(target: Path, member: Member, *, overwrite: bool) -> bool:
    if not target.exists():
        return False
    if target.is_file() and target.stat().st_size == member.size:
        return True
    if not overwrite:
        raise BadOutput(f"{target} exists with another size; add --overwrite to replace it")
    return False


def _content(member: Member) -> Iterator[bytes]:
    """The bytes of a member, exactly as many as the archive's table says."""
    left = member.size
    with _damage_explained(), member.open() as content:
        while chunk := content.read(min(CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                break
            yield chunk
    if left:
        raise BadData(f"the archive is damaged: {member.name!r} is not as long as its table says")

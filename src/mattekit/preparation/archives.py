"""Archives into folders, without trust in what they say.

An archive is looked through before anything is written: names that lead out of the folder, more
files or bytes than allowed and damage to its table refuse it whole. Links and devices are never
made. Files appear whole or not at all, and one that is there already is not written again, so an
interrupted run goes on where it stopped. What zip and tar are: `archive_formats`.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from mattekit.core.atomic import make_folder, replacing
from mattekit.core.errors import BadData, BadOutput, TooLarge
from mattekit.preparation.archive_formats import (
    Archive,
    Member,
    damage_as_sentence,
    opened,
)

MAX_FILES = 1_000_000
MAX_BYTES = 500 * 2**30
CHUNK = 1 << 20
NOT_DATA = {"__MACOSX", ".DS_Store"}

Progress = Callable[[int], AbstractContextManager[Callable[[], object]]]


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """What became of the files of an archive."""

    written: int
    kept: int
    """Files of the same size that were there already."""
    left_out: tuple[str, ...]
    """Links, devices and the notes of a file manager."""


@dataclass(kw_only=True)
class Plan:
    """The files that an archive gives, by their place below the folder."""

    files: dict[Path, Member] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


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
    folder = Path(dst_path)
    with _named(Path(arch_path)), damage_as_sentence(), opened(Path(arch_path)) as archive:
        plan = _plan(archive, max_files, max_bytes)
        _check_room(plan, make_folder(folder))
        kept = 0
        with progress(len(plan.files)) as advance:
            for place, member in plan.files.items():
                if _is_there(folder / place, member, overwrite=overwrite):
                    kept += 1
                else:
                    _write(archive, member, folder / place)
                advance()
    return Unpacked(
        written=len(plan.files) - kept, kept=kept, left_out=tuple(sorted(plan.left_out))
    )


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Sentences about an archive begin with it."""
    try:
        yield
    except (BadData, TooLarge) as error:
        raise type(error)(f"{path}: {error}") from error


def _plan(archive: Archive, max_files: int, max_bytes: int) -> Plan:
    """Every member's place, as far as it may be written at all."""
    plan, size = Plan(), 0
    for number, member in enumerate(archive.members(), start=1):
        if member.size < 0:
            raise BadData(f"the archive is damaged: {member.name!r} has a negative size")
        size += member.size
        if number > max_files or size > max_bytes:
            raise TooLarge(
                f"it unpacks to more than {max_files:,} files or {max_bytes / 2**30:,.2f} GB; "
                "if you trust it, raise the limit"
            )
        if member.kind == "folder":
            continue
        place = _place(member.name)
        if member.kind == "other" or set(place.parts) & NOT_DATA:
            plan.left_out.append(member.name)
        else:
            plan.files[place] = member
    return plan


def _place(name: str) -> Path:
    """The relative path that a name stands for; backslashes separate folders, as on Windows."""
    name = name.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    drive = parts and parts[0][1:2] == ":"
    if not parts or drive or ".." in parts or "\0" in name or name.startswith("/"):
        raise BadData(f"the name {name!r} leads out of the folder; do not trust this archive")
    return Path(*parts)


def _check_room(plan: Plan, folder: Path) -> None:
    needed = sum(member.size for member in plan.files.values())
    there = sum(_size(folder / place) for place in plan.files)
    free = shutil.disk_usage(folder).free
    if needed - there > free:
        raise TooLarge(
            f"it needs {(needed - there) / 2**30:,.1f} GB in {folder}, "
            f"where {free / 2**30:,.1f} GB are free"
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _is_there(target: Path, member: Member, *, overwrite: bool) -> bool:
    if not target.exists():
        return False
    if target.is_file() and target.stat().st_size == member.size:
        return True
    if not overwrite:
        raise BadOutput(f"{target} exists with another size; add --overwrite to replace it")
    return False


def _write(archive: Archive, member: Member, target: Path) -> None:
    with replacing(target) as aside, aside.open("wb") as file:
        for chunk in _content(archive, member):
            file.write(chunk)


def _content(archive: Archive, member: Member) -> Iterator[bytes]:
    """The bytes of a member, exactly as many as the archive's table says."""
    left = member.size
    with damage_as_sentence(), archive.open(member) as content:
        while chunk := content.read(min(CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                break
            yield chunk
    if left:
        raise BadData(f"the archive is damaged: {member.name!r} is not as long as its table says")

"""Atomic writes, on every system."""

import os
from pathlib import Path

import pytest

from mattekit.core import system
from mattekit.core.atomic import flush, replacing
from mattekit.core.errors import BadOutput


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse what Windows refuses: to flush a read-only handle, and to open a folder."""
    monkeypatch.setattr(system, "WINDOWS", True)
    fsync, opened = os.fsync, os.open

    def of_writable(handle: int) -> None:
        os.write(handle, b"")
        fsync(handle)

    def of_file(path: str, flags: int, *others: int) -> int:
        if os.path.isdir(path):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, flags, *others)

    monkeypatch.setattr(os, "fsync", of_writable)
    monkeypatch.setattr(os, "open", of_file)


@pytest.mark.usefixtures("windows")
def test_a_file_is_written_on_windows(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("done")
    assert (tmp_path / "a.txt").read_text() == "done"
    flush(tmp_path)


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")

    def fail() -> None:
        with replacing(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


@pytest.mark.posix
def test_a_link_stays_a_link_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "a.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "store" / "a.txt")
    with replacing(tmp_path / "link.txt") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "store" / "a.txt").read_text() == "new"


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadOutput, match="name a file"), replacing(tmp_path):
        pass


@pytest.mark.usefixtures("windows")
def test_a_file_that_another_program_has_open_for_a_moment_is_replaced_on_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals, replace = [1, 2], os.replace

    def refused(source: Path, target: Path) -> None:
        if refusals:
            refusals.pop()
            raise PermissionError(13, "Access is denied", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refused)
    with replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("done")
    assert (tmp_path / "a.txt").read_text() == "done"


def test_a_name_as_long_as_a_file_system_takes_is_written(tmp_path: Path) -> None:
    with replacing(tmp_path / f"{60 * chr(0x1F98A)}.png") as temporary:  # 4 bytes each
        temporary.write_text("done")


@pytest.mark.posix
def test_a_link_to_a_file_that_may_only_be_read_takes_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("done")
    (tmp_path / "a.txt").chmod(0o444)
    opened = os.open

    def as_a_user(path: Path, flags: int, *others: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, flags, *others)

    def for_writing(path: Path, *_: object) -> None:
        as_a_user(path, os.O_RDWR)

    with pytest.MonkeyPatch.context() as patch:  # root may write anywhere
        patch.setattr(os, "open", as_a_user)
        patch.setattr(Path, "open", for_writing)
        with replacing(tmp_path / "b.txt") as temporary:
            os.link(tmp_path / "a.txt", temporary)
    assert (tmp_path / "b.txt").read_text() == "done"

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

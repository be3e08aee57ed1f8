"""Zip and tar archives, whole, hostile and damaged."""

import io
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from mattekit.core import system
from mattekit.core.errors import BadData, BadOutput, TooLarge
from mattekit.preparation import unpack_archives

TESTS = Path(__file__).parents[1]
FILES = {"set/a b.png": b"first", "set/deep/c.jpg": bytes(range(256)) * 40}
TAR_MODES = {"tar": "w", "tar.gz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz"}


def tar_of(path: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


def zip_of(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("kind", ["zip", *TAR_MODES])
def test_every_kind_of_archive_is_known_by_its_bytes_whatever_its_name(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "archive.data"
    zip_of(path, FILES) if kind == "zip" else tar_of(path, FILES, TAR_MODES[kind])
    unpacked = unpack_archives(str(path), str(tmp_path / "out"))
    assert content(tmp_path / "out") == FILES
    assert (unpacked.written, unpacked.kept, unpacked.left_out) == (2, 0, ())


def test_a_tar_that_ends_with_a_zip_is_a_tar(tmp_path: Path) -> None:
    inner = zip_of(tmp_path / "inner.zip", FILES).read_bytes()
    unpack_archives(tar_of(tmp_path / "a.tar", {"inner.zip": inner}), tmp_path / "out")
    assert content(tmp_path / "out") == {"inner.zip": inner}


def test_a_second_run_writes_only_what_is_missing(tmp_path: Path) -> None:
    path, out = zip_of(tmp_path / "a.zip", FILES), tmp_path / "out"
    unpack_archives(path, out)
    (out / "set/a b.png").unlink()
    kept = out / "set/deep/c.jpg"
    before = kept.stat().st_mtime_ns
    assert unpack_archives(path, out).kept == 1
    assert content(out) == FILES
    assert kept.stat().st_mtime_ns == before


def test_a_file_of_another_size_is_kept_until_overwriting_is_asked_for(tmp_path: Path) -> None:
    path, out = zip_of(tmp_path / "a.zip", FILES), tmp_path / "out"
    (out / "set").mkdir(parents=True)
    (out / "set/a b.png").write_bytes(b"mine, and longer")
    with pytest.raises(BadOutput, match="exists with another size; add --overwrite"):
        unpack_archives(path, out)
    assert (out / "set/a b.png").read_bytes() == b"mine, and longer"
    unpack_archives(path, out, overwrite=True)
    assert content(out) == FILES


@pytest.mark.parametrize(
    "name", ["../out.png", "/etc/out.png", "a/../../out.png", "..\\out.png", "C:/out.png", "a/.."]
)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_name_that_leads_out_refuses_the_archive_before_a_file_is_written(
    tmp_path: Path, name: str, kind: str
) -> None:
    files = {"fine.png": b"1", name: b"2"}
    make = zip_of if kind == "zip" else tar_of
    path = make(tmp_path / "archive", files)
    with pytest.raises(BadData, match=r"archive: the name .* leads out of the folder"):
        unpack_archives(path, tmp_path / "inner" / "out")
    assert not (tmp_path / "inner").exists()


def test_links_and_devices_are_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as tar:
        for kind, name in (
            (tarfile.SYMTYPE, "soft"), (tarfile.LNKTYPE, "hard"),
            (tarfile.FIFOTYPE, "pipe"), (tarfile.CHRTYPE, "device"),
        ):  # fmt: skip
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            tar.addfile(entry)
    assert unpack_archives(path, tmp_path / "out").left_out == ("device", "hard", "pipe", "soft")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_link_in_a_zip_is_left_out_and_so_are_notes_of_a_file_manager(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("__MACOSX/._cat.png", "x")
        archive.writestr("set/.DS_Store", "x")
        archive.writestr("set/cat.png", "cat")
    unpacked = unpack_archives(path, tmp_path / "out")
    assert content(tmp_path / "out") == {"set/cat.png": b"cat"}
    assert unpacked.left_out == ("__MACOSX/._cat.png", "link", "set/.DS_Store")


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_more_bytes_or_files_than_allowed_are_refused_before_a_file_is_written(
    tmp_path: Path, kind: str
) -> None:
    bomb = {"a.png": b"1", "zeros.png": bytes(3_000_000)}
    path = tmp_path / "bomb"
    zip_of(path, bomb) if kind == "zip" else tar_of(path, bomb, "w:gz")
    assert path.stat().st_size < 10_000
    for limits in ({"max_bytes": 2_999_999}, {"max_files": 1}):
        with pytest.raises(TooLarge, match="if you trust it, raise the limit"):
            unpack_archives(path, tmp_path / "out", **limits)
    assert not (tmp_path / "out").exists()
    assert unpack_archives(path, tmp_path / "out", max_files=2, max_bytes=3_000_001).written == 2


def test_more_than_the_disk_holds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=10_000))
    path, out = zip_of(tmp_path / "a.zip", FILES), tmp_path / "out"
    with pytest.raises(TooLarge, match="GB are free"):
        unpack_archives(path, out)
    assert content(out) == {}
    (out / "set").mkdir()
    (out / "set/a b.png").write_bytes(bytes(300))
    assert unpack_archives(path, out, overwrite=True).written == 2


def test_a_header_that_asks_for_memory_is_refused(tmp_path: Path) -> None:
    header = tarfile.TarInfo("name")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1 << 40
    (tmp_path / "a.tar").write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(2048))
    with pytest.raises(BadData, match="more memory than names need"):
        unpack_archives(tmp_path / "a.tar", tmp_path / "out")


def test_a_cut_archive_and_a_changed_byte_are_damage_and_no_part_of_a_file_stays(
    tmp_path: Path,
) -> None:
    whole = zip_of(tmp_path / "a.zip", FILES).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:-30])
    changed = bytearray(whole)
    changed[whole.index(b"set/deep/c.jpg") + 40] ^= 0xFF
    (tmp_path / "changed.zip").write_bytes(changed)
    cut_tar = tar_of(tmp_path / "a.tar.gz", FILES, "w:gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(cut_tar[:200])
    for name in ("cut.zip", "changed.zip", "cut.tar.gz"):
        with pytest.raises(BadData, match=name):
            unpack_archives(tmp_path / name, tmp_path / name.replace(".", "-"))
    for file in (tmp_path / "changed-zip").rglob("*.*"):
        assert file.name == "a b.png"


def test_a_file_that_is_shorter_or_longer_than_the_table_says_is_damage(tmp_path: Path) -> None:
    whole = zip_of(tmp_path / "a.zip", {"a.png": b"x" * 4000}).read_bytes()
    for size in (3999, 4001):
        forged = whole.replace(struct.pack("<I", 4000), struct.pack("<I", size))
        (tmp_path / "forged.zip").write_bytes(forged)
        with pytest.raises(BadData, match="the archive is damaged"):
            unpack_archives(tmp_path / "forged.zip", tmp_path / "out")
    assert content(tmp_path / "out") == {}


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    (tmp_path / "cat.zip").write_bytes(b"not an archive at all" * 50)
    with pytest.raises(BadData, match=r"cat\.zip: this is not an archive"):
        unpack_archives(tmp_path / "cat.zip", tmp_path / "out")
    with pytest.raises(BadData, match="there is no such file"):
        unpack_archives(tmp_path / "dog.zip", tmp_path / "out")


def test_a_locked_archive_is_a_sentence(tmp_path: Path) -> None:
    data = bytearray(zip_of(tmp_path / "a.zip", FILES).read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(signature)
        while start >= 0:
            data[start + flags] |= 1
            start = data.find(signature, start + 4)
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(BadData, match=r"damaged or locked .*password"):
        unpack_archives(tmp_path / "a.zip", tmp_path / "out")


def fuzz(count: int) -> tuple[int, int]:
    child = subprocess.run(
        [sys.executable, "-m", "preparation.archive_fuzz", str(count)],
        cwd=TESTS, env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert child.returncode == 0, f"{child.stdout[-200:]}\n{child.stderr[-2000:]}"
    whole, refused = map(int, child.stdout.split()[-2:])
    return whole, refused


@pytest.mark.slow
@pytest.mark.posix
def test_40_damaged_archives_unpack_inside_their_folder_or_give_a_sentence() -> None:
    whole, refused = fuzz(8)
    assert whole + refused == 40
    assert refused > 10


@pytest.mark.slow
def test_500_damaged_archives_unpack_inside_their_folder_or_give_a_sentence() -> None:
    whole, refused = fuzz(100)
    assert whole + refused == 500
    assert min(whole, refused) > 50


@pytest.mark.parametrize("name", ["a/D:out.png", "a/C:/out.png", "cat.png:hidden"])
def test_drives_and_hidden_streams_are_refused_on_windows(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "WINDOWS", True)
    with pytest.raises(BadData, match="leads out of the folder"):
        unpack_archives(zip_of(tmp_path / "a.zip", {name: b"1"}), tmp_path / "out")

"""Tars of photos in, tars of results out."""

import io
import os
import tarfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from mattekit.batch.processes import Limits
from mattekit.batch.runner import Item, ItemResult, Outcome, run_items
from mattekit.batch.tars import Sample, tar_item
from mattekit.core.errors import BadImage
from mattekit.core.storage import as_path, below


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def unpacked(path: Path) -> dict[str, bytes]:
    with path.open("rb") as file, tarfile.open(fileobj=file) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def joined(sample: Sample, folder: Path) -> Item:
    """Photo and hint one after the other, and the length of both as another part."""
    places = (folder / f"{sample.photo.stem}.png", folder / f"{sample.photo.stem}-size.txt")
    return Item(path=sample.photo, work=partial(_join, sample, places), outputs=places)


def _join(sample: Sample, places: tuple[Path, Path]) -> Outcome:
    content = sample.photo.read_bytes() + sample.others["trimap"].read_bytes()
    if b"killer" in content:
        os._exit(9)
    if b"slow" in content:
        time.sleep(60)
    if b"bad" in content:
        raise BadImage(f"{sample.photo} is broken")
    places[0].parent.mkdir(exist_ok=True)
    places[0].write_bytes(content)
    places[1].write_text(str(len(content)))
    return Outcome(outputs=places, warnings=[f"{sample.photo}: a remark"])


FILES = {
    "a/7.jpg": b"photo", "a/7.trimap.png": b"hint", "a/7.json": b"{}",
    "b/7.jpg": b"bad", "b/7.trimap.png": b"hint", "notes.txt": b"no photo here",
    "b/8.jpg": b"other", "b/8.trimap.png": b"hint",
}  # fmt: skip


def run(source: Path, output: Path, **options: object) -> list[ItemResult]:
    return [*run_items([tar_item(source, output, joined)], **options)]


def test_files_of_a_stem_belong_together_and_results_are_named_alike(tmp_path: Path) -> None:
    source = packed(tmp_path / "in-0.tar", FILES)
    found = run(source, tmp_path / "out", checksums=True)
    target = tmp_path / "out" / "in-0.tar"
    assert unpacked(target) == {
        "a/7.png": b"photohint", "a/7.size.txt": b"9", "b/8.png": b"otherhint", "b/8.size.txt": b"9"
    }  # fmt: skip
    assert {one.input.removeprefix(f"{source}/"): one.status for one in found} == {
        "a/7.jpg": "done", "b/7.jpg": "failed", "b/8.jpg": "done"
    }  # fmt: skip
    assert found[0].outputs == [f"{target}/a/7.png", f"{target}/a/7.size.txt"]
    assert {*found[0].sha256} == {*found[0].outputs}
    assert found[0].warnings == [f"{source}/a/7.jpg: a remark"]
    assert found[1].error == f"{source}/b/7.jpg is broken"
    again = tmp_path / "again.tar"
    run(source, again)
    assert again.read_bytes() == target.read_bytes()
    assert [one.status for one in run(source, again, existing="skip")] == ["skipped"]


def test_a_tar_goes_through_object_storage(tmp_path: Path) -> None:
    source = packed(tmp_path / "in.tar", FILES)
    run(source, as_path("memory://tars"))
    assert len(unpacked(as_path("memory://tars/in.tar"))) == 4


@pytest.mark.parametrize("length", [700, 3])
def test_half_a_tar_gives_no_tar(tmp_path: Path, length: int) -> None:
    source = packed(tmp_path / "in.tar", FILES)
    source.write_bytes(source.read_bytes()[:length])
    (found,) = run(source, tmp_path / "out")
    assert found.status == "failed"
    assert f"{source} is damaged or no tar" in (found.error or "")
    assert not (tmp_path / "out" / "in.tar").exists()


MANY = {
    f"{number}.{kind}": b"%s %d" % (kind.encode(), number)
    for number in range(8)
    for kind in ("jpg", "trimap.png")
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("word", "limits", "reason"),
    [(b"killer", Limits(), "ended from outside twice"),
     (b"slow", Limits(seconds=8), "took longer than 8 s")],
)  # fmt: skip
def test_a_photo_that_ends_its_process_is_set_aside_and_the_rest_of_the_tar_is_there(
    tmp_path: Path, word: bytes, limits: Limits, reason: str
) -> None:
    source = packed(tmp_path / "in.tar", MANY | {"3.jpg": word})
    found = run(source, tmp_path / "out", processes=2, limits=limits)
    failed = [one for one in found if one.status == "failed"]
    assert [one.input for one in failed] == [f"{source}/3.jpg"]
    assert reason in (failed[0].error or "")
    assert [*unpacked(tmp_path / "out" / "in.tar")] == [
        f"{name}{end}" for name in "0124567" for end in (".png", ".size.txt")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("output", ["out", "memory://stopped"])
def test_a_tar_whose_run_was_stopped_is_completed_by_the_next_one(
    tmp_path: Path, output: str
) -> None:
    source = packed(tmp_path / "in.tar", MANY)
    whole, place = tmp_path / "whole.tar", below(tmp_path, output)
    run(source, whole)
    for processes, answers, status in ((2, 3, "done"), (1, 2, "skipped")):
        asked = iter(range(answers))
        stopped = partial(_at_end, asked)
        found = run(source, place, processes=processes, existing="skip", stopped=stopped)
        assert {one.status for one in found} == {status}
        assert not (place / "in.tar").exists()
        assert (place / "in.tar.part").exists()
    (refused,) = run(source, place)
    assert f"{place}/in.tar.part exists; add --overwrite or --skip-existing" in refused.error
    found = run(source, place, existing="skip", checksums=True)
    assert [one.status for one in found] == ["skipped"] * 5 + ["done"] * 3
    assert all(one.sha256 for one in found)
    assert (place / "in.tar").read_bytes() == whole.read_bytes()
    assert not (place / "in.tar.part").exists()


@pytest.mark.slow
def test_photos_at_hand_are_awaited_and_not_told_where_the_rest_of_the_tar_is_damaged(
    tmp_path: Path,
) -> None:
    source = packed(tmp_path / "in.tar", MANY)
    source.write_bytes(source.read_bytes()[:6000])
    (found,) = run(source, tmp_path / "out", processes=2)
    assert f"{source} is damaged or no tar" in (found.error or "")
    assert not [*(tmp_path / "out").iterdir()]


def _at_end(asked: Iterator[int]) -> bool:
    return next(asked, None) is None


def test_a_tar_without_photos_is_no_result(tmp_path: Path) -> None:
    (found,) = run(packed(tmp_path / "in.tar", {"notes.txt": b"x"}), tmp_path / "out")
    assert f"{tmp_path}/in.tar holds no photos" in (found.error or "")
    assert not [*(tmp_path / "out").iterdir()]

"""Tars of photos in, tars of results out."""

import io
import tarfile
from functools import partial
from pathlib import Path

import pytest

from mattekit.batch.runner import Item, ItemResult, Outcome, run_items
from mattekit.batch.tars import Sample, tar_item
from mattekit.core.errors import BadImage
from mattekit.core.storage import as_path


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
    if b"bad" in content:
        raise BadImage(f"{sample.photo} is broken")
    places[0].parent.mkdir()
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
    found = run(source, tmp_path / "out")
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

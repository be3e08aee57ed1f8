"""Batches beyond one folder: object storage, tars, limits, counts for Prometheus."""

import json
import os
import tarfile
import time
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from cli.conftest import Command

from mattekit.batch.ledger import read_ledger
from mattekit.batch.runner import Item, ItemResult, run_items
from mattekit.cli import cutout
from mattekit.core.storage import Url, names_in


@pytest.fixture
def cloud(files: Path) -> Iterator[Path]:
    """Three photos with their trimaps, as files and under `memory://`."""
    store = fsspec.filesystem("memory")
    for name in "abc":
        for kind, source in (("photos", "photo"), ("hints", "trimap")):
            content = (files / f"{source}.png").read_bytes()
            (files / kind).mkdir(exist_ok=True)
            (files / kind / f"{name}.png").write_bytes(content)
            store.pipe(f"/{kind}/{name}.png", content)
    yield files
    store.rm("/", recursive=True)


WORDS = ("--model", "closed-form", "--json")


@pytest.mark.slow
def test_object_storage_gives_the_bytes_of_files(mattekit: Command, cloud: Path) -> None:
    words = ["--trimap", cloud / "hints", "-o", cloud / "out", *WORDS]
    assert mattekit("cutout", cloud / "photos", *words).exit_code == 0
    words = ["--trimap", "memory://hints/", "-o", "memory://out/", *WORDS]
    words += ["--ledger", "memory://ledger.jsonl", "--prometheus", "memory://batch.prom"]
    result = mattekit("cutout", "memory://photos/", *words)
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)["results"]
    assert [one["outputs"] for one in found] == [[f"memory://out/{name}.png"] for name in "abc"]
    for name in "abc":
        written = (cloud / "out" / f"{name}.png").read_bytes()
        assert Url(f"memory://out/{name}.png").read_bytes() == written
    assert len([*read_ledger(Url("memory://ledger.jsonl"))]) == 3
    counted = Url("memory://batch.prom").read_text().splitlines()
    assert 'mattekit_batch_items_total{shard="0/1",status="done"} 3' in counted
    assert "3 inputs: 3 done" in mattekit("ledger", "summary", "memory://ledger.jsonl").stdout

    again = mattekit("cutout", "memory://photos/*.png", *words)
    assert again.exit_code == 1
    assert "memory://out/a.png exists; add --overwrite or --skip-existing" in again.stderr
    fsspec.filesystem("memory").rm("/out/b.png")
    resumed = json.loads(mattekit("cutout", "memory://photos/", *words, "--skip-existing").stdout)
    statuses = {Path(one["input"]).stem: one["status"] for one in resumed["results"]}
    assert statuses == {"a": "skipped", "b": "done", "c": "skipped"}


@pytest.mark.slow
def test_a_manifest_in_parquet_lists_photos_of_two_places(mattekit: Command, cloud: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rows = [
        {"photo": "memory://photos/a.png", "trimap": "memory://hints/a.png", "output": "one.png"},
        {"photo": str(cloud / "photos/b.png"), "trimap": str(cloud / "hints/b.png"), "output": ""},
    ]
    whole = cloud / "list.parquet"
    parquet.write_table(arrow.Table.from_pylist(rows), whole)
    with fsspec.open("memory://lists/list.parquet", "wb") as file:
        file.write(whole.read_bytes())
    words = ["-o", cloud / "out", *WORDS]
    result = mattekit("cutout", "--manifest", "memory://lists/list.parquet", *words)
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in (cloud / "out").iterdir()) == ["b.png", "one.png"]
    whole.write_bytes(whole.read_bytes()[:-20])
    result = mattekit("cutout", "--manifest", whole, *words)
    assert "cannot be read as a manifest" in result.stderr


def test_a_listing_of_many_is_worked_on_as_it_comes(
    mattekit: Command, cloud: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mattekit.batch.files.AHEAD", 1)
    words = ["--trimap", "memory://hints/", "-o", "memory://out/", *WORDS]
    found = json.loads(mattekit("cutout", "memory://photos/", *words).stdout)["results"]
    assert [one["status"] for one in found] == ["done"] * 3


@pytest.mark.slow
def test_a_tar_of_photos_becomes_a_tar_of_results(mattekit: Command, cloud: Path) -> None:
    (cloud / "box").write_text("13 4 33 33")
    (cloud / "broken.png").write_bytes((cloud / "photo.png").read_bytes()[:99])
    with tarfile.open(cloud / "shard-0.tar", "w") as tar:
        tar.add(cloud / "photos" / "a.png", "a.png")
        tar.add(cloud / "hints" / "a.png", "a.trimap.png")
        tar.add(cloud / "broken.png", "b.png")
        tar.add(cloud / "photos" / "c.png", "c.png")
        tar.add(cloud / "box", "c.box")
    words = ["-o", cloud / "out", "--save", "rgba,alpha", "--ledger", cloud / "l.jsonl"]
    result = mattekit("cutout", cloud / "shard-0.tar", *words, *WORDS)
    assert result.exit_code == 1
    lines = {Path(line["input"]).name: line for line in read_ledger(cloud / "l.jsonl")}
    assert {name: line["status"] for name, line in lines.items()} == {
        "a.png": "done", "b.png": "failed", "c.png": "done"
    }  # fmt: skip
    with tarfile.open(cloud / "out" / "shard-0.tar") as tar:
        assert tar.getnames() == ["a.png", "a.alpha.png", "c.png", "c.alpha.png"]
    listed = mattekit("ledger", "failed", cloud / "l.jsonl").stdout
    assert listed.splitlines() == [json.dumps({"photo": str(cloud / "shard-0.tar")})]
    result = mattekit("cutout", cloud / "shard-0.tar", "-o", cloud, "--trimap", cloud / "mask.png")
    assert "are in it, like 7.trimap.png of 7.jpg" in result.stderr


def test_key_and_synth_work_in_object_storage(mattekit: Command, cloud: Path) -> None:
    result = mattekit("synth", "comp", "-o", "memory://set/", "--count", 2, "--size", "48x40")
    assert result.exit_code == 0, result.stderr
    assert len(fsspec.filesystem("memory").find("/set/comp")) == 10
    words = ["-o", "memory://keyed/", "--holdout", "memory://hints/a.png", "--save", "rgba,alpha"]
    result = mattekit("key", "memory://photos/", *words)
    assert result.exit_code == 0, result.stderr
    assert [*names_in(Url("memory://keyed"))] == sorted(
        f"{name}{end}.png" for name in "abc" for end in ("", "-alpha")
    )


def test_prepare_takes_its_photographs_from_object_storage(mattekit: Command, cloud: Path) -> None:
    words = ["-o", cloud / "out", "--processes", 1]
    for given in (
        ["denoise", "memory://photos/*.png"],
        ["fgbg", "memory://photos/", "memory://hints/"],
    ):
        result = mattekit("prepare", *given, *words)
        assert result.exit_code == 0, result.stderr
    found = {path.relative_to(cloud / "out").as_posix() for path in (cloud / "out").rglob("*.png")}
    assert found == {f"{folder}{name}.png" for folder in ("", "fg/", "bg/") for name in "abc"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["cutout", "ftp://host/in/"], "ftp:// is no storage; expected s3://"),
        (["cutout", "memory://nothing/"], "memory://nothing: no such file or directory"),
        (["cutout", "memory://photos/*.gif"], "memory://photos/*.gif holds no pictures"),
        (["cutout", "gs://in/"], 'pip install "mattekit[gs]"'),
        (["trimap", "memory://photos/", "-o", "gs://out/"], 'pip install "mattekit[gs]"'),
        (["prepare", "unpack", "s3://in/a.zip", "-o", "x"], "s3://in/a.zip is in object storage; "),
        (["prepare", "composite", "s3://in", "--backgrounds", "x", "-o", "x"], "local files only"),
        (["prepare", "denoise", "memory://photos/", "-o", "memory://out"], "add to the manifest"),
        (["prepare", "fgbg", "memory://photos/", "a", "-o", "memory://out"], "add to the manifest"),
        (["synth", "plain", "-o", "gs://out"], 'pip install "mattekit[gs]"'),
        (["key", "memory://photos/a.mp4", "-o", "x"], "memory://photos/a.mp4 is in object storage"),
        (["trimap", "memory://photos/", "-o", "x", "--address", "auto"], "are for --engine ray"),
    ],
)
def test_storage_that_cannot_be_used_is_refused_before_any_work(
    mattekit: Command, cloud: Path, words: list[str], sentence: str
) -> None:
    result = mattekit(*words)
    assert result.exit_code in (1, 2)
    assert sentence in result.stderr


@pytest.mark.slow
def test_a_batch_goes_to_ray_with_its_options(
    mattekit: Command, cloud: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray")
    given: dict[str, object] = {}

    def run_on_ray(items: Iterable[Item], **options: Any) -> Generator[ItemResult, None, None]:
        given.update(address=options.pop("address"), cpus=options.pop("cpus"))
        return run_items(items, **options)

    monkeypatch.setattr("mattekit.batch.ray_engine.run_on_ray", run_on_ray)
    words = ["--engine", "ray", "--address", "auto", "--num-cpus-per-worker", 2]
    result = mattekit("trimap", "memory://hints/", "-o", cloud / "out", *words)
    assert result.exit_code == 0, result.stderr
    assert given == {"address": "auto", "cpus": 2.0}
    assert len([*(cloud / "out").iterdir()]) == 3


@pytest.mark.slow
def test_a_photo_that_takes_too_long_or_kills_its_process_is_set_aside(
    mattekit: Command, cloud: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutout, "_cut", _cut)  # goes to the process by its name
    words = ["--item-seconds", 8, "--processes", 2, "--ledger", cloud / "l.jsonl", *WORDS]
    result = mattekit("cutout", cloud / "photos", "-o", cloud / "out", *words)
    assert result.exit_code == 1
    found = {Path(one["input"]).stem: one for one in json.loads(result.stdout)["results"]}
    assert "took longer than 8 s" in found["a"]["error"]
    assert "ended from outside twice" in found["b"]["error"]
    assert found["c"]["status"] == "done"


def _cut(photo: cutout.Photo, places: dict[str, Path], **_: object) -> cutout.Outcome:
    if photo.path.stem == "a":
        time.sleep(60)
    if photo.path.stem == "b":
        os._exit(9)
    return cutout.Outcome(outputs=[*places.values()])


def test_counters_take_the_place_of_no_other_file(mattekit: Command, files: Path) -> None:
    before = (files / "mask.png").read_bytes()
    result = mattekit(
        "cutout", files / "photo.png", "--mask", files / "mask.png", "-o", files / "out.png",
        "--model", "closed-form", "--prometheus", files / "mask.png",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "mask.png exists and holds no counters; name another file" in result.stderr
    assert (files / "mask.png").read_bytes() == before


def test_existing_results_are_either_replaced_or_kept(mattekit: Command, files: Path) -> None:
    both = mattekit("cutout", files / "photo.png", "--overwrite", "--skip-existing")
    assert both.exit_code == 2
    assert "--overwrite and --skip-existing exclude each other" in both.stderr

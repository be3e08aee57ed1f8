"""S3: listings of many pages, a service in trouble, and what is refused before any work."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from batch.s3_server import s3_server
from cli.conftest import Command, files, mattekit

from mattekit.batch.ledger import read_ledger
from mattekit.core.storage import Url, names_in

pytest.importorskip("s3fs")
pytest.importorskip("moto")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:datetime.datetime.utc:DeprecationWarning"),
]
__all__ = ["files", "mattekit"]


@pytest.fixture
def trouble(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    with s3_server(monkeypatch) as event:
        yield event


def test_nothing_is_lost_and_nothing_done_twice_while_s3_fails_for_a_while(
    mattekit: Command, files: Path, trouble: Event
) -> None:
    import s3fs

    store = s3fs.S3FileSystem(use_listings_cache=False)
    names = [f"{number}.png" for number in range(6)]
    photo, trimap = ((files / f"{kind}.png").read_bytes() for kind in ("photo", "trimap"))
    store.pipe({f"photos/{name}": photo for name in names})
    store.pipe({f"hints/{name}": trimap for name in names})

    def disturb() -> None:
        while not store.exists("out/0.png"):
            time.sleep(0.1)
        trouble.set()
        time.sleep(4)
        trouble.clear()

    thread = Thread(target=disturb)
    thread.start()
    words = ["--trimap", "s3://hints/", "-o", "s3://out/", "--ledger", "s3://out/l.jsonl"]
    words += ["--model", "closed-form", "--json"]
    result = mattekit("cutout", "s3://photos/", *words, "--processes", 2)
    thread.join()
    assert result.exit_code == 0, result.stderr
    lines = [*read_ledger(Url("s3://out/l.jsonl"))]
    assert Counter(line["input"] for line in lines) == Counter(f"s3://photos/{n}" for n in names)
    assert {line["status"] for line in lines} == {"done"}
    assert {*names_in(Url("s3://out"))} == {*names, "l.jsonl"}
    assert len({*(line["sha256"][f"s3://out/{Path(line['input']).name}"] for line in lines)}) == 1
    again = mattekit("cutout", "s3://photos/", *words, "--skip-existing")
    statuses = [one["status"] for one in json.loads(again.stdout)["results"]]
    assert statuses == ["skipped"] * 6


def test_a_listing_has_all_pages_and_no_folders(
    trouble: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    import s3fs

    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
    names = [f"{number:04}.png" for number in range(25)]
    store = s3fs.S3FileSystem(use_listings_cache=False)
    store.pipe({f"photos/in/{name}": b"x" for name in names} | {"photos/in/deep/a.png": b"x"})
    assert [*names_in(Url("s3://photos/in"))] == names
    assert [*names_in(Url("s3://photos"))] == []


def test_what_s3_refuses_is_one_sentence_before_any_work(
    mattekit: Command, files: Path, trouble: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [files / "photo.png", "--trimap", files / "trimap.png"]
    result = mattekit("cutout", *words, "-o", "s3://nowhere/out/")
    assert result.exit_code == 1
    assert "the bucket of s3://nowhere/out does not exist; make it first" in result.stderr
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    result = mattekit("cutout", *words, "-o", "s3://out/")
    assert result.exit_code == 2
    assert "s3://out: no credentials were found" in result.stderr
    assert result.stdout == ""

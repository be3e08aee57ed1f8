"""Ledgers: a true line for each item, over shards and restarts."""

import json
from functools import partial
from pathlib import Path

import pytest

from mattekit.batch.files import Shard
from mattekit.batch.ledger import Ledger, merge, read_ledger, summarise
from mattekit.batch.runner import Item, ItemResult, Outcome, run_items
from mattekit.core.errors import BadArgument, BadData
from mattekit.core.storage import as_path


def line(name: str, status: str, **further: object) -> dict[str, object]:
    return {"input": name, "status": status, "seconds": 2.0, "command": "x", "shard": "0/1",
            "confidence": None, "error": None} | further  # fmt: skip


def test_a_line_says_everything_of_an_item(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.jsonl", command="cutout", shard=Shard(index=1, count=3))
    ledger.add(
        ItemResult(
            input="a.jpg", status="done", outputs=["a.png"], seconds=1.5, model="compact",
            extra={"confidence": 0.9}, sha256={"a.png": "abc"},
        )
    )  # fmt: skip
    (found,) = read_ledger(tmp_path / "l.jsonl")
    assert found["sha256"] == {"a.png": "abc"}
    assert (found["confidence"], found["shard"], found["model"]) == (0.9, "1/3", "compact")
    assert found["version"]


def test_an_output_that_another_program_changed_is_not_passed_over(tmp_path: Path) -> None:
    photo, out = tmp_path / "a.txt", tmp_path / "out.txt"
    photo.write_text("photo")
    item = Item(path=photo, work=partial(_copy, photo, out), outputs=(out,))
    for content, status in ((None, "done"), (None, "skipped"), ("edited", "failed")):
        if content:
            out.write_text(content)
        with Ledger(tmp_path / "l.jsonl", command="copy", shard=Shard()) as ledger:
            (found,) = [*map(ledger.add, run_items([item], existing="skip", checksums=True))]
        assert found.status == status
    assert "exists with another content than in the ledger" in (found.error or "")


def _copy(photo: Path, out: Path) -> Outcome:
    out.write_bytes(photo.read_bytes())
    return Outcome(outputs=[out])


def test_a_ledger_in_object_storage_goes_on_where_it_was_and_is_of_one_shard() -> None:
    path = as_path("memory://ledgers/l.jsonl")
    for name in ("a.jpg", "b.jpg"):
        with Ledger(path, command="cutout", shard=Shard(count=2)) as ledger:
            ledger.add(ItemResult(input=name, status="done"))
    assert [line["input"] for line in read_ledger(path)] == ["a.jpg", "b.jpg"]
    with pytest.raises(BadArgument, match="is the ledger of shard 0/2"):
        Ledger(path, command="cutout", shard=Shard(index=1, count=2))


def test_a_line_that_a_crash_cut_off_is_left_out_and_does_not_spoil_the_next(
    tmp_path: Path,
) -> None:
    path = tmp_path / "l.jsonl"
    for name in ("a.jpg", "b.jpg"):
        ledger = Ledger(path, command="cutout", shard=Shard())
        ledger.add(ItemResult(input=name, status="done"))
        with path.open("a") as file:
            file.write('{"input": "c.j')
    assert [found["input"] for found in read_ledger(path)] == ["a.jpg", "b.jpg"]


def test_another_command_may_not_use_the_same_ledger(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    Ledger(path, command="cutout", shard=Shard()).add(ItemResult(input="a.jpg", status="done"))
    with pytest.raises(BadArgument, match="with other options"):
        Ledger(path, command="cutout --bits 16", shard=Shard())
    other = tmp_path / "photo.jpg"
    other.write_text(json.dumps({"name": 1}))
    with pytest.raises(BadData, match="is not a ledger"):
        Ledger(other, command="cutout", shard=Shard())


def test_the_last_line_of_an_input_counts_but_skipping_hides_nothing() -> None:
    first = [line("a", "failed", error="a is broken"), line("b", "done", confidence=0.8)]
    second = [line("a", "unsure", confidence=0.4), line("b", "skipped"), line("c", "failed")]
    merged = merge([first, second])
    assert [(one["input"], one["status"]) for one in merged] == [
        ("a", "unsure"), ("b", "done"), ("c", "failed")
    ]  # fmt: skip
    summary = summarise(merged)
    assert summary.statuses == {"unsure": 1, "done": 1, "failed": 1}
    assert (summary.items, summary.unsure_share, summary.seconds_per_item) == (3, 0.5, 3.0)
    assert summary.mean_confidence == pytest.approx(0.6)


def test_what_failed_and_is_there_now_does_not_count_as_failed() -> None:
    (merged,) = merge([[line("a", "done"), line("a", "failed")], [line("a", "skipped")]])
    assert merged["status"] == "skipped"


def test_a_tar_counts_until_its_photos_have_lines() -> None:
    tar, photo = line("in/0.tar", "failed"), line("in/0.tar/7.jpg", "done")
    assert [one["input"] for one in merge([[tar]])] == ["in/0.tar"]
    for after in ([], [line("in/0.tar", "skipped")]):
        assert [one["input"] for one in merge([[tar, photo], after])] == ["in/0.tar/7.jpg"]
    assert len(merge([[photo, tar]])) == 2


def test_ledgers_of_unlike_commands_are_not_merged() -> None:
    with pytest.raises(BadArgument, match="different options"):
        merge([[line("a", "done")], [line("b", "done", command="y")]])

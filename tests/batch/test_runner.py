"""Many items through one loop: what is done, skipped, refused, set aside."""

import os
from functools import partial
from pathlib import Path

import pytest

from mattekit.batch.files import Shard, gather
from mattekit.batch.runner import Item, ItemResult, Outcome, plan_items, run_items
from mattekit.core import system
from mattekit.core.errors import BadArgument, BadImage


def copy(path: Path) -> Outcome:
    """Work that fails where the name says so."""
    if "bad" in path.name:
        raise BadImage(f"{path.name} is broken")
    target = result_of(path)
    target.parent.mkdir(exist_ok=True)
    target.write_text(path.name)
    return Outcome(outputs=[target], warnings=["a remark"], model="copy", extra={"score": 1})


def result_of(path: Path) -> Path:
    return path.parent / "out" / f"{path.stem}.png"


def items(folder: Path, *names: str, **options: object) -> list[Item]:
    return [
        Item(path=path, work=partial(copy, path), outputs=(result_of(path),), **options)
        for path in (folder / name for name in names)
    ]


def run(given: list[Item], **options: object) -> dict[str, ItemResult]:
    results = run_items(plan_items(given), **options)
    return {Path(result.input).name: result for result in results}


def test_a_batch_goes_on_after_a_failure(tmp_path: Path) -> None:
    found = run(items(tmp_path, "bad.png", "b.png"))
    assert (found["bad.png"].status, found["bad.png"].error) == ("failed", "bad.png is broken")
    done = found["b.png"]
    assert (done.status, done.model, done.warnings) == ("done", "copy", ["a remark"])
    assert (done.extra, done.outputs) == ({"score": 1}, [str(tmp_path / "out" / "b.png")])


def test_a_result_that_exists_is_kept_unless_asked_otherwise(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    kept = tmp_path / "out" / "b.png"
    kept.write_text("old")
    assert "--overwrite or --skip-existing" in run(items(tmp_path, "b.png"))["b.png"].error
    assert run(items(tmp_path, "b.png"), existing="skip")["b.png"].status == "skipped"
    assert run(items(tmp_path, "b.png", current=True))["b.png"].status == "skipped"
    assert kept.read_text() == "old"
    assert run(items(tmp_path, "b.png"), existing="replace")["b.png"].status == "done"
    assert kept.read_text() == "b.png"


@pytest.mark.parametrize("taken", ["a.png", "hint.png"])
def test_no_result_takes_the_place_of_anything_that_is_read(tmp_path: Path, taken: str) -> None:
    item = Item(
        path=tmp_path / "a.png",
        work=Outcome,
        inputs=(tmp_path / "hint.png",),
        outputs=(tmp_path / "x" / ".." / taken,),
    )
    (tmp_path / "x").mkdir()
    with pytest.raises(BadArgument, match="is an input and would be overwritten"):
        plan_items([item])


def test_two_inputs_with_one_result_fail_and_the_others_are_done(tmp_path: Path) -> None:
    found = run(items(tmp_path, "photo.jpg", "photo.heic", "other.jpg"))
    assert {name: result.status for name, result in found.items()} == {
        "photo.jpg": "failed",
        "photo.heic": "failed",
        "other.jpg": "done",
    }
    assert "photo.heic would also be written to" in found["photo.jpg"].error
    for index in range(4):  # also where the two are in different shards
        planned = plan_items(
            items(tmp_path, "photo.jpg", "photo.heic"), Shard(index=index, count=4)
        )
        assert all(result.status == "failed" for result in run_items(planned))


@pytest.mark.posix
def test_a_loop_of_links_is_no_unexpected_error(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    item = Item(path=tmp_path / "a", work=Outcome, outputs=(tmp_path / "one" / "a.png",))
    assert len(plan_items([item])) == 1


@pytest.mark.slow
def test_an_item_whose_process_is_killed_is_set_aside_by_name() -> None:
    works = {
        "a": partial(Outcome, model="a"),
        "killer": partial(os._exit, 9),
        "b": partial(Outcome, model="b"),
        "bad": partial(gather, ["no such folder/*.png"]),
        "c": partial(Outcome, model="c"),
        "killer2": partial(os._exit, 9),
        "d": partial(Outcome, model="d"),
    }
    found = run([Item(path=Path(name), work=work) for name, work in works.items()], processes=2)
    assert {name: result.status for name, result in found.items()} == {
        name: "done" if len(name) == 1 else "failed" for name in works
    }
    assert [found[name].model for name in "abcd"] == ["a", "b", "c", "d"]
    assert "ended from outside" in found["killer"].error
    assert "no file fits" in found["bad"].error


def test_nothing_is_begun_after_a_stop(tmp_path: Path) -> None:
    done: list[str] = []
    for result in run_items(
        plan_items(items(tmp_path, "a.png", "b.png", "c.png")), stopped=lambda: len(done) == 2
    ):
        done.append(result.input)
    assert len(done) == 2


def test_ctrl_c_in_an_item_is_raised(tmp_path: Path) -> None:
    def interrupted() -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run_items([Item(path=tmp_path, work=interrupted)]))


def test_names_that_differ_in_case_alone_are_one_file_on_macos_and_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [
        Item(path=tmp_path / name, work=Outcome, outputs=(tmp_path / "out" / f"{name}.png",))
        for name in ("Cat", "cat")
    ]
    assert not any(item.refused for item in plan_items(both))
    monkeypatch.setattr(system, "MACOS", True)
    assert all("would also be written" in (item.refused or "") for item in plan_items(both))

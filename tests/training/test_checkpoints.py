"""Checkpoints: whole or not there, the right ones kept, readable without running code."""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from mattekit.core.errors import BadOutput, BadWeights
from mattekit.training.checkpoints import (
    BEST,
    LAST,
    CheckpointConfig,
    Checkpoints,
    generators,
    read_state,
    restore_generators,
    write_state,
)


def checkpoints(folder: Path, **settings: object) -> Checkpoints:
    return Checkpoints(folder, CheckpointConfig(**settings))


def words(text: str) -> dict[str, Callable[[Path], None]]:
    return {"state.pt": lambda path: write_state(path, {"text": text})}


def steps(kept: Checkpoints) -> list[int]:
    return sorted(int(folder.name[5:]) for folder in kept.folder.glob("step-*"))


def test_last_and_best_name_the_folders_they_should(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path)
    assert kept.find(LAST) is None
    for step, best in ((10, False), (20, True), (30, False)):
        kept.save(step, words(str(step)), best=best)
    last, best_folder = kept.find(LAST), kept.find(BEST)
    assert last is not None
    assert best_folder is not None
    assert (read_state(last), read_state(best_folder)) == ({"text": "30"}, {"text": "20"})


def test_old_checkpoints_go_but_the_best_one_stays(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path, keep=2)
    for step in range(1, 7):
        kept.save(step, words(""), best=step == 2)
    assert steps(kept) == [2, 5, 6]


def test_a_million_steps_count_as_more_than_a_few_hundred_thousand(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path, keep=2)
    for step in (500_000, 999_999, 1_000_000, 1_500_000):
        kept.save(step, words(""), best=step == 1_000_000)
    assert steps(kept) == [1_000_000, 1_500_000]
    assert kept.best_since(500_000) == kept.of_step(1_000_000)
    assert kept.best_since(1_000_000) is None


def test_the_mode_for_small_disks_keeps_the_last_and_the_best(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path, keep=1)
    for step in range(1, 7):
        kept.save(step, words(""), best=step == 3)
        assert len(steps(kept)) <= 2
    assert steps(kept) == [3, 6]


def test_a_checkpoint_can_be_put_together_elsewhere_first(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path / "run", assemble_in=str(tmp_path / "local"))
    kept.save(1, words("here"), best=False)
    last = kept.find(LAST)
    assert last is not None
    assert read_state(last) == {"text": "here"}
    assert list((tmp_path / "local").iterdir()) == []


def test_a_failed_write_leaves_the_last_good_checkpoint_and_says_which(tmp_path: Path) -> None:
    def fails(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    kept = checkpoints(tmp_path)
    kept.save(1, words("good"), best=False)
    with pytest.raises(
        BadOutput, match=r"step-000002.*No space.*the last good one is .*step-000001"
    ):
        kept.save(2, {"state.pt": fails}, best=True)
    assert steps(kept) == [1]
    assert list(kept.folder.glob(".tmp-*")) == []
    assert kept.find(BEST) is None


def test_what_a_killed_process_left_half_written_is_cleared_away(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path)
    (kept.folder / ".tmp-killed").mkdir(parents=True)
    kept.save(1, words(""), best=False)
    assert [path.name for path in kept.folder.iterdir() if path.name.startswith(".")] == []


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    torch.save({"code": Checkpoints}, tmp_path / "state.pt")
    with pytest.raises(BadWeights, match="holds more than numbers and words"):
        read_state(tmp_path)


def test_a_damaged_or_missing_state_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match=r"is no checkpoint: it has no state\.pt"):
        read_state(tmp_path)
    write_state(tmp_path / "state.pt", {"numbers": torch.zeros(1000)})
    whole = (tmp_path / "state.pt").read_bytes()
    (tmp_path / "state.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadWeights, match="is damaged"):
        read_state(tmp_path)
    turned = bytearray(whole)
    turned[len(whole) // 2] ^= 1
    (tmp_path / "state.pt").write_bytes(turned)
    with pytest.raises(BadWeights, match=r"is damaged; .* -o DIR --resume .*step-NUMBER"):
        read_state(tmp_path)


def test_every_generator_goes_on_where_it_was(tmp_path: Path) -> None:
    write_state(tmp_path / "state.pt", {"generators": generators()})
    drawn = (torch.rand(3).tolist(), random.random())
    restore_generators(read_state(tmp_path)["generators"], 0)
    assert (torch.rand(3).tolist(), random.random()) == drawn


def test_a_process_that_was_not_there_before_keeps_its_own_chance() -> None:
    saved = generators()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    restore_generators(saved, 1)
    assert torch.equal(torch.rand(3), expected)


def test_keep_is_at_least_one() -> None:
    with pytest.raises(ValueError, match="keep must be at least 1"):
        CheckpointConfig(keep=0)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond the size: what a full disk looks like to who writes."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.posix
def test_a_disk_that_is_really_full_leaves_the_last_good_checkpoint(tmp_path: Path) -> None:
    kept = checkpoints(tmp_path)
    small, large = ({"plane": torch.zeros(size)} for size in (10, 100_000))
    kept.save(1, {"state.pt": lambda path: write_state(path, small)}, best=False)
    for name, write in (
        ("state.pt", lambda path: write_state(path, large)),
        ("weights.safetensors", lambda path: save_file(large, path)),
    ):
        with largest_file(50_000), pytest.raises(BadOutput, match="the last good one is"):
            kept.save(2, {name: write}, best=True)
    last = kept.find(LAST)
    assert last is not None
    assert torch.equal(read_state(last)["plane"], torch.zeros(10))
    assert [path.name for path in kept.folder.iterdir() if "step" not in path.name] == [LAST]


def test_an_old_checkpoint_that_somebody_has_open_on_windows_stays_whole_and_goes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, replace = checkpoints(tmp_path, keep=1), os.replace
    kept.save(1, words(""), best=False)

    def refused(source: Path, target: Path) -> None:
        if Path(source).name == "step-000001":
            raise PermissionError(13, "Access is denied", str(source))
        replace(source, target)

    def in_part(folder: Path, **_: object) -> None:
        (folder / "state.pt").unlink(missing_ok=True)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refused)
        patch.setattr(shutil, "rmtree", in_part)
        kept.save(2, words(""), best=False)
    assert steps(kept) == [1, 2]
    assert read_state(kept.of_step(1)) == {"text": ""}
    kept.save(3, words(""), best=False)
    assert steps(kept) == [3]
    assert list(kept.folder.glob(".tmp-*")) == []

"""Two processes with half the batch each do what one does with the whole."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from training.distributed import PUBLISHED, adam_recipe, double, end_weights, published, sgd_methods
from training.toy_runs import run_toy
from training.toys import same

from mattekit.training.run_log import read_log

PROGRAM = Path(__file__).with_name("distributed.py")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes left behind."""
    folder = tmp_path_factory.mktemp("distributed")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = [*launcher, "--nproc-per-node=2", str(PROGRAM), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def weights(folder: Path, name: str, rank: int) -> dict[str, torch.Tensor]:
    loaded: dict[str, torch.Tensor] = torch.load(folder / f"{name}-{rank}.pt", weights_only=True)
    return loaded


def found(folder: Path, rank: int) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / f"found-{rank}.json").read_text())
    return read


def largest_difference(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    return max(float((one[name].double() - other[name].double()).abs().max()) for name in one)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["supervised", "adversarial", "staged"])
class TestTwoProcesses:
    def test_they_end_with_the_weights_of_one(self, folder: Path, name: str) -> None:
        alone, _ = end_weights(sgd_methods()[name], double(several=False))
        assert largest_difference(alone, weights(folder, name, 0)) < 1e-10

    def test_they_have_the_same_weights(self, folder: Path, name: str) -> None:
        assert same(weights(folder, name, 0), weights(folder, name, 1))

    def test_together_they_see_every_sample_once(self, folder: Path, name: str) -> None:
        seen = [found(folder, rank)[f"{name} names"] for rank in range(2)]
        _, alone = end_weights(sgd_methods()[name], double(several=False))
        assert sorted(seen[0] + seen[1]) == sorted(alone)
        for epoch in range(6):  # an epoch of 12 samples is 6 on either side
            part = slice(6 * epoch, 6 * epoch + 6)
            assert len({*seen[0][part], *seen[1][part]}) == 12


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_networks_and_losses_end_with_the_weights_of_one(folder: Path, name: str) -> None:
    alone = published(name, double(several=False))
    assert largest_difference(alone, weights(folder, name, 0)) < 1e-10
    assert same(weights(folder, name, 0), weights(folder, name, 1))
    if name == "dim":  # whose losses divide by the unknown pixels of both halves
        assert largest_difference(alone, weights(folder, "dim apart", 0)) > 1e-6


@pytest.mark.slow
def test_without_sums_over_processes_the_weights_would_differ(folder: Path) -> None:
    alone, _ = end_weights(sgd_methods()["supervised"], double(several=False))
    assert largest_difference(alone, weights(folder, "apart", 0)) > 1e-6


@pytest.mark.slow
def test_validation_is_gathered_and_only_the_first_process_speaks(
    folder: Path, tmp_path: Path
) -> None:
    first, second = (found(folder, rank)["run"] for rank in range(2))
    assert first["scores"] == second["scores"]
    assert (first["step"], first["told"], second["told"]) == (8, 8, 0)
    alone = run_toy(adam_recipe(), tmp_path)
    assert alone.scores.keys() == first["scores"].keys()
    logged = [line for line in read_log(folder / "run") if line.kind == "losses"]
    assert first["losses"] == [line.values["total"] for line in logged]  # of both, not its share
    log = (folder / "run" / "log.jsonl").read_text().splitlines()
    assert len(log) == len((tmp_path / "log.jsonl").read_text().splitlines())


@pytest.mark.slow
def test_a_validation_that_fails_in_one_process_ends_both_with_the_run_saved(
    folder: Path,
) -> None:
    first, second = (found(folder, rank)["failed"] for rank in range(2))
    assert second == "disc-1.png cannot be read"
    assert first == "the validation failed in another process, which says why"
    last = (folder / "failed" / "checkpoints" / "last").read_text()
    assert last == "step-000008\n"


@pytest.mark.slow
def test_with_adam_in_float32_the_first_losses_are_those_of_one(
    folder: Path, tmp_path: Path
) -> None:
    """Later ones drift: sums in another order differ in the last bit, and Adam enlarges that."""
    run_toy(adam_recipe(), tmp_path)
    both, alone = (
        [line.values["total"] for line in read_log(run) if line.kind == "losses"][:5]
        for run in (folder / "run", tmp_path)
    )
    assert both == pytest.approx(alone, abs=1e-5)

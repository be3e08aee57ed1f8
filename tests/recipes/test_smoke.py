"""Every bundled recipe learns its fixed batch of procedural pictures in a dozen steps."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from training.toy_runs import Listener

from mattekit.networks import weights
from mattekit.recipes.processes import Hardware
from mattekit.recipes.recipe import Recipe, find, load_recipe, names
from mattekit.recipes.run_folder import RunFolder
from mattekit.recipes.train import train
from mattekit.training.run_log import read_log
from mattekit.training.staged import StagedConfig

LIGHT = ("tiny", "tiny_adversarial", "tiny_staged")
"""One of every method, with a network that learns in a second."""


def cases() -> list[object]:
    """The bundled recipes; those of large networks are slow."""
    return [
        pytest.param(name, marks=() if name in LIGHT else pytest.mark.slow, id=name)
        for name in names()
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder whose checkpoints, half a gigabyte each, are removed at once."""
    yield tmp_path / "run"
    shutil.rmtree(tmp_path / "run", ignore_errors=True)


def smoke(name: str, folder: Path) -> Recipe:
    recipe = load_recipe(find(name), keep_unset=True).smoked()
    train(
        recipe,
        RunFolder(path=folder),
        title=name,
        command=f"mattekit train {name} --smoke",
        hardware=Hardware(device="cpu"),
        listener=Listener(),
    )
    return recipe


@pytest.mark.slow
@pytest.mark.parametrize("name", cases())
def test_a_smoke_run_needs_no_data_and_lowers_its_loss(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MATTEKIT_DATA", raising=False)
    recipe = smoke(name, folder)
    totals = [line.values["total"] for line in read_log(folder) if line.kind == "losses"]
    assert len(totals) == recipe.smoke.steps
    stages = len(recipe.method.stages) if isinstance(recipe.method, StagedConfig) else 1
    first_stage = totals[: len(totals) // stages]
    least = 0.97 if name in ("finetune", "key") else 0.9  # what is good already gains less
    assert first_stage[-1] < least * first_stage[0]
    saved = folder / "checkpoints" / f"step-{recipe.smoke.steps:06d}" / "weights.safetensors"
    assert weights.read_header(saved).architecture == recipe.network.name

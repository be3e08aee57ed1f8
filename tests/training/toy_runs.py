"""Whole runs of toys: a recipe in Python, and the folder it is trained in."""

from pathlib import Path
from typing import Any

from training.toys import CRITIC, LOSSES, DiscsConfig, ToyConfig

from mattekit.recipes.processes import Hardware
from mattekit.recipes.recipe import DataConfig, Recipe
from mattekit.recipes.run_folder import resolve_run_folder
from mattekit.recipes.train import Result, train
from mattekit.training.adversarial import AdversarialConfig
from mattekit.training.checkpoints import CheckpointConfig
from mattekit.training.freeze import FreezeConfig
from mattekit.training.optimisers import OptimiserConfig
from mattekit.training.run_log import LogConfig
from mattekit.training.schedules import CosineConfig, Duration
from mattekit.training.staged import StageConfig, StagedConfig
from mattekit.training.supervised import SupervisedConfig
from mattekit.training.validation import ValidationConfig


def methods(steps: int) -> tuple[Any, ...]:
    """Every method, for runs of that length."""
    half = Duration(steps=steps // 2)
    stages = (
        StageConfig(length=half),
        StageConfig(length=half, freeze=FreezeConfig(parts=("encoder",))),
    )
    return SupervisedConfig(), AdversarialConfig(critic=CRITIC), StagedConfig(stages=stages)


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.losses: list[float] = []
        self.lines: list[str] = []

    def on_step(self, step: int, steps: int, seconds: float, loss: float | None) -> None:
        self.steps.append(step)
        self.losses += [] if loss is None else [loss]

    def on_message(self, text: str) -> None:
        self.lines.append(text)


def toy_recipe(method: Any, steps: int, **changes: Any) -> Recipe:
    """A run of the toy network with everything switched on that could break exactness."""
    options: dict[str, Any] = {
        "network": ToyConfig(),
        "data": DataConfig(
            train=DiscsConfig(count=10), valid=DiscsConfig(count=2), crop=(12, 16), size=16
        ),
        "losses": LOSSES,
        "method": method,
        "length": None if isinstance(method, StagedConfig) else Duration(steps=steps),
        "batch": 4,
        "optimiser": OptimiserConfig(lr=0.01),
        "schedule": CosineConfig(),
        "warmup": Duration(steps=5),
        "clip": 1.0,
        "ema": 0.9,
        "validate": ValidationConfig(every=Duration(steps=10), metrics=("sad", "mse")),
        "checkpoint": CheckpointConfig(every=Duration(steps=4), keep=2),
        "log": LogConfig(losses=Duration(steps=1), pictures=Duration(steps=20)),
    }
    return Recipe(**{**options, **changes})


def run_toy(
    recipe: Recipe, folder: Path, *, resume: str = "auto", listener: Listener | None = None
) -> Result:
    """Train in the folder, from its last checkpoint if there is one."""
    place = resolve_run_folder(recipe, out=folder, resume=resume, title="toy")
    return train(
        recipe,
        place,
        title="toy",
        command="mattekit train toy",
        hardware=Hardware(device="cpu"),
        listener=listener or Listener(),
    )

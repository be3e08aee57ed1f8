"""A program for torchrun: two processes start runs; what each of them reads and says.

Usage: torchrun --nproc-per-node 2 two_processes.py FOLDER.
"""

import json
import os
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from training.toy_runs import Listener, toy_recipe
from training.toys import Discs, DiscsConfig

from mattekit.core.errors import MattekitError
from mattekit.core.types import Sample
from mattekit.recipes.processes import Hardware
from mattekit.recipes.recipe import DataConfig
from mattekit.recipes.run_folder import RunFolder
from mattekit.recipes.train import train
from mattekit.training.optimisers import OptimiserConfig
from mattekit.training.supervised import SupervisedConfig


@dataclass
class Counted(Discs):
    """Discs that count how often they are read, whole and in windows."""

    masks: bool = False
    reads: Counter[str] = field(default_factory=Counter)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        self.reads["whole"] += 1
        return self._disc(index, rng)

    def part(self, index: int, rng: np.random.Generator, side: int) -> Sample:
        self.reads["window"] += 1
        return self._disc(index, rng)

    def _disc(self, index: int, rng: np.random.Generator) -> Sample:
        disc = super().sample(index, rng)
        return replace(disc, alpha=disc.alpha.round()) if self.masks else disc


def start(folder: RunFolder, source: Counted, lr: float = 0.01) -> dict[str, Any]:
    """What this process reads in a run of one step, and the error that it ends with."""
    DiscsConfig.open = lambda self: source  # type: ignore[method-assign]
    data = DataConfig(train=DiscsConfig(), crop=(16,), size=16)
    recipe = toy_recipe(
        SupervisedConfig(),
        1,
        data=data,
        warmup=None,
        optimiser=OptimiserConfig(lr=lr),
    )
    error = None
    try:
        train(
            recipe,
            folder,
            title="toy",
            command="none",
            hardware=Hardware(device="cpu"),
            listener=Listener(),
        )
    except MattekitError as failure:
        error = str(failure)
    return {**source.reads, "error": error}


def main(folder: Path, rank: int) -> None:
    own = folder / str(rank) / "step-000004"
    own.mkdir(parents=True)
    (own / "state.pt").write_text(f"of process {rank}")
    new = RunFolder(path=folder / "run")
    found = {
        "mattes": start(new, Counted()),
        "masks": start(new, Counted(masks=True)),
        "other rate": start(new, Counted(), lr=0.01 * (1 + rank)),
        "other pictures": start(new, Counted(length=12 + rank)),
        "other checkpoint": start(RunFolder(path=folder, checkpoint=own), Counted()),
    }
    (folder / f"found-{rank}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), int(os.environ["RANK"]))
    torch.distributed.destroy_process_group()  # its threads would abort the process at its end

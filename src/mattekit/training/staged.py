"""Training in stages: supervised runs in a row, each from the best weights of the one before.

Deep Image Matting is trained so: first the encoder-decoder, then the refinement alone, then both.
A stage states what differs from the recipe: losses, frozen parts, rates, the network's options.
"""

from dataclasses import replace
from typing import Literal

import torch
from torch import nn

from mattekit.core.config import config
from mattekit.core.tensors import Batch
from mattekit.losses import LossConfig
from mattekit.networks import NetworkConfig
from mattekit.networks.weights import start_from
from mattekit.training.freeze import FreezeConfig, freeze
from mattekit.training.method import Setup, StateDict, StepResult
from mattekit.training.optimisers import OptimiserConfig
from mattekit.training.schedules import Duration, RunLength, ScheduleConfig
from mattekit.training.supervised import Supervised, dry_run


@config
class StageConfig:
    """One stage; what it leaves out is as in the recipe."""

    length: Duration
    network: NetworkConfig | None = None
    """The network from this stage on, such as one with its refinement added."""
    losses: tuple[LossConfig, ...] | None = None
    freeze: FreezeConfig | None = None
    optimiser: OptimiserConfig | None = None
    schedule: ScheduleConfig | None = None


class Staged:
    """Supervised stages, one after the other."""

    def __init__(self, setup: Setup, stages: tuple[StageConfig, ...]) -> None:
        self.setup = setup
        self.stages = stages
        self.lengths = [stage.length.in_steps(setup.length.epoch) for stage in stages]
        self.stage = 0
        self.steps = 0
        self._enter(setup.network)

    @property
    def network(self) -> nn.Module:
        return self.inner.network

    def dry_run(self, batch: Batch) -> list[str]:
        """Every stage, the later ones with random weights."""
        network = first = self.inner.learner.module
        remarks = []
        with torch.random.fork_rng(devices=()):
            for number, stage in enumerate(self.stages):
                network = network if number == 0 else _network_of(stage, network)
                setup = self._setup_of(number, network)
                freeze(network, setup.config.freeze)
                *_, found = dry_run(setup, network.to(setup.fabric.device), batch)
                remarks += [f"stage {number + 1}: {remark}" for remark in found]
        freeze(first, self.inner.setup.config.freeze)
        return remarks

    def step(self, batch: Batch) -> StepResult:
        """A step of the current stage, the next one first where it is due."""
        last = len(self.stages) - 1
        while self.stage < last and self.steps >= sum(self.lengths[: self.stage + 1]):
            self._advance()
        self.steps += 1
        return self.inner.step(batch)

    def parts(self) -> dict[str, nn.Module]:
        return self.inner.parts()

    def rate_jump(self) -> tuple[float, float]:
        return self.inner.rate_jump()

    def state_dict(self) -> StateDict:
        return {"stage": self.stage, "steps": self.steps, "inner": self.inner.state_dict()}

    def load_state_dict(self, state: StateDict) -> None:
        while self.stage < state["stage"]:
            self.stage += 1
            self._enter(_network_of(self.stages[self.stage], self.inner.learner.module))
        self.steps = state["steps"]
        self.inner.load_state_dict(state["inner"])

    def _advance(self) -> None:
        """Enter the next stage, from the best weights of this one."""
        weights = self.setup.best_weights(sum(self.lengths[: self.stage]))
        if weights is None:
            weights = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.stage += 1
        network = _network_of(self.stages[self.stage], self.inner.learner.module)
        start_from(network, weights, strict=False, source="the stage before")
        self._enter(network)

    def _enter(self, network: nn.Module) -> None:
        """Begin the current stage; the network is wrapped anew, since other parts learn now."""
        self.inner = Supervised(self._setup_of(self.stage, network))

    def _setup_of(self, number: int, network: nn.Module) -> Setup:
        stage, setup = self.stages[number], self.setup
        changed = {
            name: value
            for name in ("losses", "freeze", "optimiser", "schedule")
            if (value := getattr(stage, name)) is not None
        }
        return replace(
            setup,
            config=replace(setup.config, **changed),
            network=network,
            length=RunLength(setup.length.epoch, self.lengths[number]),
        )


def _network_of(stage: StageConfig, before: nn.Module) -> nn.Module:
    return before if stage.network is None else stage.network.build()


@config
class StagedConfig:
    """Supervised stages in a row, each from the best weights of the one before."""

    name: Literal["staged"] = "staged"
    stages: tuple[StageConfig, ...]

    def __post_init__(self) -> None:
        if not self.stages:
            raise ValueError("at least one stage is expected")
        if self.stages[0].network is not None:
            raise ValueError("the first stage has the recipe's network; leave its network out")

    def build(self, setup: Setup) -> Staged:
        return Staged(setup, self.stages)

    def length(self, epoch: float) -> int:
        """Steps of all stages together."""
        return sum(stage.length.in_steps(epoch) for stage in self.stages)

    def shortened(self, steps: int) -> "StagedConfig":
        """The same stages at the recipe's rates, `steps` in all."""
        each = Duration(steps=max(1, steps // len(self.stages)))
        return StagedConfig(
            stages=tuple(
                replace(stage, length=each, optimiser=None, schedule=None) for stage in self.stages
            )
        )

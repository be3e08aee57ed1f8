"""What a training method is, what it is given and what it reports.

The loop owns time, a method owns gradients: `training.supervised`, `adversarial`, `staged`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from lightning_fabric import Fabric
from torch import Tensor, nn

from mattekit.core.tensors import Batch, Prediction
from mattekit.training.freeze import FreezeConfig
from mattekit.training.guessed import GuessedBackground
from mattekit.training.optimisers import AdamConfig, OptimiserConfig
from mattekit.training.periods import Clock, Span
from mattekit.training.schedules import ConstantConfig, Pace, ScheduleConfig

StateDict = dict[str, Any]
"""Tensors, numbers, words, and lists and dicts of them."""


@runtime_checkable
class Loss(Protocol):
    """A member of `losses.LossConfig`."""

    @property
    def name(self) -> str: ...
    @property
    def weight(self) -> float: ...
    def __call__(self, prediction: Prediction, batch: Batch) -> Tensor: ...


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one step came to. Parts are named as in the logs."""

    losses: dict[str, float]
    """`total` and each of its parts, unweighted."""
    rates: dict[str, float]
    gradient_norms: dict[str, float]
    """Before clipping; empty for an update that was left out because of an fp16 overflow."""
    notes: dict[str, float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    """Sentences for whoever watches."""

    def joined(self, other: "Report") -> "Report":
        """The numbers of both."""
        return Report(
            losses={**self.losses, **other.losses},
            rates={**self.rates, **other.rates},
            gradient_norms={**self.gradient_norms, **other.gradient_norms},
            notes={**self.notes, **other.notes},
            remarks=self.remarks + other.remarks,
        )


@runtime_checkable
class Method(Protocol):
    """One way of training."""

    stage: int
    """Counts up when a method goes on to its next stage; the best so far then starts anew."""

    @property
    def network(self) -> nn.Module:
        """The network as it would be used now: the average of its weights where one is kept."""

    def rehearse(self, batch: Batch) -> None:
        """Compute every loss of a batch once, so that what cannot work is refused before a step."""

    def step(self, batch: Batch) -> Report:
        """Forward, backward and the update of every optimiser."""

    def parts(self) -> dict[str, nn.Module]:
        """Everything that is trained, by name."""

    def state_dict(self) -> StateDict:
        """All that a later `load_state_dict` needs to go on to the bit."""

    def load_state_dict(self, state: StateDict) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every method is given."""

    fabric: Fabric
    network: nn.Module
    losses: Sequence[Loss]
    clock: Clock
    optimiser: OptimiserConfig = field(default_factory=AdamConfig)
    schedule: ScheduleConfig = field(default_factory=ConstantConfig)
    warmup: Span | None = None
    by_epoch: bool = False
    accumulate: int = 1
    clip: float | None = None
    ema: float | None = None
    freeze: FreezeConfig = field(default_factory=FreezeConfig)
    channels_last: bool = False
    compile: bool = False
    best_weights: Callable[[int], dict[str, Tensor] | None] = lambda step: None
    """The best weights saved after a step, for a stage that goes on from the stage before."""
    guessed_background: GuessedBackground | None = None
    """What puts a guess in the place of the true background, before the network sees a batch."""

    def pace(self, optimiser: OptimiserConfig, schedule: ScheduleConfig) -> Pace:
        """The rates of one of the method's optimisers over time."""
        return Pace(
            schedule=schedule,
            lr=optimiser.lr,
            clock=self.clock,
            warmup=self.warmup,
            by_epoch=self.by_epoch,
        )


class Objective:
    """A weighted sum of losses that remembers its parts by name."""

    def __init__(self, losses: Sequence[Loss]) -> None:
        self.losses: dict[str, Loss] = {}
        for loss in losses:
            same = sum(name.split(" ")[0] == loss.name for name in self.losses)
            self.losses[f"{loss.name} {same + 1}" if same else loss.name] = loss

    def __call__(self, prediction: Prediction, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        parts = {name: loss(prediction, batch) for name, loss in self.losses.items()}
        total = sum((self.losses[name].weight * part for name, part in parts.items()), start=0.0)
        assert isinstance(total, Tensor), "a recipe has at least one loss"
        return total, parts

"""What a training method is, what it is given and what it reports.

The loop owns time, a method owns gradients: `training.supervised`, `adversarial`, `staged`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Literal, Protocol, runtime_checkable

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from mattekit.core.config import config
from mattekit.core.errors import BadRecipe
from mattekit.core.tensors import Batch, Precision, Prediction
from mattekit.losses import LossConfig
from mattekit.losses.region import Terms
from mattekit.training.freeze import FreezeConfig
from mattekit.training.guessed import GuessedBackground
from mattekit.training.optimisers import OptimiserConfig
from mattekit.training.schedules import ConstantConfig, Duration, RunLength, ScheduleConfig

StateDict = dict[str, Any]
"""Tensors, numbers, words, and lists and dicts of them."""

KINDS = ("losses", "gradient_norms", "notes")


class Readback:
    """Numbers on their way from the device: to wait for them is not to wait for what came later."""

    def __init__(self, values: Tensor) -> None:
        self.values = values.detach().to("cpu", non_blocking=values.is_cuda)
        self.arrived = torch.cuda.Event() if values.is_cuda else None
        if self.arrived is not None:
            self.arrived.record()

    def tolist(self) -> list[float]:
        """The numbers, once they have arrived."""
        if self.arrived is not None:
            self.arrived.synchronize()
        found: list[float] = self.values.tolist()
        return found


@config
class TrainingConfig:
    """How weights are learned: the part of a recipe that a method sees."""

    losses: tuple[LossConfig, ...]
    batch: int = 8
    """Samples in a step, over all processes and accumulated parts."""
    accumulate: int = 1
    """Parts that the batch is computed in, one after the other, to save memory."""
    optimiser: OptimiserConfig = OptimiserConfig()
    schedule: ScheduleConfig = ConstantConfig()
    warmup: Duration | None = None
    """Linear rise of the rates before the schedule begins."""
    rates_change: Literal["every step", "every epoch"] = "every step"
    """Whether the rates stay the same within an epoch."""
    clip: float | None = None
    """Largest norm of the gradient; larger ones are scaled down."""
    ema: float | None = None
    """Decay of a running average of weights and norm statistics (such as 0.999), which is then what
    is validated and saved."""
    freeze: FreezeConfig = FreezeConfig()
    precision: Precision = "32"
    channels_last: bool = False
    compile: bool = False
    gradient_checkpointing: bool = False
    """Compute the inside of the network's parts again for the backward pass: less memory, a third
    more time, the same result."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a method works with."""

    config: TrainingConfig
    network: nn.Module
    fabric: Fabric
    length: RunLength
    best_weights: Callable[[int], dict[str, Tensor] | None] = lambda step: None
    """The best weights saved after a step, for a stage that continues from the stage before."""
    guessed_background: GuessedBackground | None = None
    """What replaces the true background by a guess, before the network sees a batch."""

    def __post_init__(self) -> None:
        warmup, steps = self.config.warmup, self.length.total
        if warmup is not None and warmup.in_steps(self.length.epoch) >= steps:
            raise BadRecipe(
                f"warmup: {warmup.in_steps(self.length.epoch):,} steps do not fit into a run or a "
                f"stage of {steps:,}; shorten or leave out warmup, or train longer"
            )


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """The results of one step. Numbers stay on the device until they are read."""

    losses: dict[str, Tensor]
    """`total` and each of its parts, unweighted; the mean over all processes is the loss."""
    rates: dict[str, float]
    gradient_norms: dict[str, Tensor]
    """Before clipping; not finite for an update that was left out because of an fp16 overflow."""
    notes: dict[str, Tensor] = field(default_factory=dict)
    may_overflow: bool = False
    """Whether gradients are scaled up for fp16, where an overflow is a matter of course."""
    remarks: tuple[str, ...] = ()
    """Sentences for the user."""
    batch: Batch | None = None
    seconds: float = 0.0
    """How long the step took, the wait for its batch included."""
    readback: Readback | None = None
    """Its numbers, where they have been sent for."""

    def sent(self) -> "StepResult":
        """The same, its numbers on their way to the CPU."""
        return replace(self, readback=Readback(self._stacked()))

    def numbers(self, fabric: Fabric | None = None) -> dict[str, dict[str, float]]:
        """Everything as numbers, by kind; in one transfer, and as means over the processes."""
        if fabric is not None and fabric.world_size > 1:
            mean: Any = fabric.all_reduce(self._stacked(), reduce_op="mean")
            values = Readback(mean)
        else:
            values = self.readback or Readback(self._stacked())
        rest = iter(values.tolist())
        return {kind: {name: next(rest) for name in getattr(self, kind)} for kind in KINDS}

    def _stacked(self) -> Tensor:
        values = chain(*(getattr(self, kind).values() for kind in KINDS))
        return torch.stack([value.detach().float() for value in values])

    def joined(self, other: "StepResult") -> "StepResult":
        """This step with the numbers and remarks of another update in it."""
        both = {name: getattr(self, name) | getattr(other, name) for name in (*KINDS, "rates")}
        return replace(self, **both, remarks=self.remarks + other.remarks)


@runtime_checkable
class Method(Protocol):
    """One way of training."""

    stage: int
    """Counts up when a method enters its next stage; the best so far then starts anew."""

    @property
    def network(self) -> nn.Module:
        """The network as it would be used now: the average of its weights where one is kept."""

    def dry_run(self, batch: Batch) -> list[str]:
        """Compute every loss of a batch once, to refuse what cannot work before the first step;
        remarks on weights that no loss depends on."""

    def step(self, batch: Batch) -> StepResult:
        """Forward, backward and the update of every optimiser."""

    def parts(self) -> dict[str, nn.Module]:
        """Everything that is trained, by name."""

    def rate_jump(self) -> tuple[float, float]:
        """The rate of the last update and of the next."""

    def state_dict(self) -> StateDict:
        """All that a later `load_state_dict` needs to resume exactly."""

    def load_state_dict(self, state: StateDict) -> None: ...


class Objective:
    """A weighted sum of losses over a whole batch, of which this process sees a share.

    Its values are scaled so that their mean over the processes is the loss of the whole batch,
    which is what data-parallel training makes of gradients.
    """

    def __init__(self, losses: Sequence[LossConfig], fabric: Fabric) -> None:
        self.fabric = fabric
        self.losses: dict[str, LossConfig] = {}
        for loss in losses:
            same = sum(name.split(" ")[0] == loss.name for name in self.losses)
            self.losses[f"{loss.name} {same + 1}" if same else loss.name] = loss

    def terms(self, prediction: Prediction, batch: Batch) -> dict[str, Terms]:
        """Every loss of a part of the batch, not yet divided."""
        return {name: loss(prediction, batch) for name, loss in self.losses.items()}

    def counts(
        self, terms: dict[str, Terms], prediction: Prediction, others: Sequence[Batch] = ()
    ) -> dict[str, Tensor]:
        """What the sums of the whole batch are divided by: over its parts and all processes.

        Counts follow from the batch alone, so the prediction for one part serves for the others.
        """
        with torch.no_grad():
            whole = Terms.joined(terms.values()).counts
            for other in others:
                whole = whole + Terms.joined(self.terms(prediction, other).values()).counts
        if self.fabric.world_size > 1:
            whole = self.fabric.all_reduce(whole, reduce_op="sum")  # type: ignore[assignment]
        split = whole.split([len(each.sums) for each in terms.values()])
        return dict(zip(terms, split, strict=True))

    def values(self, terms: dict[str, Terms], counts: dict[str, Tensor]) -> dict[str, Tensor]:
        """Every loss by name, and their weighted sum as `total`."""
        world = self.fabric.world_size
        parts = {name: world * terms[name].quotients(counts[name]).sum() for name in terms}
        weighted = [self.losses[name].weight * part for name, part in parts.items()]
        return {**parts, "total": torch.stack(weighted).sum()}

    def __call__(self, prediction: Prediction, batch: Batch) -> dict[str, Tensor]:
        """The values where this process computes its share of the batch in one part."""
        terms = self.terms(prediction, batch)
        return self.values(terms, self.counts(terms, prediction))

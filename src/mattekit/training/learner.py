"""A module with its optimiser: forward through Fabric, backward, update.

Every method is made of learners, one for each optimiser it has.
"""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from mattekit.core.errors import BadRecipe
from mattekit.core.tensors import Batch, Prediction
from mattekit.training.guards import NotFinite
from mattekit.training.method import StateDict
from mattekit.training.optimisers import OptimiserConfig, set_rates
from mattekit.training.schedules import Pace


@dataclass(frozen=True)
class Update:
    """What one update was made with."""

    lr: float
    gradient_norm: float | None
    """None where fp16 overflowed and the update was left out."""

    def norms(self, part: str) -> dict[str, float]:
        """The gradient's norm under the name of what was updated, if there is one."""
        return {} if self.gradient_norm is None else {part: self.gradient_norm}


class Learner:
    """A module that learns: forward on the right device and precision, one update at a time."""

    def __init__(
        self,
        module: nn.Module,
        optimiser: OptimiserConfig,
        pace: Pace,
        *,
        fabric: Fabric,
        clip: float | None = None,
    ) -> None:
        learning = [weight for weight in module.parameters() if weight.requires_grad]
        if not learning:
            raise BadRecipe("nothing is left to learn; freeze fewer parts")
        _check_norms(module, fabric.device)
        self.fabric = fabric
        self.pace = pace
        self.clip = clip
        self.taken = 0
        self.inner = module
        self.module, self.optimiser = fabric.setup(_Sealed(module), optimiser.build(learning))

    def __call__(self, *inputs: Any) -> Any:
        """The module's outputs, as float32 whatever the precision."""
        return _opened(self.module(_Planes(inputs)))

    def begin(self) -> None:
        """Forget the gradients of the last update; until then they stay, for whoever logs them."""
        self.optimiser.zero_grad(set_to_none=True)

    def waiting(self, wanted: bool) -> AbstractContextManager[None]:
        """Within it, several processes do not exchange gradients: more are still to be added."""
        return self.fabric.no_backward_sync(self.module, enabled=wanted)

    def backward(self, loss: Tensor, parts: dict[str, Tensor]) -> None:
        """Gradients of a loss, added to those there are; `parts` names what it was made of."""
        values = {"total": loss, **parts}
        broken = [name for name, value in values.items() if not torch.isfinite(value)]
        if broken:
            found = {name: float(values[name].detach()) for name in values}
            raise NotFinite(f"the loss {broken[-1]} became {found[broken[-1]]}", found)
        self.fabric.backward(loss)

    def update(self) -> Update:
        """One optimiser step at the rate of the schedule."""
        rates = self.pace(self.taken)
        set_rates(self.optimiser, rates.lr, rates.momentum)
        limit = torch.inf if self.clip is None else self.clip
        norm = self.fabric.clip_gradients(
            self.module, self.optimiser, max_norm=limit, error_if_nonfinite=False
        )
        size = math.nan if norm is None else float(norm)
        finite = math.isfinite(size)
        if not (finite or self.scaled):
            raise NotFinite(f"the gradient's norm became {size}", {})
        self.optimiser.step()
        self.taken += 1
        return Update(rates.lr, size if finite else None)

    @property
    def scaled(self) -> bool:
        """Whether gradients are scaled up for fp16, where an overflow is a matter of course."""
        return bool(self.fabric.strategy.precision.state_dict())

    def state_dict(self) -> StateDict:
        return {"optimiser": self.optimiser.state_dict(), "taken": self.taken}

    def load_state_dict(self, state: StateDict) -> None:
        self.optimiser.load_state_dict(state["optimiser"])
        self.taken = state["taken"]


def predict(learner: Learner, batch: Batch) -> Prediction:
    """What a network under training says of a batch."""
    return learner(*network_inputs(learner.inner, batch))


def network_inputs(network: Any, batch: Batch) -> tuple[Tensor | None, ...]:
    """Image, trimap (None for networks without one) and the further planes that it takes."""
    trimap = batch.trimap if network.needs_trimap else None
    return batch.image, trimap, *(getattr(batch, name) for name in network.extra_planes)


def chunks(batch: Batch, count: int) -> Iterator[Batch]:
    """The batch in `count` equal parts."""
    size = len(batch.image) // count
    for start in range(0, size * count, size):
        part = slice(start, start + size)
        planes = {field.name: getattr(batch, field.name) for field in fields(batch)}
        cut = {name: plane[part] for name, plane in planes.items() if plane is not None}
        yield replace(batch, **cut)


def _check_norms(module: nn.Module, device: torch.device) -> None:
    shared = any(isinstance(layer, nn.SyncBatchNorm) for layer in module.modules())
    if shared and device.type == "cpu":
        raise BadRecipe(
            "norm: syncbn (statistics over all processes) exists on GPUs only; on the CPU take gn, "
            "GroupNorm, which needs no statistics of the batch, or bn"
        )


class _Planes:
    """Inputs that Fabric must not round to half precision; it leaves alone what it cannot open."""

    def __init__(self, inputs: tuple[Any, ...]) -> None:
        self.inputs = inputs


class _Sealed(nn.Module):
    """A module as Fabric can wrap it: no frozen dataclass goes in or comes out."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, planes: _Planes) -> Any:
        return _flat(self.module(*planes.inputs))


def _flat(outputs: Any) -> Any:
    """A prediction as a dictionary of the planes that it has."""
    if not isinstance(outputs, Prediction):
        return outputs
    planes = {field.name: getattr(outputs, field.name) for field in fields(outputs)}
    flat = {name: plane for name, plane in planes.items() if plane is not None}
    return {**flat, "branches": tuple(_flat(branch) for branch in outputs.branches)}


def _opened(outputs: Any) -> Any:
    if not isinstance(outputs, dict):
        return outputs
    branches = tuple(_opened(branch) for branch in outputs["branches"])
    return Prediction(**{**outputs, "branches": branches})

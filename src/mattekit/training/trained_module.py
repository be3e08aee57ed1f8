"""A module with its optimiser: forward, backward and update, in one process or in several.

Fabric starts the processes and knows the device. Wrapping, precision and the scaling of gradients
are PyTorch's own, so that every optimiser has a scaler to itself.
"""

import inspect
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mattekit.core.errors import BadRecipe
from mattekit.core.tensors import HALF, Batch, Prediction, autocast
from mattekit.training.method import Setup, StateDict
from mattekit.training.optimisers import OptimiserConfig, set_rates
from mattekit.training.schedules import LearningRate, ScheduleConfig


class TrainedModule:
    """A module that learns, one update at a time; with `ema`, a running average of it is kept."""

    def __init__(
        self,
        module: nn.Module,
        setup: Setup,
        optimiser: OptimiserConfig,
        schedule: ScheduleConfig,
        *,
        ema: float | None = None,
    ) -> None:
        if not any(weight.requires_grad for weight in module.parameters()):
            raise BadRecipe("nothing is left to learn; freeze fewer parts")
        config, fabric = setup.config, setup.fabric
        _check_norms(module, fabric)
        self.module = module.to(fabric.device)
        self.rate = LearningRate(
            schedule=schedule,
            lr=optimiser.lr,
            length=setup.length,
            warmup=config.warmup,
            by_epoch=config.rates_change == "every epoch",
        )
        self.clip = config.clip
        self.updates = 0
        self.precision = config.precision
        self.device = fabric.device
        self.wrapped = data_parallel(module, fabric) if fabric.world_size > 1 else module
        self.optimiser = optimiser.build(module)
        self.scaler = torch.amp.GradScaler(fabric.device.type, enabled=self.precision == "fp16")
        self.average = None if ema is None else averaged(self.module, ema)

    @property
    def network(self) -> nn.Module:
        """The module as it would be used now: the average where one is kept."""
        return self.module if self.average is None else self.average.module

    def __call__(self, *inputs: Any) -> Any:
        """The module's outputs, as float32 whatever the precision."""
        with autocast(self.device, self.precision):
            outputs = self.wrapped(*inputs)
        return in_float32(outputs)

    def predict(self, batch: Batch) -> Prediction:
        """What a network under training says of a batch."""
        prediction: Prediction = self(*network_inputs(self.module, batch))
        return prediction

    def zero_grad(self) -> None:
        """Forget the gradients of the last update; until then they stay, for whoever logs them."""
        self.module.zero_grad(set_to_none=True)

    def no_sync(self, wanted: bool) -> AbstractContextManager[None]:
        """Within it, several processes do not exchange gradients: more are still to be added."""
        if wanted and isinstance(self.wrapped, DistributedDataParallel):
            return self.wrapped.no_sync()
        return nullcontext()

    def backward(self, loss: Tensor) -> None:
        """Gradients of a loss, added to those there are."""
        self.scaler.scale(loss).backward()

    def update(self) -> tuple[float, Tensor]:
        """One optimiser step; its rate, and the norm of the gradient before clipping.

        With fp16 a gradient that overflowed is left out, and its norm is infinite or NaN.
        """
        rates = self.rate(self.updates)
        set_rates(self.optimiser, rates.lr, rates.momentum)
        self.scaler.unscale_(self.optimiser)
        limit = torch.inf if self.clip is None else self.clip
        norm = nn.utils.clip_grad_norm_(self.module.parameters(), limit)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.updates += 1
        if self.average is not None:
            self.average.update_parameters(self.module)
        return rates.lr, norm

    def weights(self) -> StateDict:
        """The module's tensors, and those of their average."""
        average = {} if self.average is None else self.average.state_dict()
        return {"network": self.module.state_dict(), "average": average}

    def load_weights(self, state: StateDict) -> None:
        self.module.load_state_dict(state["network"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])

    def state_dict(self) -> StateDict:
        return {
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "updates": self.updates,
        }

    def load_state_dict(self, state: StateDict) -> None:
        self.optimiser.load_state_dict(state["optimiser"])
        if state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])
        self.updates = state["updates"]

    def rate_jump(self) -> tuple[float, float]:
        """The rate of the last update and that of the next."""
        scales = self.optimiser.param_groups[0]
        return scales["lr"] / scales["lr_scale"], self.rate(self.updates).lr


def averaged(module: nn.Module, decay: float) -> AveragedModel:
    """A running average of weights and of the statistics of norms."""
    average = AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)
    average.n_averaged = average.n_averaged.cpu()  # read at every step, which a GPU would wait for
    return average


def data_parallel(module: nn.Module, fabric: Fabric) -> DistributedDataParallel:
    """The module with gradients averaged over processes; each keeps the statistics of its norms.

    Sent round before every forward they would change in place under a critic that is called twice
    (pytorch#175024). Newer torch has another name for the option.
    """
    options = inspect.signature(DistributedDataParallel).parameters
    name = "forward_sync_buffers" if "forward_sync_buffers" in options else "broadcast_buffers"
    keep_own: Any = {name: False}
    devices = None if fabric.device.type == "cpu" else [fabric.device.index]
    return DistributedDataParallel(module, device_ids=devices, **keep_own)


def in_float32(outputs: Any) -> Any:
    """Outputs of a network with every half-precision plane as float32."""
    if isinstance(outputs, Tensor):
        return outputs.float() if outputs.dtype in HALF.values() else outputs
    if isinstance(outputs, tuple):
        return tuple(in_float32(output) for output in outputs)
    if isinstance(outputs, Prediction):
        planes = {field.name: in_float32(getattr(outputs, field.name)) for field in fields(outputs)}
        return Prediction(**planes)
    return outputs


def network_inputs(network: Any, batch: Batch) -> tuple[Tensor | None, ...]:
    """Image, trimap (None for networks without one) and the further planes that it takes."""
    trimap = batch.trimap if network.needs_trimap else None
    return batch.image, trimap, *(getattr(batch, name) for name in network.extra_planes)


def chunks(batch: Batch, count: int) -> Iterator[Batch]:
    """The batch in `count` equal parts."""
    size = len(batch.image) // count
    for start in range(0, size * count, size):
        yield batch.part(slice(start, start + size))


def _check_norms(module: nn.Module, fabric: Fabric) -> None:
    """Synchronised batch norm in one process is batch norm; in several it needs GPUs."""
    shared = any(isinstance(layer, nn.SyncBatchNorm) for layer in module.modules())
    if shared and fabric.device.type == "cpu" and fabric.world_size > 1:
        raise BadRecipe(
            "norm: syncbn (statistics over all processes) exists on GPUs only; for several "
            "processes on the CPU take network.norm=gn and method.critic.norm=gn, GroupNorm, which "
            "needs no statistics of the batch, or bn, where each process has its own"
        )

"""Supervised training: one network, one optimiser, a sum of losses against the truth."""

from collections import defaultdict
from typing import Literal

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mattekit.core.config import config
from mattekit.core.tensors import Batch, Prediction
from mattekit.training.freeze import freeze, to_training
from mattekit.training.learner import Learner, chunks, network_inputs, predict
from mattekit.training.method import Objective, Report, Settings, StateDict


class Supervised:
    """Minimises a sum of losses."""

    stage = 0

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.trained = prepared(settings)
        self.objective = Objective(settings.losses)
        pace = settings.pace(settings.optimiser, settings.schedule)
        self.learner = Learner(
            self.trained, settings.optimiser, pace, fabric=settings.fabric, clip=settings.clip
        )
        self.average = averaged(self.trained, settings.ema)

    @property
    def network(self) -> nn.Module:
        return self.trained if self.average is None else self.average.module

    def rehearse(self, batch: Batch) -> None:
        rehearsed(self.settings, self.trained, batch)

    def step(self, batch: Batch) -> Report:
        """Gradients of every chunk added up, then one update."""
        to_training(self.trained, self.settings.freeze)
        count = self.settings.accumulate
        sums: dict[str, float] = defaultdict(float)
        self.learner.begin()
        for number, chunk in enumerate(chunks(on_device(batch, self.settings), count), start=1):
            with self.learner.waiting(number < count):
                total, parts = self.objective(predict(self.learner, chunk), chunk)
                self.learner.backward(total / count, parts)
            for name, value in {**parts, "total": total}.items():
                sums[name] += float(value.detach())
        update = self.learner.update()
        if self.average is not None:
            self.average.update_parameters(self.trained)
        return Report(
            losses={name: value / count for name, value in sums.items()},
            rates={"network": update.lr},
            gradient_norms=update.norms("network"),
        )

    def parts(self) -> dict[str, nn.Module]:
        return {"network": self.trained}

    def state_dict(self) -> StateDict:
        average = {} if self.average is None else self.average.state_dict()
        return {
            "network": self.trained.state_dict(),
            "average": average,
            "learner": self.learner.state_dict(),
        }

    def load_state_dict(self, state: StateDict) -> None:
        self.trained.load_state_dict(state["network"])
        self.learner.load_state_dict(state["learner"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])


def rehearsed(settings: Settings, network: nn.Module, batch: Batch) -> tuple[Prediction, Batch]:
    """What a network says of a batch, once all losses were computed of it, and the batch it saw."""
    batch = on_device(batch, settings)
    with torch.no_grad(), settings.fabric.autocast():
        prediction = network.eval()(*network_inputs(network, batch))
        Objective(settings.losses)(prediction, batch)
    return prediction, batch


def prepared(settings: Settings) -> nn.Module:
    """The network as it is trained: parts frozen, memory laid out, compiled where asked for."""
    network = settings.network
    freeze(network, settings.freeze)
    if settings.channels_last:
        network.to(memory_format=torch.channels_last)
    if settings.compile:
        network.compile()
    return network


def on_device(batch: Batch, settings: Settings) -> Batch:
    """The batch where the network is, laid out in memory as the network is, and prepared."""
    layout = torch.channels_last if settings.channels_last else torch.contiguous_format
    moved = batch.to(settings.fabric.device, memory_format=layout, non_blocking=True)
    return moved if settings.guessed_background is None else settings.guessed_background(moved)


def averaged(network: nn.Module, decay: float | None) -> AveragedModel | None:
    """A running average of the weights, or None without a decay."""
    if decay is None:
        return None
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay))


@config
class SupervisedConfig:
    """Losses against the true alpha and colours."""

    name: Literal["supervised"] = "supervised"

    def build(self, settings: Settings) -> Supervised:
        return Supervised(settings)

    def length(self, epoch: float) -> int | None:
        """None: the recipe says how long."""
        return None

    def shortened(self, steps: int) -> "SupervisedConfig":
        """The same for a run of few steps."""
        return self

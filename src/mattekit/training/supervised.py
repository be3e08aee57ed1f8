"""Supervised training: one network, one optimiser, a sum of losses against the truth."""

from collections.abc import Iterable
from typing import Any, Literal

import torch
from torch import Tensor, nn

from mattekit.core.config import config, name_of
from mattekit.core.errors import BadRecipe
from mattekit.core.tensors import Batch, Prediction, autocast
from mattekit.losses.region import Terms
from mattekit.training.freeze import freeze, to_training
from mattekit.training.gradient_checkpointing import checkpoint_parts
from mattekit.training.method import Objective, Setup, StateDict, StepResult
from mattekit.training.trained_module import TrainedModule, chunks, in_float32, network_inputs

HOW_TO_GET = {
    "prior": "add the step {name: estimates} as the last one of data.after_crop",
    "prompt": "add the step {name: prompts} as the last one of data.after_crop",
}


class Supervised:
    """Minimises a sum of losses."""

    stage = 0

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.learner = trained_network(setup)
        self.objective = Objective(setup.config.losses, setup.fabric)

    @property
    def network(self) -> nn.Module:
        return self.learner.network

    def dry_run(self, batch: Batch) -> list[str]:
        *_, remarks = dry_run(self.setup, self.learner.module, batch)
        return remarks

    def step(self, batch: Batch) -> StepResult:
        """Gradients of every part added up, then one update."""
        config, learner = self.setup.config, self.learner
        to_training(learner.module, config.freeze)
        learner.zero_grad()
        parts = list(chunks(on_device(batch, self.setup), config.accumulate))
        losses: dict[str, Tensor] = {}
        counts: dict[str, Tensor] = {}
        for number, part in enumerate(parts, start=1):
            with learner.no_sync(number < len(parts)):
                prediction = learner.predict(part)
                terms = self.objective.terms(prediction, part)
                counts = counts or self.objective.counts(terms, prediction, parts[1:])
                values = self.objective.values(terms, counts)
                learner.backward(values["total"])
            losses = {name: losses.get(name, 0) + value.detach() for name, value in values.items()}
        return self.update(losses)

    def update(self, losses: dict[str, Tensor]) -> StepResult:
        """Update the network by its gradients; the result of the step that had these losses."""
        lr, norm = self.learner.update()
        return StepResult(
            losses={name: value.detach() for name, value in losses.items()},
            rates={"network": lr},
            gradient_norms={"network": norm},
            may_overflow=self.setup.config.precision == "fp16",
        )

    def parts(self) -> dict[str, nn.Module]:
        return {"network": self.learner.module}

    def rate_jump(self) -> tuple[float, float]:
        return self.learner.rate_jump()

    def state_dict(self) -> StateDict:
        return {**self.learner.weights(), "learner": self.learner.state_dict()}

    def load_state_dict(self, state: StateDict) -> None:
        self.learner.load_weights(state)
        self.learner.load_state_dict(state["learner"])


def trained_network(setup: Setup) -> TrainedModule:
    """The network as it is trained: parts frozen, memory laid out, compiled where asked for."""
    config, network = setup.config, setup.network
    freeze(network, config.freeze)
    if config.channels_last:
        network.to(memory_format=torch.channels_last)
    if config.gradient_checkpointing:
        checkpoint_parts(network)
    if config.compile:
        network.compile()
    return TrainedModule(network, setup, config.optimiser, config.schedule, ema=config.ema)


def on_device(batch: Batch, setup: Setup) -> Batch:
    """The batch where the network is, laid out in memory as the network is, and prepared."""
    layout = torch.channels_last if setup.config.channels_last else torch.contiguous_format
    moved = batch.to(setup.fabric.device, memory_format=layout, non_blocking=True)
    return moved if setup.guessed_background is None else setup.guessed_background(moved)


def dry_run(setup: Setup, network: nn.Module, batch: Batch) -> tuple[Prediction, Batch, list[str]]:
    """Every loss of a batch and its gradient, computed once; the network stays as it is.

    Returns:
        The prediction, the batch as the network saw it, and remarks on weights that learn nothing.

    Raises:
        BadRecipe: the network takes planes that the data lack, or several processes train weights
            that no loss depends on.
    """
    batch = on_device(batch, setup)
    check_planes(network, batch)
    with autocast(setup.fabric.device, setup.config.precision):
        outputs = network.eval()(*network_inputs(network, batch))
    prediction = in_float32(outputs)
    losses = [_terms(loss, prediction, batch).value() for loss in setup.config.losses]
    learning = {name: each for name, each in network.named_parameters() if each.requires_grad}
    gradients = torch.autograd.grad(
        torch.stack(losses).sum(), list(learning.values()), allow_unused=True
    )
    idle = [name for name, each in zip(learning, gradients, strict=True) if each is None]
    return prediction, batch, _idle_remarks(idle, learning, setup.fabric.world_size)


def _terms(loss: Any, prediction: Prediction, batch: Batch) -> Terms:
    """What a loss returns, which may be one of the user's own."""
    terms = loss(prediction, batch)
    if not isinstance(terms, Terms):
        raise BadRecipe(
            f"losses: {name_of(type(loss))} returns a {type(terms).__name__}; return "
            "mattekit.losses.region.Terms, which region_mean makes of a plane of errors"
        )
    return terms


def check_planes(network: Any, batch: Batch) -> None:
    """Refuse data that lack a plane which the network is given wherever it is used."""
    for name in network.extra_planes:
        if getattr(batch, name) is None:
            advice = HOW_TO_GET.get(name, "choose data that have it")
            raise BadRecipe(
                f"the network {type(network).__name__} takes the plane '{name}' beside photo and "
                f"trimap, and the training data have none; {advice}"
            )


def _idle_remarks(idle: list[str], learning: Iterable[str], world: int) -> list[str]:
    """A remark on weights without a gradient, which several processes cannot train."""
    if not idle:
        return []
    busy = {name.split(".")[0] for name in learning if name not in idle}
    whole = sorted({name.split(".")[0] for name in idle} - busy)
    named = whole or idle[:3]
    sentence = (
        f"no loss depends on {len(idle)} tensors of the network ({', '.join(named)}"
        f"{'' if whole else ', ...'}), so they learn nothing; add a loss for them, or "
        f"freeze.parts=[{','.join(named)}]"
    )
    if world > 1:
        raise BadRecipe(f"{sentence}; several processes cannot train such a network")
    return [sentence]


@config
class SupervisedConfig:
    """Losses against the true alpha and colours."""

    name: Literal["supervised"] = "supervised"

    def build(self, setup: Setup) -> Supervised:
        return Supervised(setup)

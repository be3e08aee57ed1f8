"""What a recipe is made into: devices, data in order, network, method, validation."""

import inspect
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import TorchElasticEnvironment
from lightning_fabric.strategies import DDPStrategy
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from mattekit.core.errors import BadArgument, BadRecipe
from mattekit.core.tensors import Batch
from mattekit.data import Source
from mattekit.data.crop import Crop, Step
from mattekit.data.loader import Row, make_loader
from mattekit.inference.torch_network import find_device
from mattekit.networks import weights
from mattekit.recipes.beginning import begin, trained_network
from mattekit.recipes.recipe import Recipe
from mattekit.training.bank import Bank, bank_batches
from mattekit.training.guessed import GuessedBackground
from mattekit.training.init import WEIGHTS
from mattekit.training.method import Settings
from mattekit.training.periods import Clock
from mattekit.training.state import Checkpoints
from mattekit.training.validation import Validator

PRECISIONS = {"32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """What the run is computed on."""

    device: str = "auto"
    devices: int = 1
    nodes: int = 1


def make_fabric(recipe: Recipe, hardware: Hardware) -> Fabric:
    """Devices and precision; further processes are started here."""
    device = find_device(hardware.device)
    if recipe.precision == "fp16" and device.type == "cpu":
        raise BadArgument("precision=fp16 needs a GPU; on the CPU use 32 or bf16")
    hardware = _as_launched(hardware)
    several = hardware.devices * hardware.nodes > 1
    fabric = Fabric(
        accelerator=device.type,
        devices=hardware.devices if device.index is None else [device.index],
        num_nodes=hardware.nodes,
        precision=PRECISIONS[recipe.precision],  # type: ignore[arg-type]
        strategy=several_processes() if several else "auto",
    )
    fabric.launch()
    return fabric


def several_processes() -> DDPStrategy:
    """Data-parallel training in which each process keeps the batch statistics of its norms.

    Sent round before every forward they would change in place under a critic that is called twice
    (pytorch#175024). Newer torch has another name for the option.
    """
    options = inspect.signature(DistributedDataParallel).parameters
    name = "forward_sync_buffers" if "forward_sync_buffers" in options else "broadcast_buffers"
    keep_own: Any = {name: False}
    return DDPStrategy(**keep_own)


def _as_launched(hardware: Hardware) -> Hardware:
    """The processes that torchrun has started, where it has; else what was asked for."""
    if not TorchElasticEnvironment.detect():
        return hardware
    here, everywhere = int(os.environ["LOCAL_WORLD_SIZE"]), int(os.environ["WORLD_SIZE"])
    return replace(hardware, devices=here, nodes=everywhere // here)


def make_row(recipe: Recipe, source: Source, fabric: Fabric) -> Row:
    """The order of the training samples, and this process's share of them."""
    share = recipe.accumulate * fabric.world_size
    if recipe.batch % share:
        raise BadRecipe(
            f"batch: {recipe.batch} samples cannot be shared by {fabric.world_size} processes in "
            f"{recipe.accumulate} parts each; choose a multiple of {share}"
        )
    return Row(
        length=len(source),
        batch=recipe.batch,
        seed=recipe.seed,
        rank=fabric.global_rank,
        world=fabric.world_size,
    )


def make_clock(recipe: Recipe, source: Source) -> Clock:
    """How long an epoch and the run are."""
    epoch = len(source) / recipe.batch
    return Clock(epoch, recipe.steps(epoch))


def make_network(recipe: Recipe, *, resumed: bool) -> tuple[nn.Module, list[str]]:
    """The network with its first weights, and remarks; a checkpoint brings its own weights."""
    network = recipe.network.build()
    if recipe.data.size % network.stride:
        raise BadRecipe(
            f"data.size: {recipe.data.size} is no multiple of {network.stride}, "
            f"as {recipe.network.name} needs"
        )
    if recipe.guessed_background and "background" not in network.extra_planes:
        raise BadRecipe(
            "guessed_background: the network takes no background; leave it out, or train "
            "samplenet's part foreground"
        )
    return network, [] if resumed else begin(network, recipe.init)


def make_settings(
    recipe: Recipe, network: nn.Module, fabric: Fabric, clock: Clock, folder: Path
) -> Settings:
    """What the training method is given."""
    _check_batch(recipe, network, fabric.world_size)
    checkpoints = Checkpoints(folder, recipe.checkpoint)

    def best_weights(after: int) -> dict[str, Tensor] | None:
        best = checkpoints.best_after(after)
        return None if best is None else weights.read(best / WEIGHTS)[1]

    return Settings(
        fabric=fabric,
        network=network,
        losses=recipe.losses,
        clock=clock,
        optimiser=recipe.optimiser,
        schedule=recipe.schedule,
        warmup=recipe.warmup,
        by_epoch=recipe.rates_change == "every epoch",
        accumulate=recipe.accumulate,
        clip=recipe.clip,
        ema=recipe.ema,
        freeze=recipe.freeze,
        channels_last=recipe.channels_last,
        compile=recipe.compile,
        best_weights=best_weights,
        guessed_background=_guessed_background(recipe, fabric.device),
    )


def _check_batch(recipe: Recipe, network: nn.Module, world: int) -> None:
    """Refuse a batch that leaves a norm a single value to find mean and deviation of."""
    seen = recipe.batch // (recipe.accumulate * world)
    if any(isinstance(layer, nn.SyncBatchNorm) for layer in network.modules()):
        seen *= world
    least = getattr(network, "smallest_training_batch", 1)
    if seen < least and not recipe.freeze.norms:
        raise BadRecipe(
            f"batch: {seen} at a time is too few for the batch statistics of {recipe.network.name},"
            f" which need {least}; raise batch, lower accumulate, or take a norm such as gn"
        )


def norm_remarks(network: nn.Module, world: int) -> list[str]:
    """A remark where several processes each have their own batch statistics."""
    own = any(isinstance(layer, nn.BatchNorm2d) for layer in network.modules())
    if world == 1 or not own:
        return []
    return [
        "norms with batch statistics (bn) see the share of their own process: the run differs from "
        "one on a single device; on GPUs syncbn shares them, and gn needs none"
    ]


def _guessed_background(recipe: Recipe, device: torch.device) -> GuessedBackground | None:
    """What puts the guess of another network in the place of the true background."""
    if recipe.guessed_background is None:
        return None
    network = trained_network(recipe.guessed_background, "guessed_background")
    return GuessedBackground(network, device, recipe.validate.strategy)


def make_steps(recipe: Recipe) -> Sequence[Step]:
    """What is done to a training sample."""
    data = recipe.data
    crop = Crop(data.crop, data.size, data.crop_anywhere)
    return [*data.before_crop, crop, *data.after_crop]


def make_batches(
    recipe: Recipe, source: Source, row: Row, fabric: Fabric, *, start: int
) -> Iterator[Batch]:
    """The training batches from number `start` on, out of the loader or the bank on the device."""
    data = recipe.data
    loaded = partial(make_loader, source, row, steps=make_steps(recipe), workers=data.workers)
    if data.bank is None:
        return loaded(start=start, fixed=data.fixed)
    bank = Bank(loaded(), data.bank.crops, fabric.device)
    seed = (recipe.seed, fabric.global_rank)
    return bank_batches(bank, recipe.batch // fabric.world_size, seed=seed, start=start)


def make_validator(
    recipe: Recipe, folder: Path, guessed: GuessedBackground | None
) -> Validator | None:
    """What measures the network, where there is something to measure it on."""
    if recipe.data.valid is None:
        return None
    crop = recipe.validate.crop
    steps: list[Step] = [] if crop is None else [Crop((crop,), crop)]
    if guessed is not None:
        steps.append(guessed.of_sample)
    return Validator(
        source=recipe.data.valid.open(),
        settings=recipe.validate,
        seed=recipe.seed,
        steps=steps,
        predictions=folder / "predictions",
    )

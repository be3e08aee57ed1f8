"""The processes of a run: how they find each other, and what they must agree on."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import TorchElasticEnvironment
from torch import distributed

from mattekit.core.errors import BadArgument, BadData, BadRecipe, MattekitError
from mattekit.data import Source
from mattekit.inference.torch_network import find_device
from mattekit.recipes.recipe import Recipe, as_tree, changed_keys
from mattekit.recipes.run_folder import LOCAL_KEYS, RunFolder

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """What the run is computed on."""

    device: str = "auto"
    devices: int = 1
    nodes: int = 1


def make_fabric(recipe: Recipe, hardware: Hardware) -> Fabric:
    """The device, and the other processes of the run, which are started here."""
    device = find_device(hardware.device)
    if recipe.precision == "fp16" and device.type == "cpu":
        raise BadArgument("precision=fp16 needs a GPU; on the CPU use 32 or bf16")
    devices, nodes = hardware.devices, hardware.nodes
    launched = TorchElasticEnvironment.detect()
    if launched:  # torchrun has started processes: they count, not what was asked for
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // devices
    several = devices * nodes > 1
    fabric = Fabric(
        accelerator=device.type,
        devices=devices if device.index is None else [device.index],
        num_nodes=nodes,
        strategy="ddp" if several else "auto",
    )
    if several and launched:
        _join_torchrun(device.type)
    fabric.launch()
    return fabric


def _join_torchrun(device: str) -> None:
    """Find the other processes in torchrun's store, under names of this attempt's own: after a
    restart those of the last attempt are still there, and lead to processes that have died."""
    if distributed.is_initialized():
        return
    store, rank, world = next(distributed.rendezvous("env://"))
    attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    distributed.init_process_group(
        "nccl" if device == "cuda" else "gloo",
        store=distributed.PrefixStore(f"attempt {attempt}", store),
        rank=rank,
        world_size=world,
    )


def end_processes() -> None:
    """Part from the other processes of a run, before the program ends: one that is still connected
    when the others have gone is aborted."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()


def decided_by_first(fabric: Fabric, decide: Callable[[], T]) -> T:
    """What the first process finds; the others wait for it, and fail where it fails."""
    found: T | MattekitError | None = None
    if fabric.is_global_zero:
        try:
            found = decide()
        except MattekitError as error:
            found = error
    decided: T | MattekitError = fabric.broadcast(found)  # type: ignore[assignment]
    if isinstance(decided, MattekitError):
        raise decided
    return decided


def fingerprint(source: Source) -> str:
    """Identifies the pictures of a source, independent of their folder."""
    return hashlib.sha256("\n".join(source.names).encode()).hexdigest()[:16]


def check_same_run(fabric: Fabric, recipe: Recipe, source: Source, folder: RunFolder) -> None:
    """Refuse processes that would not train the same network, as machines without a shared folder
    might; the folders of pictures and run may differ."""
    if fabric.world_size == 1:
        return
    own = {"recipe": as_tree(recipe), "data": fingerprint(source), "found": folder.describe()}
    everyone: list[Any] = [None] * fabric.world_size
    distributed.all_gather_object(everyone, own)
    first = everyone[0]
    for rank, other in enumerate(everyone):
        keys = changed_keys(first["recipe"], other["recipe"])
        changed = [key for key in keys if key not in LOCAL_KEYS]
        if changed:
            raise BadRecipe(
                f"{', '.join(changed)}: process {rank} has other values than process 0; start all "
                "machines with the same recipe"
            )
        if other["data"] != first["data"]:
            raise BadData(
                f"data.train: process {rank} has other pictures than process 0, or has them in "
                "another order; copy the same ones to all machines"
            )
        if other["found"] != first["found"]:
            raise BadArgument(
                f"--resume: process {rank} finds {other['found']} in its folder of the run, "
                f"process 0 {first['found']}; put the folder on a shared disk, or copy the one "
                "with the newest checkpoint to all machines"
            )

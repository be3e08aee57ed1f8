"""A program for torchrun: trains toys in several processes and writes down what came of it.

Usage: torchrun --nproc-per-node 2 distributed.py FOLDER.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from lightning_fabric import Fabric
from torch import Tensor, nn
from training.toy_runs import Listener, methods, toy_recipe
from training.toys import Discs, ToyNetwork, make_setup, weights_of

from mattekit.core.errors import BadImage, MattekitError
from mattekit.core.tensors import Batch, Prediction
from mattekit.core.types import Sample
from mattekit.data.loader import SampleOrder, make_loader
from mattekit.imaging.compose import over
from mattekit.inference.predictor import Predictor
from mattekit.losses.region import Terms
from mattekit.networks import dim
from mattekit.networks.alphagan import AlphaGanConfig
from mattekit.networks.patchgan import PatchGanConfig
from mattekit.recipes.processes import Hardware
from mattekit.recipes.recipe import Recipe, find, load_recipe
from mattekit.recipes.run_folder import RunFolder
from mattekit.recipes.train import train
from mattekit.training.freeze import FreezeConfig
from mattekit.training.method import Objective
from mattekit.training.optimisers import OptimiserConfig
from mattekit.training.validation import Validator

STEPS = 20


def double(*, several: bool) -> Fabric:
    """Devices at double precision, so that an order of sums cannot hide a mistake."""
    fabric = Fabric(
        accelerator="cpu", devices=2 if several else 1, strategy="ddp" if several else "auto"
    )
    fabric.launch()
    return fabric


class NoisyDiscs(Discs):
    """Discs without flat parts, in which a maximum of equals would be decided by rounding."""

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        disc = super().sample(index, rng)
        foreground, background = rng.random((2, *disc.image.shape), dtype=np.float32)
        image = over(foreground, disc.alpha[..., None], background)
        return replace(disc, image=image, foreground=foreground, background=background)


def toy() -> nn.Module:
    return ToyNetwork(dropout=0.0)


def narrow_dim() -> nn.Module:
    """Deep Image Matting with a sixteenth of its channels."""
    whole = dim.convolution

    def narrow(inputs: int, outputs: int, kernel: int) -> nn.Conv2d:
        inputs, outputs = (max(width // 16, min(width, 4)) for width in (inputs, outputs))
        return whole(inputs, outputs, kernel)

    dim.convolution = narrow
    try:
        return dim.DimConfig().build()
    finally:
        dim.convolution = whole


def alphagan() -> nn.Module:
    return AlphaGanConfig(norm="gn").build()


def end_weights(
    method: Any, fabric: Fabric, network: Callable[[], nn.Module] = toy, **changes: Any
) -> tuple[dict[str, Tensor], list[str]]:
    """The weights after some steps of a network without batch statistics, and the names seen."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    options = {
        "fabric": fabric,
        "network": network(),
        "optimiser": OptimiserConfig(name="sgd", lr=0.1),
    }
    setup = make_setup(**options, freeze=FreezeConfig(norms=network is toy), **changes)
    built = method.build(setup)
    batch, side = (4, 16) if network is toy else (2, 32)
    row = SampleOrder(
        length=12, batch=batch, seed=0, rank=fabric.global_rank, world=fabric.world_size
    )
    seen: list[str] = []
    for _, batch in zip(range(STEPS), make_loader(NoisyDiscs(size=side), row), strict=False):
        seen += batch.names
        built.step(batch.to(fabric.device, dtype=torch.float64))
    torch.set_default_dtype(torch.float32)
    return weights_of(built.network), seen


def sgd_methods() -> dict[str, Any]:
    """Every method with plain gradient descent throughout."""
    supervised, adversarial, staged = methods(STEPS)
    second = replace(staged.stages[1], freeze=FreezeConfig(parts=("encoder",), norms=True))
    return {
        "supervised": supervised,
        "adversarial": replace(adversarial, optimiser=OptimiserConfig(name="sgd", lr=0.1)),
        "staged": replace(staged, stages=(staged.stages[0], second)),
    }


def published(name: str, fabric: Fabric) -> dict[str, Tensor]:
    """The weights of a published network after some steps with the losses of its recipe."""
    recipe = load_recipe(find("dim_stage1" if name == "dim" else name), keep_unset=True)
    method: Any = recipe.method
    if name == "alphagan":
        critic = PatchGanConfig(width=8, layers=2, norm="none", colours="imagenet")
        method = replace(
            method, critic=critic, weight=0.1, optimiser=OptimiserConfig(name="sgd", lr=0.1)
        )
    return end_weights(method, fabric, PUBLISHED[name], losses=recipe.losses)[0]


PUBLISHED: dict[str, Callable[[], nn.Module]] = {"dim": narrow_dim, "alphagan": alphagan}


def adam_recipe() -> Recipe:
    """Adam in float32, without what differs between processes: batch statistics and dropout."""
    return toy_recipe(methods(8)[0], 8, freeze=FreezeConfig(norms=True, dropout=True))


def whole_run(folder: Path, rank: int) -> dict[str, Any]:
    """A recipe through the front door; what this process saw of it."""
    recipe = adam_recipe()
    listener = Listener()
    result = train(
        recipe,
        RunFolder(path=folder),
        title="toy",
        command="none",
        hardware=Hardware(device="cpu"),
        listener=listener,
    )
    told = {"told": len(listener.steps), "losses": listener.losses}
    return {"scores": result.scores, "step": result.step, **told}


def failed_run(folder: Path, rank: int) -> str:
    """The error of a run of which one process fails to measure its share."""
    measured = Validator._measured

    def broken(self: Validator, index: int, predictor: Predictor, device: str) -> list[float]:
        if rank == 1:
            raise BadImage("disc-1.png cannot be read")
        return measured(self, index, predictor, device)

    Validator._measured = broken  # type: ignore[method-assign]
    try:
        whole_run(folder, rank)
    except MattekitError as error:
        return str(error)
    finally:
        Validator._measured = measured  # type: ignore[method-assign]
    return ""


def own_counts(
    self: Objective, terms: dict[str, Terms], prediction: Prediction, others: Sequence[Batch] = ()
) -> dict[str, Tensor]:
    """As if the other process had as many pixels that count."""
    return {name: self.fabric.world_size * each.counts for name, each in terms.items()}


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    fabric = double(several=True)
    rank = fabric.global_rank
    found: dict[str, Any] = {"world": fabric.world_size}
    for name, method in sgd_methods().items():
        weights, found[f"{name} names"] = end_weights(method, fabric)
        torch.save(weights, folder / f"{name}-{rank}.pt")
    for name in PUBLISHED:
        torch.save(published(name, fabric), folder / f"{name}-{rank}.pt")
    together = Objective.counts
    Objective.counts = own_counts  # type: ignore[method-assign]
    torch.save(end_weights(sgd_methods()["supervised"], fabric)[0], folder / f"apart-{rank}.pt")
    torch.save(published("dim", fabric), folder / f"dim apart-{rank}.pt")
    Objective.counts = together  # type: ignore[method-assign]
    found["run"] = whole_run(folder / "run", rank)
    found["failed"] = failed_run(folder / "failed", rank)
    (folder / f"found-{rank}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    torch.distributed.destroy_process_group()  # its threads would abort the process at its end

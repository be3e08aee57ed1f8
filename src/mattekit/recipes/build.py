"""What a recipe is made into: data in order, network, method, validation."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from lightning_fabric import Fabric
from torch import Tensor, nn

from mattekit.core.errors import BadRecipe
from mattekit.data import Source
from mattekit.data.crop import Crop, Step
from mattekit.data.loader import SampleOrder, usable_cpus
from mattekit.models.files import WEIGHTS
from mattekit.networks import weights
from mattekit.recipes.initial_weights import load_initial_weights, load_network
from mattekit.recipes.processes import decided_by_first
from mattekit.recipes.recipe import Recipe
from mattekit.training.checkpoints import Checkpoints
from mattekit.training.guessed import GuessedBackground
from mattekit.training.method import Setup
from mattekit.training.schedules import RunLength
from mattekit.training.validation import Validator


def make_order(recipe: Recipe, source: Source, fabric: Fabric) -> SampleOrder:
    """The order of the training samples, and this process's share of them."""
    share = recipe.accumulate * fabric.world_size
    if recipe.batch % share:
        raise BadRecipe(
            f"batch: {recipe.batch} samples cannot be shared by {fabric.world_size} processes in "
            f"{recipe.accumulate} parts each; choose a multiple of {share}"
        )
    return SampleOrder(
        length=len(source),
        batch=recipe.batch,
        seed=recipe.seed,
        rank=fabric.global_rank,
        world=fabric.world_size,
    )


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
    return network, [] if resumed else load_initial_weights(network, recipe.init)


def make_setup(
    recipe: Recipe, network: nn.Module, fabric: Fabric, epoch: float, path: Path
) -> Setup:
    """What the training method works with, where an epoch has `epoch` steps."""
    _check_batch(recipe, network, fabric.world_size)
    checkpoints = Checkpoints(path, recipe.checkpoint)

    def saved_weights(since: int) -> dict[str, Tensor] | None:
        best = checkpoints.best_since(since)
        return None if best is None else weights.read(best / WEIGHTS)[1]

    def best_weights(since: int) -> dict[str, Tensor] | None:
        """Those of the first process, which has the checkpoints for certain."""
        return decided_by_first(fabric, partial(saved_weights, since))

    return Setup(
        config=recipe,
        network=network,
        fabric=fabric,
        length=RunLength(epoch, recipe.steps(epoch)),
        best_weights=best_weights,
        guessed_background=_guessed_background(recipe, fabric),
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


def _guessed_background(recipe: Recipe, fabric: Fabric) -> GuessedBackground | None:
    """What puts the guess of another network in the place of the true background."""
    if recipe.guessed_background is None:
        return None
    network = load_network(recipe.guessed_background, "guessed_background")
    return GuessedBackground(network, fabric.device, recipe.validate.strategy)


def scale_remarks(recipe: Recipe, network: nn.Module, epoch: float, world: int) -> list[str]:
    """Remarks on a run that is smaller or larger than its recipe may have been written for."""
    remarks = []
    if world > 1 and any(isinstance(layer, nn.BatchNorm2d) for layer in network.modules()):
        remarks.append(
            "norms with batch statistics (bn) see the share of their own process: the run differs "
            "from one on a single device; on GPUs syncbn shares them, and gn needs none"
        )
    if epoch < 1:
        remarks.append(
            f"an epoch is {epoch:.3g} of a step of {recipe.batch} samples, so what happens every "
            "epoch happens at every step; state periods in steps, such as validate.every.steps=100"
        )
    if recipe.data.workers > usable_cpus():
        remarks.append(
            f"data.workers: {recipe.data.workers} are asked for, {usable_cpus()} are started, as "
            "many as there are processors"
        )
    return remarks


def make_steps(recipe: Recipe) -> Sequence[Step]:
    """What is done to a training sample."""
    data = recipe.data
    crop = Crop(data.crop, data.size, data.crop_anywhere)
    return [*data.before_crop, crop, *data.after_crop]


def make_validator(
    recipe: Recipe, path: Path, guessed: GuessedBackground | None
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
        predictions=path / "predictions",
    )

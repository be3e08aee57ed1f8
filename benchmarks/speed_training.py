"""How many steps a second does training make, and where does the time go?

    python benchmarks/speed_training.py [--quick] [--steps 5] [--json FILE]
    python benchmarks/speed_training.py --profile [--quick]

Deep Image Matting (stage 1) and AlphaGAN with crops of 320, as their recipes train them, against
the plain way: contiguous float32, eager, in the order in which the published programs work. Then
what the loader gives, and the share of a step that is lost while it runs beside it. With --profile,
instead: which operators take a processor's time in a step of channels-last float32.
"""

import logging
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from harness import Options, Report, clock, clocked
from lightning_fabric import Fabric
from torch import Tensor, nn

from mattekit.core.tensors import Batch
from mattekit.data.loader import SampleOrder, make_loader
from mattekit.data.sources.synthetic import SyntheticConfig
from mattekit.imaging.compose import over
from mattekit.inference.torch_network import find_device
from mattekit.losses.region import paste_known
from mattekit.recipes.build import make_setup, make_steps
from mattekit.recipes.recipe import Recipe, find, load_recipe
from mattekit.training.adversarial import critic_objective, generator_objective
from mattekit.training.method import Objective

SYSTEMS = {"Deep Image Matting": "dim_stage1", "AlphaGAN": "alphagan"}
Step = Callable[[Batch], object]


def recipe_of(name: str, side: int) -> Recipe:
    """The bundled recipe on procedural scenes, its network at random."""
    recipe = load_recipe(find(name), keep_unset=True)
    scenes = SyntheticConfig(size=2 * side, endless=True)
    data = replace(recipe.data, train=scenes, valid=None, crop=(side,), size=side, workers=0)
    return replace(recipe, data=data, init=None)


def ours(recipe: Recipe, device: torch.device) -> Step:
    """A step of the recipe's own method."""
    fabric = Fabric(accelerator=device.type, devices=1)
    torch.manual_seed(0)
    network = recipe.network.build()
    setup = make_setup(recipe, network, fabric, 1000.0, Path("unused"))
    step: Step = recipe.method.build(setup).step
    return step


def plain(recipe: Recipe, device: torch.device) -> Step:
    """A step as the published program makes it."""
    torch.manual_seed(0)
    network = recipe.network.build().to(device).train()
    objective, rate = Objective(recipe.losses, Fabric(devices=1)), recipe.optimiser.lr
    optimiser = torch.optim.Adam(network.parameters(), lr=rate)
    method: Any = recipe.method
    if method.name == "adversarial":
        critic = method.critic.build().to(device).train()
        return PlainDuel(network, critic, objective, optimiser, method)

    def step(batch: Batch) -> None:
        batch = batch.to(device)
        loss = objective(network(batch.image, batch.trimap), batch)["total"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return step


class PlainDuel:
    """Generator first, against a critic whose weights are switched off and on again."""

    def __init__(
        self,
        network: nn.Module,
        critic: nn.Module,
        objective: Objective,
        optimiser: torch.optim.Optimizer,
        method: Any,
    ) -> None:
        self.network, self.critic, self.objective, self.method = network, critic, objective, method
        self.optimiser = optimiser
        self.critics = torch.optim.Adam(critic.parameters(), lr=method.optimiser.lr)

    def __call__(self, batch: Batch) -> None:
        batch = batch.to(next(self.network.parameters()).device)
        prediction = self.network(batch.image, batch.trimap)
        loss = self.objective(prediction, batch)["total"]
        composite = self._composite(prediction.alpha, batch)
        self.critic.requires_grad_(False)
        logits = self.critic(composite, batch.trimap)
        loss = loss + self.method.weight * generator_objective(logits, self.method.objective)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

        self.critic.requires_grad_(True)
        real = self.critic(batch.image, batch.trimap)
        made = self.critic(composite.detach(), batch.trimap)
        self.critics.zero_grad()
        critic_objective(real, made, self.method.objective).backward()
        self.critics.step()

    def _composite(self, alpha: Tensor, batch: Batch) -> Tensor:
        composite: Tensor = over(
            batch.foreground, paste_known(alpha, batch.trimap), batch.background
        )
        return composite


def ways(recipe: Recipe, device: torch.device, quick: bool) -> Iterator[tuple[str, Step]]:
    """The ways that this machine can go, the plain one first."""
    yield "plain: contiguous, eager, float32", plain(recipe, device)
    yield "the recipe", ours(recipe, device)
    last = replace(recipe, channels_last=True)
    yield "the recipe, channels_last", ours(last, device)
    yield "the recipe, channels_last, bf16", ours(replace(last, precision="bf16"), device)
    compiler = device.type == "cuda" or shutil.which("g++") or shutil.which("clang++")
    if compiler and not quick:
        yield "the recipe, channels_last, compile", ours(replace(last, compile=True), device)


def batches(recipe: Recipe, *, workers: int = 0) -> Iterator[Batch]:
    """What the recipe trains on."""
    row = SampleOrder(length=recipe.data.train.count, batch=recipe.batch, seed=0)  # type: ignore[union-attr]
    return make_loader(recipe.data.train.open(), row, steps=make_steps(recipe), workers=workers)


def seconds_of(work: Callable[[], object], times: int, device: torch.device) -> float:
    """Of the fastest of so many calls, after one to warm up."""

    def finished() -> None:
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()

    return min(taken.wall for taken in clocked(finished, times + 1)[1:])


def mean_seconds(step: Step, given: Iterator[Batch], times: int) -> float:
    """Of a step, its wait for the batch included."""
    step(next(given))
    with clock() as taken:
        for batch in islice(given, times):
            step(batch)
    return taken.wall / times


def time_ways(report: Report, side: int, times: int, device: torch.device, quick: bool) -> None:
    """Every way of training every system, of a step the fastest."""
    table = report.table("system | way | s/step:.3f | steps/s:.3f | of plain:.2f")
    for system, name in SYSTEMS.items():
        recipe = recipe_of(name, side)
        batch = next(batches(recipe))
        plain = None
        for way, step in ways(recipe, device, quick):
            seconds = seconds_of(partial(step, batch), times, device)
            plain = plain or seconds
            table.row(system, way, seconds, 1 / seconds, plain / seconds)


def time_loader(report: Report, side: int, times: int, device: torch.device) -> None:
    """Samples a second of one core, and a step alone and beside the loader."""
    recipe = recipe_of("dim_stage1", side)
    given = batches(recipe)
    next(given)
    with clock() as taken:
        samples = sum(len(batch.image) for batch in islice(given, 4 * times))
    step, same = ours(recipe, device), next(batches(recipe))
    alone = mean_seconds(step, iter([same] * (times + 1)), times)
    beside = mean_seconds(step, batches(recipe, workers=1), times)
    report.say(
        "Loader (scenes of {scene}, crops of {side}): {rate:.1f} samples/s a core. A step of Deep "
        "Image Matting: {alone:.3f} s alone, {beside:.3f} s beside one loader process: {lost:.0%} "
        "lost.",
        scene=2 * side,
        side=side,
        rate=samples / taken.cpu,
        alone=alone,
        beside=beside,
        lost=1 - alone / beside,
    )


def profile(report: Report, side: int, device: torch.device, most: int = 6) -> None:
    """Share of a step that the operators which take longest take."""
    table = report.table("system | operator | of a step:.0%")
    for system, name in SYSTEMS.items():
        recipe = replace(recipe_of(name, side), channels_last=True)
        step, batch = ours(recipe, device), next(batches(recipe))
        step(batch)
        with torch.profiler.profile() as found:
            step(batch)
        rows = sorted(found.key_averages(), key=lambda row: -row.self_cpu_time_total)
        whole = sum(row.self_cpu_time_total for row in rows)
        for row in rows[:most]:
            table.row(system, row.key, row.self_cpu_time_total / whole)


def main() -> None:
    parser = Options(__doc__, quick="crops of 64 and few steps", steps=2)
    parser.add_argument("--steps", type=int, default=5, help="timed steps of every way")
    parser.add_argument("--profile", action="store_true", help="where the time of a step goes")
    options = parser.parse_args()
    for name in ("lightning.fabric", "lightning_fabric"):  # they greet with their options
        logging.getLogger(name).setLevel(logging.WARNING)
    side, device = 64 if options.quick else 320, find_device("auto")
    with Report(options.json) as report:
        if options.profile:
            profile(report, side, device)
            return
        report.say(
            f"crops of {side}x{side}, batch 1, {device}, {torch.get_num_threads()} threads, "
            f"{platform.machine()}, torch {torch.__version__}"
        )
        time_ways(report, side, options.steps, device, options.quick)
        time_loader(report, side, options.steps, device)


if __name__ == "__main__":
    main()

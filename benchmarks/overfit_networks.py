"""Can each network learn? Fitted to a few synthetic scenes, it has to give back their alphas.

    python benchmarks/overfit_networks.py [--quick] [--scenes 1] [--side 96] [--steps 200]
        [--only dim] [--picture FILE]

Each network starts from random weights and sees the same crops in every step, with the losses of
its own system. SAD over the unknown pixels, before and after, as it predicts outside training. Of
SampleNet, alpha is taught with the true colours; its two colour networks are measured by the mean
error of the colours they guess.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mattekit.core.tensors import Batch, Prediction, region_weight
from mattekit.core.types import Image
from mattekit.data.loader import collate
from mattekit.data.sources.compact_scenes import CompactScenesConfig
from mattekit.imaging.files import write_image
from mattekit.losses.alpha import AlphaL1Config
from mattekit.losses.composition import CompositionL1Config
from mattekit.losses.focus import FocusL1Config
from mattekit.losses.glance import GlanceCrossEntropyConfig
from mattekit.losses.sampling import SamplingL1Config
from mattekit.networks import build

SIDE = 96
MATTE = (AlphaL1Config(region="whole"), CompositionL1Config(region="whole", weight=0.5))
GLANCE = (GlanceCrossEntropyConfig(), FocusL1Config())


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A network, what teaches it, and how fast."""

    network: str
    options: dict[str, Any] = field(default_factory=dict)
    losses: Sequence[Any] = MATTE
    lr: float = 3e-4
    kaiming: bool = False
    """Draw convolutions by Kaiming's rule: in a deep network without norms, which else starts from
    ImageNet, signals drawn by Xavier's die out."""
    colours: str | None = None
    """The plane that it guesses instead of alpha."""

    @property
    def label(self) -> str:
        return " ".join([self.network, *self.options.values()])


LESSONS = (
    Lesson(network="alphagan"),
    Lesson(network="alphagan-a6"),
    Lesson(network="dim", losses=(AlphaL1Config(), CompositionL1Config()), lr=3e-5, kaiming=True),
    Lesson(network="gfm", losses=(*MATTE, *GLANCE)),
    Lesson(network="samplenet", options={"part": "matting"}),
    *(
        Lesson(
            network="samplenet",
            options={"part": plane},
            losses=[SamplingL1Config(plane=plane)],
            lr=1e-3,
            colours=plane,
        )
        for plane in ("background", "foreground")
    ),
    Lesson(network="compact", lr=1e-3),
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a lesson went."""

    before: float
    after: float
    seconds: float
    guess: Tensor


def scenes(count: int, side: int = SIDE) -> Batch:
    """The first scenes, and for a single one its mirror image too: norms need two samples."""
    source = CompactScenesConfig(count=max(count, 1), size=side).open()
    samples = [source.scene(index) for index in range(count)]
    if count == 1:
        samples.append(samples[0].warp(lambda plane, how: np.ascontiguousarray(plane[:, ::-1])))
    return collate(samples)


def learn(lesson: Lesson, batch: Batch, steps: int) -> Outcome:
    """Fit the network to the batch, and measure it before and after."""
    network = new_network(lesson)
    inputs = inputs_of(network, batch)
    before = error(lesson, predict(network, inputs), batch)
    start = time.perf_counter()
    fit(network, lesson, batch, steps)
    seconds = time.perf_counter() - start
    prediction = predict(network, inputs)
    guess = prediction.alpha if lesson.colours is None else getattr(prediction, lesson.colours)
    if lesson.colours is None and network.needs_trimap:  # as every prediction keeps what is known
        guess = torch.where(region_weight("unknown", batch.trimap) == 1, guess, batch.trimap)
    after = error(lesson, prediction, batch)
    return Outcome(before=before, after=after, seconds=seconds, guess=guess)


def new_network(lesson: Lesson) -> Any:
    """With random weights, the same ones each time."""
    torch.manual_seed(0)
    network = build(lesson.network, **lesson.options)
    if lesson.kaiming:
        draw_by_kaiming(network)
    return network


def fit(network: nn.Module, lesson: Lesson, batch: Batch, steps: int) -> None:
    """Show the batch that many times."""
    inputs = inputs_of(network, batch)
    optimiser = torch.optim.Adam(
        [weight for weight in network.parameters() if weight.requires_grad], lr=lesson.lr
    )
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = lesson.lr * min(1.0, 2 * (1 - step / steps))
        prediction = network.train()(*inputs)
        loss = sum(loss.weight * loss(prediction, batch).value() for loss in lesson.losses)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()


def draw_by_kaiming(network: nn.Module) -> None:
    """New weights for every convolution."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")


def inputs_of(network: Any, batch: Batch) -> list[Tensor | None]:
    """What the network is called with; some take further planes of the batch."""
    planes = [getattr(batch, name) for name in network.extra_planes]
    return [batch.image, batch.trimap if network.needs_trimap else None, *planes]


@torch.no_grad()
def predict(network: nn.Module, inputs: Sequence[Tensor | None]) -> Prediction:
    return network.eval()(*inputs)


def error(lesson: Lesson, prediction: Prediction, batch: Batch) -> float:
    """SAD in hundreds over the unknown pixels; of colours, their mean difference there."""
    unknown = region_weight("unknown", batch.trimap)
    if lesson.colours is None:
        return float(((prediction.alpha - batch.alpha).abs() * unknown).sum() / 100)
    difference = getattr(prediction, lesson.colours) - getattr(batch, lesson.colours)
    return float((difference.abs() * unknown).sum() / (3 * unknown.sum()))


def strip(batch: Batch, guesses: Sequence[Tensor]) -> Image:
    """Photo, trimap, truth and every guess of the first scene, side by side."""
    planes = [batch.image, batch.trimap, batch.alpha, *guesses]
    pictures = [plane[0].expand(3, -1, -1).permute(1, 2, 0).numpy() for plane in planes]
    gap = np.ones((batch.image.shape[2], 4, 3), np.float32)
    return np.concatenate([part for picture in pictures for part in (picture, gap)][:-1], axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few steps of every network")
    parser.add_argument("--scenes", type=int, default=1)
    parser.add_argument("--side", type=int, default=SIDE, help="height and width of a scene")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--only", help="one network, such as dim")
    parser.add_argument("--picture", type=Path, help="write the guesses of the first scene here")
    options = parser.parse_args()
    torch.set_flush_denormal(True)  # as in training; some networks take ten times as long without
    batch = scenes(options.scenes, options.side)
    steps = 3 if options.quick else options.steps
    size = f"{options.side}x{options.side}"
    print(f"{options.scenes} scenes of {size}, {steps} steps, torch {torch.__version__}\n")
    print("| network | error before | after | ratio | seconds |")
    print("|---|--:|--:|--:|--:|")
    guesses = []
    for lesson in LESSONS:
        if options.only not in (None, lesson.network):
            continue
        outcome = learn(lesson, batch, steps)
        guesses.append(outcome.guess)
        ratio = outcome.after / outcome.before
        print(
            f"| {lesson.label} | {outcome.before:.3f} | {outcome.after:.3f} | {ratio:.3f} "
            f"| {outcome.seconds:.0f} |",
            flush=True,
        )
    if options.picture:
        write_image(options.picture, strip(batch, guesses))


if __name__ == "__main__":
    main()

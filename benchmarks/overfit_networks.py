"""Can each network learn? Fitted to a few synthetic scenes, it has to give back their alphas.

    python benchmarks/overfit_networks.py [--quick] [--scenes 1] [--side 96] [--steps 200]
        [--only dim] [--picture FILE]

Each network starts from random weights and sees the same crops in every step, with the losses of
its own system. SAD over the unknown pixels, before and after, as it predicts outside training. Of
SampleNet, alpha is taught with the true colours; its two colour networks are measured by the mean
error of the colours they guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from harness import Options, Report, clock
from lessons import LESSONS, SIDE, Lesson, fit, inputs_of, new_network, scenes
from torch import Tensor, nn

from mattekit.core.tensors import Batch, Prediction, region_weight
from mattekit.core.types import Image
from mattekit.imaging.files import write_image


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a lesson went."""

    before: float
    after: float
    seconds: float
    guess: Tensor


def learn(lesson: Lesson, batch: Batch, steps: int) -> Outcome:
    """Fit the network to the batch, and measure it before and after."""
    network = new_network(lesson)
    inputs = inputs_of(network, batch)
    before = error(lesson, predict(network, inputs), batch)
    with clock() as taken:
        fit(network, lesson, batch, steps)
    prediction = predict(network, inputs)
    guess = prediction.alpha if lesson.colours is None else getattr(prediction, lesson.colours)
    if lesson.colours is None and network.needs_trimap:  # as every prediction keeps what is known
        guess = torch.where(region_weight("unknown", batch.trimap) == 1, guess, batch.trimap)
    after = error(lesson, prediction, batch)
    return Outcome(before=before, after=after, seconds=taken.wall, guess=guess)


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
    parser = Options(__doc__, quick="a few steps of every network", steps=3)
    parser.add_argument("--scenes", type=int, default=1)
    parser.add_argument("--side", type=int, default=SIDE, help="height and width of a scene")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--only", help="one network, such as dim")
    parser.add_argument("--picture", type=Path, help="write the guesses of the first scene here")
    options = parser.parse_args()
    torch.set_flush_denormal(True)  # as in training; some networks take ten times as long without
    batch = scenes(options.scenes, options.side)
    guesses = []
    with Report(options.json) as report:
        size = f"{options.side}x{options.side}"
        report.say(
            f"{options.scenes} scenes of {size}, {options.steps} steps, torch {torch.__version__}"
        )
        table = report.table("network | error before:.3f | after:.3f | ratio:.3f | seconds:.0f")
        for lesson in LESSONS:
            if options.only in (None, lesson.network):
                outcome = learn(lesson, batch, options.steps)
                guesses.append(outcome.guess)
                ratio = outcome.after / outcome.before
                table.row(lesson.label, outcome.before, outcome.after, ratio, outcome.seconds)
    if options.picture:
        write_image(options.picture, strip(batch, guesses))


if __name__ == "__main__":
    main()

"""What a run records: a text log for people, numbers and pictures for loggers."""

import json
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mattekit.core.atomic import make_folder
from mattekit.core.config import config
from mattekit.core.types import Image
from mattekit.training.loggers import (
    LOG,
    JsonLines,
    Line,
    LoggedRun,
    Logger,
    LoggerConfig,
    TensorBoardConfig,
    append,
    cut,
)
from mattekit.training.schedules import Duration

TEXT = "log.txt"
TAGS = {"network": "generator", "critic": "discriminator"}
"""Parts of a method as the published AlphaGAN code tags them in its statistics."""


@config
class LogConfig:
    """How often each kind of line is written, null for never, and where to."""

    to: tuple[LoggerConfig, ...] = (TensorBoardConfig(),)
    """Besides log.jsonl and log.txt: tensorboard, wandb, mlflow."""
    losses: Duration | None = Duration(steps=10)
    rates: Duration | None = Duration(steps=50)
    """Learning rates and gradient norms."""
    pictures: Duration | None = Duration(steps=500)
    """Photo, trimap, truth, prediction and composite of a batch."""
    gradients: Duration | None = None
    """Mean and largest absolute gradient."""
    weights: Duration | None = None
    """One random weight of every layer."""
    histograms: Duration | None = None
    """Distribution of the weights of every layer."""


class RunLog:
    """The logs of one run."""

    def __init__(self, run: LoggedRun, to: tuple[LoggerConfig, ...] = ()) -> None:
        """Open the logs of a run at its current step."""
        self.text = make_folder(run.folder) / TEXT
        cut(self.text, lambda line: int(re.match(r"\[(\d+)\]", line)[1]) <= run.step)  # type: ignore[index]
        self.loggers: list[Logger] = [JsonLines(run), *(each.open(run) for each in to)]

    def values(self, step: int, kind: str, values: dict[str, float]) -> None:
        """Numbers of one kind: losses, rates, gradients or validation."""
        self._numbers(step, kind, values)
        words = "  ".join(f"{name} {value:.6g}" for name, value in values.items())
        self.line(step, f"{kind}: {words}")

    def line(self, step: int, text: str) -> None:
        """A line of the text log."""
        append(self.text, f"[{step}] {text}")

    def picture(self, step: int, tag: str, image: Image) -> None:
        """A picture."""
        for logger in self.loggers:
            logger.picture(step, tag, image)

    def gradients(self, step: int, part: str, module: nn.Module) -> None:
        """Mean and largest absolute gradient of the last step."""
        sizes = [weight.grad.abs() for weight in module.parameters() if weight.grad is not None]
        if not sizes:
            return
        count = sum(size.numel() for size in sizes)
        mean = torch.stack([size.sum() for size in sizes]).sum() / count
        largest = torch.stack([size.max() for size in sizes]).max()
        numbers = torch.stack([mean, largest]).tolist()  # waits for the device once
        names = ("mean_gradient", "max_gradient")
        kind = f"gradient_statistic_{TAGS[part]}"
        self._numbers(step, kind, dict(zip(names, numbers, strict=True)))

    def weights(self, step: int, part: str, module: nn.Module) -> None:
        """One weight of every layer, the place drawn anew each time."""
        rng = np.random.default_rng(step)
        drawn = {}
        for name, weight in module.named_parameters():
            if name.endswith("weight") and weight.ndim > 1:
                value = float(weight.detach().flatten()[int(rng.integers(weight.numel()))])
                drawn[f"{name.removesuffix('.weight')}_weight_0"] = value
        self._numbers(step, f"random_weights_{TAGS[part]}", drawn)

    def histograms(self, step: int, part: str, module: nn.Module) -> None:
        """The distribution of every weight."""
        for name, weight in module.named_parameters():
            for logger in self.loggers:
                logger.distribution(step, f"weights_{part}/{name}", weight.detach().float())

    def close(self) -> None:
        """Write out what is still in memory."""
        for logger in self.loggers:
            logger.close()

    def _numbers(self, step: int, kind: str, values: dict[str, float]) -> None:
        """Numbers that no person would read line by line."""
        for logger in self.loggers:
            logger.numbers(step, kind, values)


def read_log(folder: Path) -> list[Line]:
    """The lines of a run's log.jsonl; a last line cut off in the middle is left out."""
    lines = []
    for text in (folder / LOG).read_text("utf-8").splitlines():
        with suppress(json.JSONDecodeError):
            lines.append(Line(**json.loads(text)))
    return lines

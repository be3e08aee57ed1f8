"""Lengths in steps or epochs, and learning rates over them: a schedule turns a step into its rates.

Steps count from 0 at the first update. A warm-up comes before a schedule, which then starts at its
own step 0; `LearningRate` joins the two.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from mattekit.core.config import config


@config
class Duration:
    """A length of training: exactly one of `steps` and `epochs`."""

    steps: int | None = None
    """Optimiser steps."""
    epochs: float | None = None
    """Times through the training data."""

    def __post_init__(self) -> None:
        given = [value for value in (self.steps, self.epochs) if value is not None]
        if len(given) != 1 or given[0] <= 0:
            raise ValueError("write exactly one of {steps: N} and {epochs: N}, above 0")

    def in_steps(self, epoch: float) -> int:
        """The length in steps, at least 1, where an epoch has `epoch` steps."""
        if self.steps is not None:
            return self.steps
        assert self.epochs is not None
        return max(1, round(self.epochs * epoch))


@dataclass(frozen=True)
class RunLength:
    """How long an epoch and the whole run are, in steps."""

    epoch: float
    total: int


@dataclass(frozen=True)
class Rates:
    """What an update is made with."""

    lr: float
    momentum: float | None = None
    """None leaves the optimiser's own."""


@config
class ConstantConfig:
    """The optimiser's rate, all the time."""

    name: Literal["constant"] = "constant"

    def rates(self, step: int, lr: float, length: RunLength) -> Rates:
        return Rates(lr)


@config
class StepConfig:
    """The rate times `factor` after every period, at most `times` times."""

    name: Literal["step"] = "step"
    every: Duration
    factor: float = 0.1
    times: int | None = None
    """None for no limit."""

    def rates(self, step: int, lr: float, length: RunLength) -> Rates:
        passed = step // self.every.in_steps(length.epoch)
        times = passed if self.times is None else min(passed, self.times)
        return Rates(lr * self.factor**times)


@config
class MultiStepConfig:
    """The rate times `ratios[k]` from `starts[k]` on, and the rate itself before."""

    name: Literal["multistep"] = "multistep"
    starts: tuple[Duration, ...]
    ratios: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.starts) != len(self.ratios):
            raise ValueError("starts and ratios must be equally many")

    def rates(self, step: int, lr: float, length: RunLength) -> Rates:
        ratio = 1.0
        for start, later in zip(self.starts, self.ratios, strict=True):
            if step >= start.in_steps(length.epoch):
                ratio = later
        return Rates(lr * ratio)


@config
class PolynomialConfig:
    """From ratio to ratio along (1 - t)^power; with power 1 in straight lines.

    It begins with the rate itself at step 0 and stays at the last ratio.
    """

    name: Literal["polynomial"] = "polynomial"
    ends: tuple[Duration, ...]
    """When each of `ratios` is reached, in rising order."""
    ratios: tuple[float, ...]
    power: float = 1.0

    def __post_init__(self) -> None:
        if len(self.ends) != len(self.ratios):
            raise ValueError("ends and ratios must be equally many")

    def rates(self, step: int, lr: float, length: RunLength) -> Rates:
        moments = [(0, 1.0)] + [
            (end.in_steps(length.epoch), ratio)
            for end, ratio in zip(self.ends, self.ratios, strict=True)
        ]
        for (start, before), (end, after) in pairwise(moments):
            if step < end:
                left = 1 - (step - start) / (end - start)
                return Rates(lr * (after + (before - after) * left**self.power))
        return Rates(lr * moments[-1][1])


@config
class CosineConfig:
    """Half a cosine from the rate down to `final` times the rate at the end of the run."""

    name: Literal["cosine"] = "cosine"
    final: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.final <= 1:
            raise ValueError("final must be a share of the rate, between 0 and 1")

    def rates(self, step: int, lr: float, length: RunLength) -> Rates:
        done = min(step / max(length.total, 1), 1.0)
        return Rates(lr * (self.final + (1 - self.final) * (1 + math.cos(math.pi * done)) / 2))


@config
class TriangularConfig:
    """Up and down in straight lines between two rates of its own; the optimiser's is not used.

    Momentum moves only when `momentum` says so; torch's cyclic schedule moves it unasked.
    """

    name: Literal["triangular"] = "triangular"
    low: float
    """The rate at the start."""
    high: float
    """The rate at the peak. Below `low`, the rate starts high and dips."""
    up: Duration
    down: Duration | None = None
    """As long as `up` when left out."""
    momentum: tuple[float, float] | None = None
    """Momentum (or Adam's first beta) at the low and at the high rate."""

    def rates(self, step: int, lr: float, length: RunLength) -> Rates:
        up = self.up.in_steps(length.epoch)
        down = up if self.down is None else self.down.in_steps(length.epoch)
        place = step % (up + down)
        height = place / up if place <= up else (up + down - place) / down
        momentum = None if self.momentum is None else _between(self.momentum, height)
        return Rates(_between((self.low, self.high), height), momentum)


ScheduleConfig = (
    ConstantConfig
    | StepConfig
    | MultiStepConfig
    | PolynomialConfig
    | CosineConfig
    | TriangularConfig
)


@dataclass(frozen=True, kw_only=True)
class LearningRate:
    """A schedule after a linear warm-up, in steps or, with `by_epoch`, in whole epochs."""

    schedule: ScheduleConfig
    lr: float
    length: RunLength
    warmup: Duration | None = None
    by_epoch: bool = False

    def __call__(self, step: int) -> Rates:
        """The rates of the update that follows `step` earlier ones."""
        length = self.length
        if self.by_epoch:
            step = int(step / length.epoch)
            length = RunLength(1.0, round(length.total / length.epoch))
        warm = 0 if self.warmup is None else self.warmup.in_steps(length.epoch)
        rest = RunLength(length.epoch, length.total - warm)
        rates = self.schedule.rates(max(step - warm, 0), self.lr, rest)
        return rates if step >= warm else Rates(rates.lr * (step + 1) / warm, rates.momentum)


def _between(ends: tuple[float, float], share: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * share

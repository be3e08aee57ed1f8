"""How good the network is now: whole pictures through an inference strategy, then metrics."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from mattekit.core.config import config
from mattekit.core.types import Alpha, Sample
from mattekit.data import Source
from mattekit.data.crop import Step
from mattekit.data.loader import Row
from mattekit.imaging.files import write_alpha
from mattekit.imaging.trimap import paste_known
from mattekit.inference.inputs import Inputs
from mattekit.inference.predictor import Predictor
from mattekit.inference.strategies import StrategyConfig
from mattekit.inference.torch_network import TorchNetwork
from mattekit.metrics import measure
from mattekit.training.periods import Span


@config
class ValidationConfig:
    """How often the network is measured on the validation data, and how."""

    every: Span = Span(epochs=1)
    count: int | None = None
    """Only the first so many samples."""
    crop: int | None = None
    """Measure on a square of this side around unknown pixels, always the same one, instead of the
    whole picture."""
    strategy: StrategyConfig | None = None
    """How the network is taken over a picture; null for the one that suits it."""
    protocol: str = "official"
    metrics: tuple[str, ...] = ("sad", "mse", "grad", "conn")
    best: str = "sad"
    """The metric whose lowest value marks the best checkpoint."""
    save_predictions: int = 0
    """Alphas of the first so many samples are written into the run's folder, each time anew."""

    def __post_init__(self) -> None:
        if self.best not in self.metrics:
            raise ValueError(f"best is {self.best}, which is not among the metrics measured")


@dataclass(frozen=True, kw_only=True)
class Validator:
    """Measures a network on the samples of a source."""

    source: Source
    settings: ValidationConfig
    seed: int
    steps: Sequence[Step] = ()
    predictions: Path | None = None

    @property
    def count(self) -> int:
        """How many samples are measured."""
        everything = len(self.source)
        return everything if self.settings.count is None else min(everything, self.settings.count)

    def scores(self, network: nn.Module, fabric: Fabric) -> dict[str, float]:
        """The mean of every metric; each process measures its share, none is counted twice."""
        predictor = predictor_of(network, fabric.device, self.settings.strategy)
        table = torch.zeros(self.count, len(self.settings.metrics), dtype=torch.float64)
        for index in range(fabric.global_rank, self.count, fabric.world_size):
            table[index] = torch.tensor(self._measured(index, predictor), dtype=torch.float64)
        whole: Any = table
        if fabric.world_size > 1:
            whole = fabric.all_reduce(table, reduce_op="sum")
        means: list[float] = whole.mean(dim=0).tolist()
        return dict(zip(self.settings.metrics, means, strict=True))

    def _measured(self, index: int, predictor: Predictor) -> list[float]:
        sample = self.sample(index)
        alpha = predicted_alpha(predictor, sample)
        if self.predictions is not None and index < self.settings.save_predictions:
            write_alpha(self.predictions / f"{index:04d}-{Path(sample.name).name}.png", alpha)
        found = measure(
            alpha,
            sample.alpha,
            sample.trimap,
            self.settings.protocol,
            metrics=self.settings.metrics,
        )
        return [found[name] for name in self.settings.metrics]

    def sample(self, index: int) -> Sample:
        """The sample of that number, the same one in every validation."""
        row = Row(length=len(self.source), batch=1, seed=self.seed, shuffle=False)
        rng = row.rng(0, index)
        sample = self.source.sample(index, rng)
        for step in self.steps:
            sample = step(sample, rng)
        return sample


def predictor_of(
    network: nn.Module, device: torch.device, strategy: StrategyConfig | None
) -> Predictor:
    """A predictor with a copy of the network, so that nothing about the one in training changes."""
    frozen = TorchNetwork(copy.deepcopy(network), name=type(network).__name__, device=device)
    return Predictor(frozen, strategy=strategy)


def predicted_alpha(predictor: Predictor, sample: Sample) -> Alpha:
    """The alpha of a sample, with its known pixels kept where the network is told of them."""
    trimap = sample.trimap if predictor.network.needs_trimap else None
    inputs = Inputs(colours=sample.image, trimap=trimap, prior=sample.prior)
    planes = predictor.strategy_for(inputs).apply(predictor.network, inputs, {"alpha"})
    alpha = np.clip(planes["alpha"], 0, 1)
    return alpha if trimap is None else paste_known(alpha, trimap)

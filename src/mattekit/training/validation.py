"""How good the network is now: whole pictures through an inference strategy, then metrics."""

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from mattekit.core.config import config
from mattekit.core.errors import BadData, BadRecipe, MattekitError
from mattekit.core.tensors import Precision
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Plane, Sample
from mattekit.data import Source
from mattekit.data.augmentation.estimates import EstimatesConfig
from mattekit.data.crop import Step
from mattekit.data.loader import VALIDATION, sample_rng
from mattekit.imaging.files import write_alpha
from mattekit.inference.predictor import Predictor
from mattekit.inference.strategies import StrategyConfig
from mattekit.inference.torch_network import TorchNetwork
from mattekit.metrics import measure
from mattekit.networks.perceptual import perceptual_distance
from mattekit.training.schedules import Duration

COLOUR_ERRORS = {"foreground_l1": "foreground", "background_l1": "background"}
"""Metric -> the layer whose guessed colours it measures."""
PERCEPTUAL = "perceptual"
FURTHER = (*COLOUR_ERRORS, PERCEPTUAL)
"""What is measured of more than the alpha."""
MEASURED = {"alpha", *COLOUR_ERRORS.values()}
"""Planes that are measured."""
SMALLEST_SIDE = 8
"""Of a window, in pixels."""


@config
class ValidationConfig:
    """How often the network is measured on the validation data, and how."""

    every: Duration = Duration(epochs=1)
    count: int | None = None
    """Only the first so many samples."""
    crop: int | None = None
    """Measure on a square of this side around unknown pixels, always the same one, instead of the
    whole picture."""
    strategy: StrategyConfig | None = None
    """How the network goes over a picture; null for the one that suits it."""
    precision: Precision = "32"
    """Of the network's arithmetic, whatever it is trained in."""
    protocol: str = "official"
    metrics: tuple[str, ...] = ("sad", "mse", "grad", "conn")
    """Of alpha; perceptual, of composites with it; or for a network that guesses colours
    foreground_l1 and background_l1."""
    perceptual: str = "timm"
    """Weights of VGG-16 for the metric `perceptual`: timm, or a file in torchvision's names."""
    best: str = "sad"
    """The metric whose lowest value marks the best checkpoint."""
    save_predictions: int = 0
    """Alphas of the first so many samples are written into the run's folder, each time anew."""

    def __post_init__(self) -> None:
        if self.best not in self.metrics:
            raise ValueError(f"best is {self.best}, which is not among the metrics measured")
        if self.count is not None and self.count < 1:
            raise ValueError("count must be at least 1; data.valid=none measures nothing")
        if self.crop is not None and self.crop < SMALLEST_SIDE:
            raise ValueError(f"crop must be at least {SMALLEST_SIDE} pixels")
        if self.save_predictions < 0:
            raise ValueError("save_predictions must be at least 0")


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

    @property
    def description(self) -> str:
        """What is measured on what: scores of two descriptions cannot be compared."""
        how = self.settings
        parts = (self.source.names[: self.count], how.best, how.protocol, how.crop, how.strategy)
        return repr(parts if how.precision == "32" else (*parts, how.precision))

    def dry_run(self, network: nn.Module, fabric: Fabric) -> None:
        """Predict the first sample and measure its truth, so that what cannot be measured is
        refused before training, and not after an epoch of it."""
        how, device = self.settings, fabric.device
        predictor = predictor_of(network, device, how.strategy, how.precision)
        sample = self.sample(0)
        planes = predicted_planes(predictor, sample, MEASURED)
        self._errors({**planes, "alpha": sample.alpha}, sample, str(device))

    def scores(self, network: nn.Module, fabric: Fabric) -> dict[str, float]:
        """The mean of every metric; each process measures its share, none is counted twice.

        Where one process fails, all of them do.
        """
        how, device = self.settings, str(fabric.device)
        predictor = predictor_of(network, fabric.device, how.strategy, how.precision)
        table = torch.zeros(self.count, len(how.metrics), dtype=torch.float64)
        failure: Exception | None = None
        try:
            for index in range(fabric.global_rank, self.count, fabric.world_size):
                table[index] = torch.tensor(
                    self._measured(index, predictor, device), dtype=torch.float64
                )
        except Exception as error:  # raised below, once the processes that wait know of it
            failure = error
        whole: Any = table, torch.tensor(float(failure is not None))
        if fabric.world_size > 1:
            whole = fabric.all_reduce(whole, reduce_op="sum")
        if failure is not None:
            raise failure
        table, failures = whole
        if failures:
            raise MattekitError("the validation failed in another process, which says why")
        return dict(zip(how.metrics, table.mean(dim=0).tolist(), strict=True))

    def _measured(self, index: int, predictor: Predictor, device: str) -> list[float]:
        sample = self.sample(index)
        planes = predicted_planes(predictor, sample, MEASURED)
        if self.predictions is not None and index < self.settings.save_predictions:
            place = self.predictions / f"{index:04d}-{Path(sample.name).name}.png"
            write_alpha(place, planes["alpha"])
        return self._errors(planes, sample, device)

    def _errors(self, planes: Mapping[str, Plane], sample: Sample, device: str) -> list[float]:
        alpha, wanted = planes["alpha"], self.settings.metrics
        found = measure(
            alpha,
            sample.alpha,
            sample.trimap,
            self.settings.protocol,
            metrics=[name for name in wanted if name not in FURTHER],
        )
        if PERCEPTUAL in wanted:
            found[PERCEPTUAL] = self._perceptual(alpha, sample, device)
        for name in COLOUR_ERRORS.keys() & set(wanted):
            found[name] = colour_error(planes, sample, COLOUR_ERRORS[name])
        return [found[name] for name in wanted]

    def _perceptual(self, alpha: Alpha, sample: Sample, device: str) -> float:
        """How different the sample looks with that alpha."""
        if sample.foreground is None or sample.background is None:
            raise BadData(
                f"perceptual compares composites, and {sample.name} has no foreground and "
                "background; choose other data.valid, or leave it out of validate.metrics"
            )
        distance = perceptual_distance(self.settings.perceptual, device)
        return distance.of_alphas(alpha, sample.alpha, (sample.foreground, sample.background))

    def sample(self, index: int) -> Sample:
        """The sample of that number, the same one in every validation."""
        rng = sample_rng((self.seed, 0), VALIDATION, index)
        sample = self.source.sample(index, rng)
        for step in self.steps:
            sample = step(sample, rng)
        return sample


def predictor_of(
    network: nn.Module,
    device: torch.device,
    strategy: StrategyConfig | None,
    precision: Precision = "32",
) -> Predictor:
    """A predictor with a copy of the network, so that nothing about the one in training changes."""
    frozen = TorchNetwork(
        copy.deepcopy(network), name=type(network).__name__, device=device, precision=precision
    )
    return Predictor(frozen, strategy=strategy)


def predicted_planes(
    predictor: Predictor, sample: Sample, wanted: Collection[str]
) -> dict[str, Plane]:
    """Those wanted planes of a sample that the network gives, predicted as users predict them.

    Two cases are only met here: a network that is trained on true or guessed colours is given
    those, and a drawn picture may have no known subject or background, which users are refused.
    """
    taken = set(predictor.network.extra_planes)
    names = taken - {"prior"}
    labels = set() if sample.trimap is None else set(np.unique(sample.trimap).tolist())
    if "prior" in taken and not {FOREGROUND, BACKGROUND} <= labels:
        sample = EstimatesConfig()(sample, np.random.default_rng(0))
        names = taken
    further = {name: plane for name in names if (plane := getattr(sample, name)) is not None}
    return predictor.planes(sample.image, sample.trimap, wanted, further=further)


def colour_error(planes: Mapping[str, Plane], sample: Sample, layer: str) -> float:
    """Mean |colour - true colour| over the unknown pixels and the channels of a layer."""
    true: Plane | None = getattr(sample, layer)
    if true is None or sample.trimap is None:
        raise BadData(
            f"{layer}_l1 compares with the true {layer}, which {sample.name} lacks; choose other "
            "data.valid, or leave it out of validate.metrics"
        )
    if layer not in planes:
        raise BadRecipe(f"validate.metrics: the network guesses no {layer}; leave {layer}_l1 out")
    unknown = sample.trimap == UNKNOWN
    difference = np.abs(planes[layer] - true)[unknown]
    return float(difference.mean()) if difference.size else 0.0

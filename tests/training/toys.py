"""Networks, data and settings small enough to train in milliseconds."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, Literal

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from mattekit.core.config import config
from mattekit.core.tensors import Batch, Prediction
from mattekit.core.types import Sample
from mattekit.data.loader import SampleOrder, make_loader
from mattekit.data.sources.synthetic import SyntheticConfig
from mattekit.imaging.compose import over
from mattekit.losses.alpha import AlphaL1Config
from mattekit.losses.colours import CompositionL1Config
from mattekit.networks.dim import DimConfig
from mattekit.networks.parts.preprocessing import Preprocessing
from mattekit.networks.patchgan import PatchGanConfig
from mattekit.training.method import Setup, TrainingConfig
from mattekit.training.schedules import RunLength

LOSSES = (AlphaL1Config(weight=1.0), CompositionL1Config(weight=0.5))
CRITIC = PatchGanConfig(width=4, layers=1, norm="none")


class ToyNetwork(nn.Module):
    """Two convolutions with a norm and dropout between them."""

    stride = 1
    needs_trimap = True
    extra_planes = ()
    strategies = ("whole",)
    preprocessing = Preprocessing()

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout(dropout)
        )
        self.decoder = nn.Conv2d(6, 1, 3, padding=1)

    def forward(self, image: Tensor, trimap: Tensor) -> Prediction:
        seen = self.encoder(torch.cat([image, trimap], dim=1))
        return Prediction(alpha=torch.sigmoid(self.decoder(seen)))


@config
class ToyConfig(DimConfig):
    """A network for tests, which passes for one of the union where types are checked."""

    name: Literal["toy"] = "toy"  # type: ignore[assignment]
    dropout: float = 0.1

    def build(self) -> ToyNetwork:  # type: ignore[override]
        return ToyNetwork(self.dropout)


@dataclass
class Discs:
    """Soft discs of random colour: a data set without files."""

    length: int = 12
    size: int = 16
    licence: str = "drawn by a test"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"disc-{index}" for index in range(self.length))

    def __len__(self) -> int:
        return self.length

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        middle = self.size / 2 + rng.uniform(-2, 2, size=2)
        rows, columns = np.mgrid[: self.size, : self.size]
        distance = np.hypot(rows - middle[0], columns - middle[1])
        alpha = np.clip((self.size / 4 - distance) / 3 + 0.5, 0, 1).astype(np.float32)
        trimap = (1 + (alpha >= 1).astype(np.uint8) - (alpha <= 0)).astype(np.uint8)
        shape = (self.size, self.size, 3)
        foreground, background = (
            np.broadcast_to(rng.random(3), shape).astype(np.float32) for _ in range(2)
        )
        return Sample(
            image=over(foreground, alpha[..., None], background),
            alpha=alpha,
            trimap=trimap,
            foreground=foreground,
            background=background,
            name=f"disc-{index}",
        )


@config
class DiscsConfig(SyntheticConfig):
    """The discs as a recipe names them."""

    name: Literal["discs"] = "discs"  # type: ignore[assignment]
    count: int = 12
    size: int = 16

    def open(self) -> Discs:  # type: ignore[override]
        return Discs(self.count, self.size)


def discs(count: int | None = None, *, batch: int = 4, start: int = 0) -> Iterator[Batch]:
    """Batches of discs, for ever or `count` of them."""
    row = SampleOrder(length=12, batch=batch, seed=0)
    return islice(make_loader(Discs(), row, start=start), count)


def make_setup(**changes: Any) -> Setup:
    """The setup of a toy run of 20 steps on the CPU."""
    torch.manual_seed(0)
    options: dict[str, Any] = {
        "fabric": Fabric(accelerator="cpu", devices=1),
        "network": ToyNetwork(),
        "length": RunLength(3.0, 20),
    }
    shared = {field.name for field in fields(TrainingConfig)}
    config = {name: value for name, value in changes.items() if name in shared}
    rest = {name: value for name, value in changes.items() if name not in shared}
    return Setup(config=TrainingConfig(**{"losses": LOSSES, **config}), **{**options, **rest})


def trainable_count(network: nn.Module) -> int:
    """Number of weights that learn."""
    return sum(weight.numel() for weight in network.parameters() if weight.requires_grad)


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    """A copy of every tensor."""
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Whether two sets of tensors agree to the bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)

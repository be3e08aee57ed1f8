"""Networks with random weights, fitted to a few crops of synthetic scenes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mattekit.core.tensors import Batch
from mattekit.data.loader import collate
from mattekit.data.sources.compact_scenes import CompactScenesConfig
from mattekit.losses.alpha import AlphaL1Config
from mattekit.losses.colours import CompositionL1Config, SamplingL1Config
from mattekit.losses.gfm import FocusL1Config, GlanceCrossEntropyConfig
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


def scenes(count: int, side: int = SIDE) -> Batch:
    """The first scenes, and for a single one its mirror image too: norms need two samples."""
    source = CompactScenesConfig(count=max(count, 1), size=side).open()
    samples = [source.scene(index) for index in range(count)]
    if count == 1:
        samples.append(samples[0].warp(lambda plane, how: np.ascontiguousarray(plane[:, ::-1])))
    return collate(samples)


def new_network(lesson: Lesson) -> Any:
    """With random weights, the same ones each time."""
    torch.manual_seed(0)
    network = build(lesson.network, **lesson.options)
    if lesson.kaiming:
        draw_by_kaiming(network)
    return network


def draw_by_kaiming(network: nn.Module) -> None:
    """New weights for every convolution."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")


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


def inputs_of(network: Any, batch: Batch) -> list[Tensor | None]:
    """What the network is called with; some take further planes of the batch."""
    planes = [getattr(batch, name) for name in network.extra_planes]
    return [batch.image, batch.trimap if network.needs_trimap else None, *planes]

"""The network that finds the subject of a photo: a soft mask, and whether there is one subject.

An EfficientNet-Lite sees the photo; a feature pyramid draws the mask at a quarter of the size. What
a user points at comes as planes of that size: inside and outside of a box, points on the subject,
points beside it. All zeros where nothing was pointed at.

The batch norms of the encoder are folded into its convolutions, so their statistics stay those of
ImageNet: a few hundred photographs say little of the statistics of all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from mattekit.core.config import config
from mattekit.core.tensors import Prediction
from mattekit.core.types import PROMPT_STEP
from mattekit.networks.parts.preprocessing import MattingModule, Preprocessing


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """What sees the photo, of timm."""

    name: str
    channels: Mapping[int, int]
    """Of the stages that are used, which end at 1/4, 1/8, 1/16 and 1/32 of the size."""


ENCODERS = {
    "lite0": Encoder(name="tf_efficientnet_lite0", channels={1: 24, 2: 40, 4: 112, 6: 320}),
    # without its last stage, which is there to name things
    "lite2": Encoder(name="tf_efficientnet_lite2", channels={1: 24, 2: 48, 4: 120, 5: 208}),
}
EncoderName = Literal["lite0", "lite2"]
WIDTH = 64
PREPROCESSING = Preprocessing(
    scale=255.0, mean=(127.0,) * 3, std=(128.0,) * 3, trimap_code=None, multiple_of=32
)


class SubjectFinder(MattingModule):
    """Mask of the subject from a photo and what a user pointed at."""

    extra_planes = ("prompt",)
    strategies = ("resize", "whole")
    smallest_training_batch = 2

    def __init__(self, encoder: EncoderName) -> None:
        super().__init__(PREPROCESSING)
        self.sees = ENCODERS[encoder]
        self.imagenet = f"{self.sees.name}.in1k"
        self.encoder = folded(self._new_encoder())
        channels = [*self.sees.channels.values()]
        self.lateral = nn.ModuleList(nn.Conv2d(each, WIDTH, 1) for each in channels)
        self.decode = nn.ModuleList(Block() for _ in channels)
        self.whole = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels[-1], WIDTH, 1), nn.ReLU()
        )
        self.read_prompt = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU())
        prompted = [nn.Conv2d(16, WIDTH, 1, bias=False) for _ in channels]
        for layer in prompted:
            nn.init.zeros_(layer.weight)  # an untrained prompt says nothing
        self.prompted = nn.ModuleList(prompted)
        self.out = nn.Conv2d(WIDTH, 1, 3, padding=1)
        self.single = nn.Sequential(
            nn.Linear(channels[-1] + WIDTH, 32), nn.ReLU(), nn.Linear(32, 1)
        )

    def forward(
        self,
        image: Float[Tensor, "b 3 h w"],
        trimap: None = None,
        prompt: Float[Tensor, "b 3 h//4 w//4"] | None = None,
    ) -> Prediction:
        planes = self._planes(self.preprocess.colours(image))
        if prompt is None:
            prompt = torch.zeros_like(F.avg_pool2d(image, PROMPT_STEP))
        hint = self.read_prompt(prompt)
        top = self.decode[3](self._level(3, planes, hint) + self.whole(planes[3]))
        mask = top
        for level in (2, 1, 0):
            larger = F.interpolate(mask, scale_factor=2.0, mode="bilinear")
            mask = self.decode[level](larger + self._level(level, planes, hint))
        logits = F.interpolate(self.out(mask), scale_factor=4.0, mode="bilinear")
        seen = torch.cat([planes[3].mean((2, 3)), top.amax((2, 3))], dim=1)
        return Prediction(alpha=logits.sigmoid(), alpha_logits=logits, single=self.single(seen))

    def _planes(self, colours: Tensor) -> list[Tensor]:
        """What the encoder sees at each size."""
        encoder: Any = self.encoder  # timm's parts have no types
        seen, planes = encoder.bn1(encoder.conv_stem(colours)), []
        for number, stage in enumerate(encoder.blocks):
            seen = stage(seen)
            if number in self.sees.channels:
                planes.append(seen)
        return planes

    def _level(self, level: int, planes: list[Tensor], hint: Tensor) -> Tensor:
        """What encoder and prompt say at one size."""
        small = F.avg_pool2d(hint, 2**level) if level else hint
        return self.lateral[level](planes[level]) + self.prompted[level](small)

    def adopt_imagenet(self, state: Mapping[str, Tensor]) -> None:
        """Start the encoder from ImageNet, in timm's names or those of efficientnet-pytorch.

        Both list the same layers in the same order.
        """
        encoder = self._new_encoder()
        wanted = [name for name in encoder.state_dict() if "num_batches" not in name]
        if "conv_stem.weight" not in state:
            found = [tensor for name, tensor in state.items() if "num_batches" not in name]
            state = dict(zip(wanted, found, strict=False))
        encoder.load_state_dict({name: state[name] for name in wanted}, strict=False)
        self.encoder.load_state_dict(folded(encoder).state_dict())

    def _new_encoder(self) -> nn.Module:
        """The encoder with random weights, down to the last stage that is used."""
        import timm  # takes longer than everything else that a network needs

        encoder: nn.Module = timm.create_model(self.sees.name, features_only=True)
        stages: Any = encoder.blocks
        del stages[max(self.sees.channels) + 1 :]
        return encoder


class Block(nn.Sequential):
    """Each channel convolved by itself, between two mixtures of channels."""

    def __init__(self) -> None:
        super().__init__(
            *(nn.Conv2d(WIDTH, WIDTH, 1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU()),
            nn.Conv2d(WIDTH, WIDTH, 5, padding=2, groups=WIDTH, bias=False),
            *(nn.BatchNorm2d(WIDTH), nn.ReLU()),
            *(nn.Conv2d(WIDTH, WIDTH, 1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU()),
        )


def folded(encoder: nn.Module) -> nn.Module:
    """The same encoder with every batch norm folded into the convolution before it."""
    encoder.eval()
    for module in [*encoder.modules()]:
        children = [*module.named_children()]
        for (conv_name, conv), (norm_name, norm) in pairwise(children):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                described: Any = norm
                setattr(module, conv_name, fuse_conv_bn_eval(conv, norm))
                setattr(module, norm_name, described.act)
    return encoder


@config
class SubjectConfig:
    """Finds the subject of a photo, by itself or from a box or points (needs no trimap)."""

    name: Literal["subject"] = "subject"
    encoder: EncoderName = "lite2"
    """Which EfficientNet-Lite sees the photo; the shipped subject finder has one of each."""

    def build(self) -> SubjectFinder:
        return SubjectFinder(self.encoder)

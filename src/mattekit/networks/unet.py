"""A matting network over any encoder of timm: `unet`.

The decoder doubles the size step by step and sees the encoder's map of that size at each of them.
Few encoders have maps of full and half size, where hair is resolved: a light branch adds those.
Trimap and classical estimates enter where the options say: as channels of the encoder's first
layer, or as side features, in the light branch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from mattekit.classical.estimates import CHANNELS as ESTIMATES
from mattekit.core.config import config
from mattekit.core.errors import BadArgument
from mattekit.core.tensors import Prediction
from mattekit.networks.parts.layers import NORMS, NormName, convolve, widen
from mattekit.networks.parts.preprocessing import MattingModule, Preprocessing

Enters = Literal["input", "side", "none"]
TAKE = "take a convolutional one, such as convnext_tiny, resnet34 or efficientnet_b0"
FULL, HALF = 32, 64
"""Channels of the light branch at full and at half size; a decoder has no fewer."""


class Unet(MattingModule):
    """Alpha from a photo and whatever the options add to it."""

    def __init__(self, options: "UnetConfig") -> None:
        trimap, estimates, norm = options.trimap, options.estimates, options.norm
        by_input = View(trimap=trimap == "input", estimates=estimates == "input")
        encoder = timm_encoder(options.encoder, by_input.channels)
        reductions: list[int] = encoder.feature_info.reduction()
        published = timm_weights(options.encoder)
        super().__init__(
            Preprocessing(
                mean=published.mean,
                std=published.std,
                trimap_code=None if trimap == "none" else (0.0, 0.5, 1.0),
                multiple_of=reductions[-1],
            )
        )
        self.by_input, self.encoder, self.reductions = by_input, encoder, reductions
        self.by_side = View(trimap=trimap == "side", estimates=estimates == "side")
        if published.hf_hub_id is not None:
            self.imagenet = published.hf_hub_id.removeprefix("timm/")
        self.extra_planes = () if estimates == "none" else ("prior",)
        self.estimates = () if estimates == "none" else ESTIMATES
        self.strategies = ("tile", "whole", "resize") if self.needs_trimap else ("whole", "resize")
        self.at_full = convolve_twice(self.by_side.channels, FULL, norm)
        self.at_half = convolve_twice(4 * FULL, HALF, norm)
        channels = encoder.feature_info.channels()
        maps, light = dict(zip(reductions, channels, strict=True)), {1: FULL, 2: HALF}
        width = maps[self.stride]
        self.steps = nn.ModuleList()
        for size in halvings(self.stride):
            inputs = width + maps.get(size, 0) + light.get(size, 0)
            width = max(width // 2 // FULL * FULL, FULL)
            self.steps.append(convolve_twice(inputs, width, norm))
        self.head = nn.Conv2d(width, 1, 3, padding=1)

    def forward(
        self,
        image: Float[Tensor, "b 3 h w"],
        trimap: Float[Tensor, "b 1 h w"] | None = None,
        prior: Float[Tensor, "b c h w"] | None = None,
    ) -> Prediction:
        colours = self.preprocess.colours(image)
        coded = None if trimap is None else self.preprocess.trimap(trimap)
        found = self.encoder(self.by_input(colours, coded, prior))
        full = self.at_full(self.by_side(colours, coded, prior))
        maps = dict(zip(self.reductions, found, strict=True))
        light = {1: full, 2: self.at_half(F.pixel_unshuffle(full, 2))}
        x = maps[self.stride]
        for size, step in zip(halvings(self.stride), self.steps, strict=True):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            beside = [planes[size] for planes in (maps, light) if size in planes]
            x = step(torch.cat([x, *beside], dim=1))
        return Prediction(alpha=torch.sigmoid(self.head(x)))

    def adopt_imagenet(self, state: Mapping[str, Tensor]) -> None:
        """Start the encoder from ImageNet; further channels of its first layer start at zero."""
        taken = {}
        for key, ours in self.encoder.state_dict().items():  # timm's `stages.0` is `stages_0` here
            theirs = state[key] if key in state else state[key.replace("_", ".", 1)]
            widened = theirs.ndim == 4 and theirs.shape[1] < ours.shape[1]
            taken[key] = widen(theirs, ours.shape[1], "zeros") if widened else theirs
        self.encoder.load_state_dict(taken)


@dataclass(frozen=True)
class View:
    """The input of a part of the network: the photo, and perhaps further planes."""

    trimap: bool
    estimates: bool

    @property
    def channels(self) -> int:
        return 3 + self.trimap + len(ESTIMATES) * self.estimates

    def __call__(self, colours: Tensor, trimap: Tensor | None, estimates: Tensor | None) -> Tensor:
        planes = [colours]
        if self.trimap and trimap is not None:
            planes.append(trimap)
        if self.estimates and estimates is not None:
            planes.append(estimates)
        return torch.cat(planes, dim=1)


def halvings(stride: int) -> list[int]:
    """Divisors of the picture's size at the steps of the decoder: half the stride, ..., 2, 1."""
    return [stride >> times for times in range(1, stride.bit_length())]


def timm_encoder(name: str, channels: int) -> Any:
    """An encoder of timm that gives maps of falling size, with random weights."""
    import timm  # takes two seconds, which the other networks need not wait for

    if not timm.is_model(name):
        close = get_close_matches(name, timm.list_models())
        hint = f"did you mean {close[0]}?" if close else TAKE
        raise BadArgument(f"encoder: timm has no network '{name}'; {hint}")
    refused = BadArgument(
        f"encoder: {name} gives no maps of which each is half the size of the one before, for "
        f"pictures of any size; {TAKE}"
    )
    if timm_weights(name).fixed_input_size:
        raise refused
    try:
        encoder: Any = timm.create_model(name, features_only=True, in_chans=channels)
        reductions = encoder.feature_info.reduction()
    except (RuntimeError, AttributeError, TypeError) as error:
        raise refused from error
    halved = all(2 * one == next_one for one, next_one in pairwise(reductions))
    if not halved or "NHWC" in str(getattr(encoder, "output_fmt", "")):
        raise refused
    return encoder


def timm_weights(encoder: str) -> Any:
    """What timm knows of the encoder's published weights."""
    import timm

    return timm.get_pretrained_cfg(encoder)


def convolve_twice(inputs: int, outputs: int, norm: NormName) -> nn.Sequential:
    """Two 3x3 convolutions, each with its norm and ReLU."""
    layers = (convolve(channels, outputs, norm=NORMS[norm]) for channels in (inputs, outputs))
    return nn.Sequential(*(layer for convolution in layers for layer in convolution))


@config
class UnetConfig:
    """A U-net over any convolutional encoder of timm."""

    name: Literal["unet"] = "unet"
    encoder: str = "resnet18"
    """Name of the encoder in timm."""
    trimap: Enters = "input"
    """Where the trimap enters: the encoder's first layer, the light branch, or not at all."""
    estimates: Enters = "none"
    """Where classical estimates enter, which the step `estimates` makes and any use solves."""
    norm: NormName = "bn"
    """Norm of the decoder; the encoder has its own."""

    def __post_init__(self) -> None:
        if self.trimap == "none" != self.estimates:
            raise ValueError("estimates are made from a trimap; let the trimap enter as well")

    def build(self) -> Unet:
        return Unet(self)

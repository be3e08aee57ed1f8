"""What both AlphaGANs and SampleNet share: ResNet-50 at an eighth of the size, atrous spatial
pyramid pooling, and a decoder that unpools.

timm's ResNet does not fit: its `output_stride=8` gives the first block of a dilated stage the
dilation of the stage before, and importing it takes longer than building the network.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from mattekit.core.errors import BadWeights
from mattekit.networks.parts.layers import Norm, widen
from mattekit.networks.parts.unpool import Window, pool, unpool

Dilation = Literal["all", "first"]
"""Whether every block of the last two stages is dilated (the paper) or only the first of each."""

IMAGENET_PREFIXES = {"conv1": "convolution", "bn1": "norm"} | {
    f"layer{number}": f"stage{number}" for number in (1, 2, 3, 4)
}
"""torchvision's names of the parts, and ours; inside a stage they agree."""


@dataclass(frozen=True, kw_only=True)
class Features:
    """What a decoder may look back at."""

    convolved: Float[Tensor, "b 64 h2 w2"]
    """The first convolution, before norm and ReLU."""
    stem: Float[Tensor, "b 64 h2 w2"]
    pooled: Float[Tensor, "b 64 h4 w4"]
    places: Int[Tensor, "b 64 h4 w4"]
    """Where in its window each pooled maximum was (`parts.unpool`)."""
    quarter: Float[Tensor, "b 256 h4 w4"]
    eighth: Float[Tensor, "b 512 h8 w8"]
    deep: Float[Tensor, "b 2048 h8 w8"]


class ResNet50(nn.Module):
    """The four stages of ResNet-50; the last two keep the size and are dilated by 2 and 4."""

    def __init__(
        self,
        channels: int,
        *,
        norm: Norm,
        dilation: Dilation = "all",
        window: Window = "3x3",
        stride_in: Literal["1x1", "3x3"] = "3x3",
    ) -> None:
        super().__init__()
        self.window: Window = window
        self.convolution = nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False)
        self.norm = norm(64)
        self.stage1 = stage(64, 64, 3, norm=norm)
        self.stage2 = stage(256, 128, 4, norm=norm, stride=2, stride_in=stride_in)
        third, fourth = ((rate, rate if dilation == "all" else 1) for rate in (2, 4))
        self.stage3 = stage(512, 256, 6, norm=norm, dilations=third)
        self.stage4 = stage(1024, 512, 3, norm=norm, dilations=fourth)

    def forward(self, planes: Float[Tensor, "b c h w"]) -> Features:
        """Features at a half, a quarter and an eighth of the size."""
        convolved = self.convolution(planes)
        stem = F.relu(self.norm(convolved))
        pooled, places = pool(stem, self.window)
        quarter = self.stage1(pooled)
        eighth = self.stage2(quarter)
        return Features(
            convolved=convolved,
            stem=stem,
            pooled=pooled,
            places=places,
            quarter=quarter,
            eighth=eighth,
            deep=self.stage4(self.stage3(eighth)),
        )

    def adopt_imagenet(
        self, state: Mapping[str, Tensor], *, new_channels: Literal["zeros", "mean"] = "zeros"
    ) -> None:
        """Start from ImageNet weights under torchvision's names; the classifier is left out.

        An encoder with group norm takes the convolutions only: scales and shifts that were learned
        with batch statistics mean nothing to it.
        """
        ours = {}
        for key, tensor in state.items():
            head, _, rest = key.partition(".")
            if head in IMAGENET_PREFIXES:
                ours[f"{IMAGENET_PREFIXES[head]}.{rest}"] = tensor
        first = "convolution.weight"
        if first in ours:
            ours[first] = widen(ours[first], self.convolution.in_channels, new_channels)
        present = self.state_dict()
        if isinstance(self.norm, nn.GroupNorm):
            ours = {key: tensor for key, tensor in ours.items() if tensor.dim() == 4}
            ours |= {key: tensor for key, tensor in present.items() if tensor.dim() != 4}
        wrong = sorted(ours.keys() ^ present.keys())
        wrong += [key for key in present if key in ours and ours[key].shape != present[key].shape]
        if wrong:
            raise BadWeights(
                f"these are not ImageNet weights of a ResNet-50: {len(wrong)} names or shapes "
                f"differ, the first is {wrong[0]}; expected torchvision's names"
            )
        self.load_state_dict(ours)


def stage(
    channels: int,
    width: int,
    blocks: int,
    *,
    norm: Norm,
    stride: int = 1,
    dilations: tuple[int, int] = (1, 1),
    stride_in: Literal["1x1", "3x3"] = "3x3",
) -> nn.Sequential:
    """Bottlenecks; `dilations` are those of the first one and of the others.

    The stride sits in the first one's 3x3 convolution (torchvision) or first 1x1 (Caffe).
    """
    shortcut = nn.Sequential(
        nn.Conv2d(channels, 4 * width, 1, stride=stride, bias=False), norm(4 * width)
    )
    strides = (stride, 1) if stride_in == "1x1" else (1, stride)
    first = Bottleneck(channels, width, norm, dilations[0], strides, shortcut)
    others = [Bottleneck(4 * width, width, norm, dilations[1]) for _ in range(blocks - 1)]
    return nn.Sequential(first, *others)


class Bottleneck(nn.Module):
    """Three convolutions, the middle one narrow, added to what came in; names as torchvision's."""

    def __init__(
        self,
        channels: int,
        width: int,
        norm: Norm,
        dilation: int = 1,
        strides: tuple[int, int] = (1, 1),
        shortcut: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, strides[0], bias=False)
        self.bn1 = norm(width)
        self.conv2 = nn.Conv2d(
            width, width, 3, strides[1], padding=dilation, dilation=dilation, bias=False
        )
        self.bn2 = norm(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = norm(4 * width)
        self.downsample = nn.Identity() if shortcut is None else shortcut

    def forward(self, planes: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h2 w2"]:
        """ReLUs work in place, to save memory."""
        narrow = F.relu(self.bn1(self.conv1(planes)), inplace=True)
        narrow = F.relu(self.bn2(self.conv2(narrow)), inplace=True)
        return F.relu(self.bn3(self.conv3(narrow)) + self.downsample(planes), inplace=True)


Convolution = Callable[[int, int, int, int], nn.Module]
"""Channels in, channels out, kernel, dilation -> a convolution that keeps the size."""


def plain(channels: int, width: int, kernel: int, dilation: int) -> nn.Module:
    """One convolution without bias."""
    return nn.Conv2d(
        channels, width, kernel, padding=dilation * (kernel // 2), dilation=dilation, bias=False
    )


def separable(channels: int, width: int, kernel: int, dilation: int) -> nn.Module:
    """Every channel by itself, then all together by 1x1; both with bias."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(channels, channels, kernel, padding=padding, dilation=dilation, groups=channels),
        nn.Conv2d(channels, width, 1),
    )


class Aspp(nn.Module):
    """Five branches of 256 channels (1x1, three dilated 3x3, the whole picture's mean), joined."""

    def __init__(
        self,
        dilations: tuple[int, int, int],
        *,
        norm: Norm,
        pooled_norm: Norm,
        convolution: Convolution = plain,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()

        def branch(channels: int, norm: Norm, kernel: int = 1, dilation: int = 1) -> nn.Sequential:
            return nn.Sequential(
                convolution(channels, 256, kernel, dilation), norm(256), nn.ReLU(inplace=True)
            )

        self.near = branch(2048, norm)
        self.far = nn.ModuleList(branch(2048, norm, 3, dilation) for dilation in dilations)
        self.whole = branch(2048, pooled_norm)
        self.join = branch(5 * 256, norm)
        self.dropout = nn.Dropout(dropout)

    def forward(self, planes: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 256 h w"]:
        """The five views of the same planes, side by side, reduced to 256 channels."""
        near = self.near(planes)
        whole = self.whole(planes.mean(dim=(2, 3), keepdim=True)).expand_as(near)
        views = torch.cat([near, *(branch(planes) for branch in self.far), whole], dim=1)
        return self.dropout(self.join(views))


class UnpoolingDecoder(nn.Module):
    """Back to full size: bilinear doubling, unpooling, and a doubling layer of `at_half`.

    Each network sets the layers; what was seen on the way down comes in at every size.
    """

    quarter_skip: nn.Module
    at_quarter: nn.Module
    half_skip: nn.Module
    at_half: nn.Module
    whole_skip: nn.Module
    at_whole: nn.Module
    head: nn.Module

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window: Window = window

    def forward(
        self,
        pyramid: Float[Tensor, "b 256 h8 w8"],
        features: Features,
        half: Float[Tensor, "b 64 h2 w2"],
        whole: Float[Tensor, "b c h w"],
    ) -> Float[Tensor, "b 1 h w"]:
        """Logits of alpha."""
        decoded = F.interpolate(pyramid, scale_factor=2, mode="bilinear", align_corners=True)
        decoded = self.at_quarter(torch.cat([decoded, self.quarter_skip(features.quarter)], dim=1))
        decoded = unpool(decoded, features.places, self.window)
        decoded = self.at_half(torch.cat([decoded, self.half_skip(half)], dim=1))
        return self.head(self.at_whole(torch.cat([decoded, self.whole_skip(whole)], dim=1)))

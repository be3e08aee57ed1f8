"""ResNet-50 at an eighth of the size, as three of the published systems use it.

timm's is no help: its `output_stride=8` gives the first block of a dilated stage the dilation of
the stage before, and importing it takes longer than building the network.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from mattekit.core.errors import BadWeights
from mattekit.networks.parts.initialise import widen
from mattekit.networks.parts.norms import Norm
from mattekit.networks.parts.unpool import Window, pool

Dilation = Literal["all", "first"]
"""Whether every block of the last two stages is dilated (the paper) or only the first of each."""


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
        self.stage3 = stage(512, 256, 6, norm=norm, dilations=_dilations(2, dilation))
        self.stage4 = stage(1024, 512, 3, norm=norm, dilations=_dilations(4, dilation))

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


def _dilations(rate: int, dilation: Dilation) -> tuple[int, int]:
    return rate, rate if dilation == "all" else 1


IMAGENET_PREFIXES = {"conv1": "convolution", "bn1": "norm"} | {
    f"layer{number}": f"stage{number}" for number in (1, 2, 3, 4)
}
"""torchvision's names of the parts, and ours; inside a stage they agree."""


def adopt_imagenet(
    encoder: ResNet50, state: Mapping[str, Tensor], *, new_channels: Literal["zeros", "mean"]
) -> None:
    """Start from ImageNet weights under torchvision's names; the classifier is left out.

    An encoder with group norm takes the convolutions only: scales and shifts that were learned with
    batch statistics mean nothing to it.
    """
    ours = {}
    for key, tensor in state.items():
        head, _, rest = key.partition(".")
        if head in IMAGENET_PREFIXES:
            ours[f"{IMAGENET_PREFIXES[head]}.{rest}"] = tensor
    if "convolution.weight" in ours:
        channels = encoder.convolution.in_channels
        ours["convolution.weight"] = widen(ours["convolution.weight"], channels, new_channels)
    present = encoder.state_dict()
    if isinstance(encoder.norm, nn.GroupNorm):
        ours = {key: tensor for key, tensor in ours.items() if tensor.dim() == 4}
        ours |= {key: tensor for key, tensor in present.items() if tensor.dim() != 4}
    wrong = sorted(ours.keys() ^ present.keys())
    wrong += [key for key in present if key in ours and ours[key].shape != present[key].shape]
    if wrong:
        raise BadWeights(
            f"these are not ImageNet weights of a ResNet-50: {len(wrong)} names or shapes differ, "
            f"the first is {wrong[0]}; expected torchvision's names"
        )
    encoder.load_state_dict(ours)

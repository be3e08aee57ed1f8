"""GFM, glance and focus matting (Li et al. 2022): alpha from the photo alone, without a trimap.

One encoder, two decoders. Glance says of every pixel whether it is background, subject or in
between; focus finds the alpha of what is in between; fusion puts them together. RoSTa names what
glance tells apart: TT (three classes), FT (certain foreground, rest), BT (certain background,
rest); RIM has all three and mixes their alphas. Labels for training: `losses.gfm`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from mattekit.core.config import config
from mattekit.core.tensors import CLASSES, Prediction, Representation, Rosta, representations_of
from mattekit.networks.parts.layers import convolve
from mattekit.networks.parts.preprocessing import MattingModule, Preprocessing

Labels = Literal["consistent", "original"]
BackboneName = Literal["r34", "d121", "r34_2b", "r101"]


def fusion(
    representation: Representation,
    glance: Float[Tensor, "b 1 h w"],
    focus: Float[Tensor, "b 1 h w"],
) -> Float[Tensor, "b 1 h w"]:
    """Alpha from the class that glance says and the alpha that focus says.

    TT: focus where the class is not exactly 0 or 2, else 0 or 1. FT: class + focus, at most 1. BT:
    class - focus, at least 0.
    """
    if representation == "FT":
        return torch.clamp(glance + focus, max=1)
    if representation == "BT":
        return torch.clamp(glance - focus, min=0)
    return torch.where((glance > 0) & (glance < 2), focus, glance / 2)


class GlanceAndFocus(MattingModule):
    """Shared encoder, a decoder for each of the two tasks, and their fusion."""

    def __init__(self, options: "GfmConfig") -> None:
        super().__init__(Preprocessing(scale=255.0, trimap_code=None, multiple_of=32))
        plan = BACKBONES[options.backbone]
        deep = plan.skips[0]
        self.plan = plan
        self.labels = options.labels
        self.imagenet = plan.imagenet
        self.representations = representations_of(options.rosta)
        mixed = len(self.representations) > 1
        self.strategies = ("resize", "whole") if mixed else ("hybrid", "resize", "whole")

        self.encoder = plan.encoder()
        self.pyramid = PyramidPooling(deep)
        self.bridge = nn.Sequential(
            *(layer for _ in range(3) for layer in convolve(deep, deep, dilation=2, bias=True))
        )
        context = (deep, *(step[-1] for step in plan.steps))[: len(plan.skips)]
        self.context = nn.ModuleList(
            nn.Sequential(*convolve(deep, channels, bias=True), upsample(2**number))
            for number, channels in enumerate(context[1:], start=1)
        )
        self.glance = Decoder(plan.steps, context, beside_first=True)
        self.focus = Decoder(plan.steps, plan.skips, beside_first=False)
        self.glance_heads = nn.ModuleDict(
            {name: plan.head(self.glance.channels, CLASSES[name]) for name in self.representations}
        )
        self.focus_heads = nn.ModuleDict(
            {name: plan.head(self.focus.channels, 1) for name in self.representations}
        )
        self.integration: nn.Module | None = None
        if mixed:  # RIM: three alphas into one; nothing keeps the result within 0 and 1
            self.integration = nn.Sequential(
                nn.Conv2d(3, 16, 1), SqueezeExcitation(16, 4), nn.Conv2d(16, 1, 1)
            )

    def forward(self, image: Float[Tensor, "b 3 h w"], trimap: None = None) -> Prediction:
        """Alpha; with RIM also one branch for each representation."""
        maps = []
        x = self.preprocess.colours(image)
        for stage in self.encoder:
            x = stage(x)
            maps.append(x)
        pooled = self.pyramid(x)
        glance = self.glance(x, [pooled, *(enlarged(pooled) for enlarged in self.context)])
        focus = self.focus(self.bridge(x), maps[::-1])
        branches = tuple(self._branch(name, glance, focus) for name in self.representations)
        if self.integration is None:
            return branches[0]
        alpha = self.integration(torch.cat([branch.alpha for branch in branches], dim=1))
        if not self.training:  # a limit would stop the gradient of what lies beyond it
            alpha = alpha.clamp(0, 1)
        return Prediction(alpha=alpha, branches=branches)

    def fuse(
        self, glance: Float[Tensor, "b 1 h w"], focus: Float[Tensor, "b 1 h w"]
    ) -> Float[Tensor, "b 1 h w"]:
        """Alpha of a glance in [0, 1] and a focus, perhaps from two passes of different size.

        A glance that was resampled has values between two classes.
        """
        name = self.representations[0]
        return self._fused(name, glance * (CLASSES[name] - 1), focus)

    def _branch(self, name: Representation, glance: Tensor, focus: Tensor) -> Prediction:
        logits = self.glance_heads[name](glance)
        found = torch.sigmoid(self.focus_heads[name](focus))
        classes = logits.argmax(dim=1, keepdim=True).to(found.dtype)
        alpha = self._fused(name, classes, found)
        return Prediction(alpha=alpha, glance_logits=logits, focus=found)

    def _fused(self, name: Representation, glance: Tensor, focus: Tensor) -> Tensor:
        return fusion("FT" if name == "BT" and self.labels == "original" else name, glance, focus)

    def adopt_imagenet(self, state: Mapping[str, Tensor]) -> None:
        """Start the encoder from ImageNet, as far as ImageNet's network has its layers."""
        wanted = {
            f"{ours}.{key}": state[f"{theirs}.{key}"]
            for theirs, ours in self.plan.imagenet_prefixes.items()
            for key in self.encoder.get_submodule(ours).state_dict()
            if not key.endswith("num_batches_tracked")
        }
        self.encoder.load_state_dict(wanted, strict=False)


class PyramidPooling(nn.Module):
    """Averages over the whole map and over 3x3 and 5x5 parts of it, joined with the map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList(nn.Conv2d(channels, channels, 1, bias=False) for _ in range(3))
        self.bottleneck = nn.Conv2d(4 * channels, channels, 1)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        pooled = [
            F.interpolate(
                stage(average_into(x, parts)), x.shape[-2:], mode="bilinear", align_corners=True
            )
            for stage, parts in zip(self.stages, (1, 3, 5), strict=True)
        ]
        return F.relu(self.bottleneck(torch.cat([*pooled, x], dim=1)))


def average_into(x: Float[Tensor, "b c h w"], parts: int) -> Float[Tensor, "b c p p"]:
    """Adaptive average pooling, as two products with matrices: that form fits ONNX at any size."""
    height, width = x.shape[-2:]
    return averaging(height, parts, x) @ x @ averaging(width, parts, x).transpose(0, 1)


def averaging(length: int | torch.SymInt, parts: int, like: Tensor) -> Float[Tensor, "p n"]:
    """Row i averages the positions from floor(i n / p) to ceil((i + 1) n / p) of n."""
    part = torch.arange(parts, device=like.device)[:, None]
    position = torch.arange(length, device=like.device)[None, :]
    inside = (position >= part * length // parts) & (
        position < ((part + 1) * length + parts - 1) // parts
    )
    return (inside / inside.sum(dim=1, keepdim=True)).to(like.dtype)


class Decoder(nn.Module):
    """From the deepest map to the head: each step sees the step before and one map beside it."""

    def __init__(
        self,
        steps: Sequence[tuple[int, int, int]],
        beside: Sequence[int],
        *,
        beside_first: bool,
    ) -> None:
        super().__init__()
        self.beside_first = beside_first
        self.steps = nn.ModuleList()
        channels = beside[0]
        for number, widths in enumerate(steps, start=1):
            layers: list[nn.Module] = []
            channels += beside[number - 1]
            for width in widths:
                layers += convolve(channels, width, bias=True)
                channels = width
            if number < len(beside):
                layers.append(upsample(2))
            self.steps.append(nn.Sequential(*layers))
        if len(beside) > len(steps):  # the head, too, sees a map beside
            self.steps.append(nn.Identity())
            channels += beside[-1]
        self.channels = channels

    def forward(self, x: Tensor, beside: Sequence[Tensor]) -> Tensor:
        for step, other in zip(self.steps, beside, strict=False):  # r34_2b: e0 is left out
            x = step(torch.cat([other, x] if self.beside_first else [x, other], dim=1))
        return x


def upsample(times: int) -> nn.Upsample:
    """Bilinear enlargement."""
    return nn.Upsample(scale_factor=times, mode="bilinear", align_corners=False)


def head_from_half(inputs: int, outputs: int) -> nn.Sequential:
    """Last step of a decoder that ends at half size."""
    last = nn.Conv2d(64, outputs, 3, padding=1)
    layers = [*convolve(inputs, 64, bias=True), *convolve(64, 64, bias=True)]
    return nn.Sequential(*layers, last, upsample(2))


def head_at_full(inputs: int, outputs: int) -> nn.Module:
    """Last step of a decoder that ends at full size."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1))


class SqueezeExcitation(nn.Module):
    """Scale each channel by what the whole picture holds."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        squeezed = channels // reduction
        self.fc = nn.Sequential(
            nn.Linear(channels, squeezed, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(squeezed, channels, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        return x * self.fc(x.mean(dim=(2, 3)))[:, :, None, None]


@dataclass(frozen=True, kw_only=True)
class Backbone:
    """What differs between the encoders, and between the decoders that fit them."""

    encoder: Callable[[], nn.ModuleList]
    """Stages, each of which sees the map of the stage before."""
    skips: tuple[int, ...]
    """Channels of the maps that the focus decoder sees, deepest first."""
    steps: tuple[tuple[int, int, int], ...]
    """Channels of the three convolutions of each decoder step, deepest first."""
    head: Callable[[int, int], nn.Module] = head_from_half
    imagenet: str
    """Where timm finds the encoder's ImageNet weights."""
    imagenet_prefixes: Mapping[str, str]
    """Names there -> names in our encoder."""


def resnet(name: str) -> nn.ModuleList:
    """Stem and four stages of a ResNet: sizes from 1/2 to 1/32."""
    whole = from_timm(name, zero_init_last=False)
    stem = nn.Sequential(whole.conv1, whole.bn1, whole.act1)
    quarter = nn.Sequential(whole.maxpool, whole.layer1)
    return nn.ModuleList([stem, quarter, whole.layer2, whole.layer3, whole.layer4])


def densenet() -> nn.ModuleList:
    """DenseNet-121 without its first pooling; its last block is reduced to 512 channels."""
    whole = from_timm("densenet121").features
    stages = [nn.Sequential(whole.conv0, whole.norm0)]
    for number in (1, 2, 3):
        parts = (getattr(whole, f"{part}{number}") for part in ("denseblock", "transition"))
        stages.append(nn.Sequential(*parts))
    last = nn.Sequential(whole.denseblock4, *convolve(1024, 512, bias=True), nn.MaxPool2d(2))
    return nn.ModuleList([*stages, last])


def resnet_from_full_size() -> nn.ModuleList:
    """ResNet-34 whose first stage sees every pixel, and two more stages: sizes from 1 to 1/32."""
    from timm.models.resnet import BasicBlock

    whole = from_timm("resnet34", zero_init_last=False)
    stages = [convolve(3, 64, bias=True), whole.layer1, whole.layer2, whole.layer3, whole.layer4]
    for _ in range(2):
        blocks = (BasicBlock(512, 512) for _ in range(3))
        stages.append(nn.Sequential(nn.MaxPool2d(2), *blocks))
    return nn.ModuleList(stages)


def from_timm(name: str, **options: Any) -> Any:
    """A network of timm without its classifier."""
    import timm  # takes two seconds, which the other networks need not wait for

    return timm.create_model(name, num_classes=0, **options)


STEPS = ((512, 512, 256), (256, 256, 128), (128, 128, 64), (64, 64, 64))
RESNET_PREFIXES = {
    "conv1": "0.0",
    "bn1": "0.1",
    "layer1": "1.1",
    **{f"layer{number}": f"{number}" for number in (2, 3, 4)},
}
BACKBONES: dict[BackboneName, Backbone] = {
    "r34": Backbone(
        encoder=lambda: resnet("resnet34"),
        skips=(512, 256, 128, 64, 64),
        steps=STEPS,
        imagenet="resnet34.tv_in1k",
        imagenet_prefixes=RESNET_PREFIXES,
    ),
    "d121": Backbone(
        encoder=densenet,
        skips=(512, 512, 256, 128, 64),
        steps=STEPS,
        imagenet="densenet121.tv_in1k",
        imagenet_prefixes={
            "features.conv0": "0.0",
            "features.norm0": "0.1",
            **{f"features.denseblock{number}": f"{number}.0" for number in (1, 2, 3, 4)},
            **{f"features.transition{number}": f"{number}.1" for number in (1, 2, 3)},
        },
    ),
    "r34_2b": Backbone(
        encoder=resnet_from_full_size,
        skips=(512, 512, 512, 256, 128, 64),
        steps=((512, 512, 512), (512, 512, 512), *STEPS),
        head=head_at_full,
        imagenet="resnet34.tv_in1k",
        imagenet_prefixes={f"layer{number}": f"{number}" for number in (1, 2, 3, 4)},
    ),
    "r101": Backbone(
        encoder=lambda: resnet("resnet101"),
        skips=(2048, 1024, 512, 256, 64),
        steps=((2048, 1024, 1024), (1024, 512, 512), (512, 256, 256), (256, 128, 64)),
        imagenet="resnet101.tv_in1k",
        imagenet_prefixes=RESNET_PREFIXES,
    ),
}


@config
class GfmConfig:
    """GFM, glance and focus matting (takes no trimap)."""

    name: Literal["gfm"] = "gfm"
    backbone: BackboneName = "r34"
    """Encoder; r101 has 495 million parameters, nine times r34."""
    rosta: Rosta = "TT"
    """What glance tells apart: trimap, certain foreground, certain background, or all three."""
    labels: Labels = "consistent"
    """BT of before December 2021 seems to have learned FT's glance, and is then fused like FT."""

    def build(self) -> GlanceAndFocus:
        return GlanceAndFocus(self)


PUBLISHED = GfmConfig()
"""What the public weights were trained with; backbone and rosta are read off a file's keys."""

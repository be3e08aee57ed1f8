"""The network that mattekit ships: small enough for a CPU, correcting what classical methods say.

It starts from the mean of two classical alphas (`classical.estimates`) and learns how to weigh and
correct them; untrained it returns that mean. A U-shaped trunk works at half the size and below and
is shown what a frozen ImageNet encoder sees in the photo; a light head at full size sees photo and
estimates directly. The network also says how wrong it expects itself to be.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from mattekit.classical.estimates import CHANNELS as ESTIMATES
from mattekit.core.config import config
from mattekit.core.tensors import Prediction, region_weight
from mattekit.imaging.compose import over
from mattekit.networks.parts.lite_encoder import CHANNELS, LiteEncoder, shipped_encoder
from mattekit.networks.parts.preprocessing import MattingModule, Preprocessing

LEVELS = 5
"""Of the pyramid that propagates colours: half the size down to 1/32."""
WIDTHS = (32, 48, 80, 128)
"""Channels of the trunk at half the size and below."""
LEAST_LOG_ERROR = -4.6
"""The network never claims to be surer than to 1 %."""
KNOTS = tuple(LEAST_LOG_ERROR + step * 0.5 for step in range(10))
"""Logarithms of errors at which the calibration is given: those learnt, and what they became on
pictures unlike the training ones."""
SHARP, SOFT = 14, 33
"""Planes of `evidence` at full size and at half size."""
TINY = 1e-4


class Compact(MattingModule):
    """Alpha and expected error from photo, trimap and classical estimates."""

    extra_planes = ("prior",)
    estimates = ESTIMATES
    strategies = ("tile", "whole", "resize")

    def __init__(self) -> None:
        super().__init__(Preprocessing(multiple_of=2**LEVELS))
        half, quarter, eighth, sixteenth = WIDTHS
        self.encoder = LiteEncoder()
        self.at_quarter, self.at_eighth, self.at_sixteenth = (
            convolution(seen, width, 1) for seen, width in zip(CHANNELS, WIDTHS[1:], strict=True)
        )
        self.stem = convolution(4 * SHARP + SOFT, half, 1)
        self.encode_half = Block(half)
        self.to_quarter = convolution(half, quarter, 3, stride=2)
        self.encode_quarter = nn.Sequential(Block(quarter), Block(quarter))
        self.to_eighth = convolution(quarter, eighth, 3, stride=2)
        self.encode_eighth = nn.Sequential(Block(eighth), Block(eighth))
        self.to_sixteenth = convolution(eighth, sixteenth, 3, stride=2)
        self.encode_sixteenth = nn.Sequential(Block(sixteenth), Block(sixteenth))
        self.from_sixteenth = convolution(sixteenth, eighth, 1)
        self.decode_eighth = Block(eighth)
        self.from_eighth = convolution(eighth, quarter, 1)
        self.decode_quarter = Block(quarter)
        self.from_quarter = convolution(quarter, half, 1)
        self.decode_half = Block(half)
        self.to_full = convolution(half, 4 * 8, 3)
        self.join_trunk = nn.Conv2d(8, 16, 3, padding=1)
        self.join_details = nn.Conv2d(SHARP, 16, 3, padding=1)
        self.correction = nn.Conv2d(16, 4, 3, padding=1)
        for parameter in self.correction.parameters():
            nn.init.zeros_(parameter)
        self.calibration: Tensor
        self.register_buffer("calibration", torch.tensor([KNOTS, KNOTS]))

    def forward(
        self,
        image: Float[Tensor, "b 3 h w"],
        trimap: Float[Tensor, "b 1 h w"],
        prior: Float[Tensor, "b 14 h w"],
    ) -> Prediction:
        known = Known(region_weight("foreground", trimap), region_weight("background", trimap))
        hints = Hints.of(prior)
        with torch.no_grad():  # nothing learnt has a part in these
            sharp, soft = evidence(image, known, hints)
            features = self.encoder(image)
        trunk = self.trunk(torch.cat([F.pixel_unshuffle(sharp, 2), soft], dim=1), features)
        joined = self.join_trunk(F.relu(F.pixel_shuffle(trunk, 2))) + self.join_details(sharp)
        correction, error, to_flow, to_sampled = self.correction(F.relu(joined)).split(1, dim=1)
        start = hints.start
        alpha = (
            start
            + correction
            + to_flow * (hints.flow - hints.fused)
            + to_sampled * (implied(image, hints.foreground, hints.background) - start)
        )
        return Prediction(
            alpha=self.within_range(alpha) * known.unknown + known.foreground,
            log_error=self.log_error(error),
        )

    def trunk(
        self, x: Float[Tensor, "b c rows columns"], features: list[Tensor]
    ) -> Float[Tensor, "b 32 rows columns"]:
        """Encoder and decoder with additive skips; features of the frozen encoder are added."""
        at_quarter, at_eighth, at_sixteenth = features
        half = self.encode_half(self.stem(x))
        quarter = self.encode_quarter(self.to_quarter(half) + self.at_quarter(at_quarter))
        eighth = self.encode_eighth(self.to_eighth(quarter) + self.at_eighth(at_eighth))
        sixteenth = self.encode_sixteenth(
            self.to_sixteenth(eighth) + self.at_sixteenth(at_sixteenth)
        )
        eighth = self.decode_eighth(eighth + enlarge(self.from_sixteenth(sixteenth)))
        quarter = self.decode_quarter(quarter + enlarge(self.from_eighth(eighth)))
        half = self.decode_half(half + enlarge(self.from_quarter(quarter)))
        return self.to_full(F.relu(half))

    def within_range(self, alpha: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
        """Alpha in [0, 1]; in training the gradient passes as if nothing had been cut off."""
        if not self.training:
            return alpha.clamp(0, 1)
        return alpha + (alpha.clamp(0, 1) - alpha).detach()

    def log_error(self, error: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
        """Logarithm of the expected error; once trained, along a calibrating line through knots."""
        raw = F.softplus(error + 2) + LEAST_LOG_ERROR
        return raw if self.training else interpolated(raw, self.calibration[0], self.calibration[1])


class Block(nn.Module):
    """Two convolutions around a normalisation, added to what came in; nothing at first."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = convolution(channels, channels, 3)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        return x + self.second(F.relu(self.first(F.relu(x))))


def convolution(inputs: int, outputs: int, kernel: int, *, stride: int = 1) -> nn.Sequential:
    """Convolution and normalisation; exported as one."""
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return nn.Sequential(layer, nn.BatchNorm2d(outputs))


@dataclass(frozen=True)
class Known:
    """The known regions of the trimap, as planes of 0 and 1."""

    foreground: Tensor
    background: Tensor

    @property
    def unknown(self) -> Tensor:
        """1 where alpha is to be found."""
        return 1 - self.foreground - self.background


@dataclass(frozen=True)
class Hints:
    """Classical estimates: alphas at full size, all others at half size."""

    fused: Tensor
    flow: Tensor
    foreground: Tensor
    background: Tensor
    sampled: Tensor
    confidence: Tensor
    mixed: Tensor
    trust: Tensor
    to_foreground: Tensor
    to_background: Tensor

    @classmethod
    def of(cls, prior: Float[Tensor, "b 14 h w"]) -> "Hints":
        """Taken apart in the order of `classical.estimates.CHANNELS`."""
        fused, flow, at_half_size = prior.split([1, 1, 12], dim=1)
        small = F.avg_pool2d(at_half_size, 2)
        return cls(fused, flow, *small.split([3, 3, 1, 1, 1, 1, 1, 1], dim=1))

    @property
    def start(self) -> Tensor:
        """The alpha that is corrected."""
        return (self.fused + self.flow) / 2


@dataclass(frozen=True)
class Spread:
    """Colours propagated from known pixels, and how many of those are near, at half size."""

    foreground: Tensor
    background: Tensor
    nearby: list[Tensor]


def evidence(
    image: Float[Tensor, "b 3 h w"], known: Known, hints: Hints
) -> tuple[Float[Tensor, "b 14 h w"], Float[Tensor, "b 33 rows columns"]]:
    """The input planes, about within [-1, 1], at full size and at half size."""
    spread = propagate(image, known)
    return (
        torch.cat(_sharp_evidence(image, known, spread, hints), dim=1),
        torch.cat(_soft_evidence(image, known, spread, hints), dim=1),
    )


def _sharp_evidence(image: Tensor, known: Known, spread: Spread, hints: Hints) -> list[Tensor]:
    by_spread = implied(image, spread.foreground, spread.background)
    by_samples = implied(image, hints.foreground, hints.background)
    change = hints.flow - hints.fused
    to_foreground = distance(image, enlarge(hints.foreground))
    to_background = distance(image, enlarge(hints.background))
    share = to_background / (to_background + to_foreground)
    estimates = [hints.start - 0.5, by_spread - 0.5, by_samples - 0.5]
    changes = [change, by_samples - hints.start, known.foreground, known.background, change.abs()]
    return [image - 0.5, *estimates, *changes, 2 * to_background, 2 * to_foreground, share - 0.5]


def _soft_evidence(image: Tensor, known: Known, spread: Spread, hints: Hints) -> list[Tensor]:
    small, alpha = F.avg_pool2d(image, 2), F.avg_pool2d(hints.start, 2)
    pairs = [(spread.foreground, spread.background), (hints.foreground, hints.background)]
    colours = [colour - 0.5 for pair in pairs for colour in pair]
    misses = [2 * (small - over(front, alpha, behind)) for front, behind in pairs]
    contrast = (spread.foreground - spread.background).abs().mean(dim=1, keepdim=True)
    opinions = [hints.sampled - 0.5, hints.confidence, hints.mixed - alpha, hints.trust]
    band = [2 * hints.to_foreground - 1, 2 * hints.to_background - 1]
    from_background = surprise(small, F.avg_pool2d(known.background, 2))
    from_foreground = surprise(small, F.avg_pool2d(known.foreground, 2))
    share = from_background / (from_background + from_foreground) - 0.5
    lead = (from_background - from_foreground).clamp(-2, 2)
    return [*colours, *misses, contrast, *opinions, *band, *spread.nearby, share, lead]


def interpolated(
    x: Float[Tensor, "b 1 h w"], knots: Float[Tensor, " n"], values: Float[Tensor, " n"]
) -> Float[Tensor, "b 1 h w"]:
    """Straight lines through (knot, value); constant before the first knot and after the last."""
    slopes = values.diff() / knots.diff()
    line = values[0] + torch.zeros_like(x)
    for slope, left, right in zip(slopes, knots[:-1], knots[1:], strict=True):
        line = line + slope * (F.relu(x - left) - F.relu(x - right))
    return line


def surprise(
    image: Float[Tensor, "b 3 h w"], weight: Float[Tensor, "b 1 h w"]
) -> Float[Tensor, "b 1 h w"]:
    """Distance of colours from the mean of the known ones nearby, in standard deviations."""
    moments = F.avg_pool2d(torch.cat([image, image * image], dim=1) * weight, 8)
    weight = F.avg_pool2d(weight, 8)
    filled, _ = push_pull(moments / (weight + TINY), weight, levels=2)
    mean, mean_square = enlarge(filled, 8).chunk(2, dim=1)
    variance = (mean_square - mean * mean).clamp(min=0) + 0.001
    return (((image - mean) ** 2 / variance).mean(dim=1, keepdim=True) + 0.01).sqrt()


def distance(
    image: Float[Tensor, "b 3 h w"], colours: Float[Tensor, "b 3 h w"]
) -> Float[Tensor, "b 1 h w"]:
    """Euclidean distance of two colours, smooth at 0."""
    return (((image - colours) ** 2).sum(dim=1, keepdim=True) + TINY).sqrt()


def propagate(image: Float[Tensor, "b 3 h w"], known: Known) -> Spread:
    """Foreground and background colours propagated into the unknown region, at half size."""
    colours, nearby = [], []
    for mask in (known.foreground, known.background):
        weight = F.avg_pool2d(mask, 2)
        filled, weights = push_pull(F.avg_pool2d(image * mask, 2) / (weight + TINY), weight)
        colours.append(filled)
        nearby += [enlarge(weights[level], 2**level) for level in (1, 2, 3)]
    foreground, background = colours
    return Spread(foreground, background, nearby)


def push_pull(
    colours: Float[Tensor, "b c h w"], weight: Float[Tensor, "b 1 h w"], levels: int = LEVELS
) -> tuple[Float[Tensor, "b c h w"], list[Tensor]]:
    """Known colours averaged down a pyramid, the unknown filled from it; its weights."""
    sums, weights = [colours * weight], [weight]
    for _ in range(levels - 1):
        sums.append(F.avg_pool2d(sums[-1], 2))
        weights.append(F.avg_pool2d(weights[-1], 2))
    mean = sums[-1].mean((2, 3), keepdim=True) / (weights[-1].mean((2, 3), keepdim=True) + TINY)
    filled = mean.expand_as(sums[-1])
    for level in reversed(range(levels)):
        if level < levels - 1:
            filled = enlarge(filled)
        share = (4 * weights[level]).clamp(max=1)
        filled = over(sums[level] / (weights[level] + TINY), share, filled)
    return filled, weights


def implied(
    image: Float[Tensor, "b 3 h w"],
    foreground: Float[Tensor, "b 3 rows columns"],
    background: Float[Tensor, "b 3 rows columns"],
) -> Float[Tensor, "b 1 h w"]:
    """The alpha at which the colours, given at half size, come nearest to the photo."""
    along = enlarge(foreground - background)
    away = image - enlarge(background)
    length = (along * along).sum(dim=1, keepdim=True)
    return ((along * away).sum(dim=1, keepdim=True) / (length + 0.01)).clamp(0, 1)


def enlarge(plane: Float[Tensor, "b c h w"], factor: int = 2) -> Float[Tensor, "b c rows columns"]:
    """The plane at `factor` times its size."""
    return F.interpolate(plane, scale_factor=factor, mode="bilinear", align_corners=False)


@config
class CompactConfig:
    """The network that mattekit ships (needs a trimap; corrects classical estimates)."""

    name: Literal["compact"] = "compact"

    def build(self) -> Compact:
        network = Compact()
        if not network.correction.weight.is_meta:  # else a file has the weights of all
            network.encoder.load_state_dict(shipped_encoder())
        return network

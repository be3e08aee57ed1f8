"""The network that mattekit ships: small enough for a CPU, correcting what classical methods say.

It starts from two classical alphas and from sampled colours (`classical.estimates`) and learns how
to weigh and correct them: the output is the first estimate plus a correction that is zero in an
untrained network. A U-shaped trunk works at half the size and below; a light head at full size
sees photo and estimates directly. The network also says how wrong it expects itself to be.

Without estimates it makes do with colours propagated from the known pixels.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from mattekit.core.config import config
from mattekit.core.tensors import Prediction, region_weight
from mattekit.imaging.compose import over
from mattekit.networks.parts.preprocessing import Preprocessing

LEVELS = 5
"""Of the pyramid that propagates colours: half the size down to 1/32."""
LEAST_LOG_ERROR = -4.6
"""The network never claims to be surer than to 1 %."""
TINY = 1e-4


class Compact(nn.Module):
    """Alpha and expected error from photo, trimap and classical estimates."""

    stride = 2**LEVELS
    needs_trimap = True
    extra_planes = ("prior",)
    strategies: tuple[str, ...] = ("tile", "whole", "resize")
    preprocessing = Preprocessing(multiple_of=2**LEVELS)

    def __init__(self, widths: tuple[int, int, int, int] = (32, 64, 96, 128)) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = widths
        self.stem = convolution(4 * SHARP + SOFT, half, 3)
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

    def forward(
        self,
        image: Float[Tensor, "b 3 h w"],
        trimap: Float[Tensor, "b 1 h w"],
        prior: Float[Tensor, "b 10 h w"] | None = None,
    ) -> Prediction:
        known = Known(region_weight("foreground", trimap), region_weight("background", trimap))
        spread = propagate(image, known)
        hints = Hints.of(prior) if prior is not None else spread.as_hints(image)
        sharp, soft = evidence(image, known, spread, hints)
        trunk = self.trunk(torch.cat([F.pixel_unshuffle(sharp, 2), soft], dim=1))
        joined = self.join_trunk(F.relu(F.pixel_shuffle(trunk, 2))) + self.join_details(sharp)
        correction, doubt, to_closed_form, to_sampled = self.correction(F.relu(joined)).split(
            1, dim=1
        )
        fused = hints.fused
        alpha = (
            fused
            + correction
            + to_closed_form * (hints.closed_form - fused)
            + to_sampled * (implied(image, hints.foreground, hints.background) - fused)
        )
        return Prediction(
            alpha=self.within_range(alpha) * known.unknown + known.foreground,
            log_error=F.softplus(doubt + 2) + LEAST_LOG_ERROR,
        )

    def trunk(self, x: Float[Tensor, "b c rows columns"]) -> Float[Tensor, "b 32 rows columns"]:
        """Encoder and decoder with additive skips."""
        half = self.encode_half(self.stem(x))
        quarter = self.encode_quarter(self.to_quarter(half))
        eighth = self.encode_eighth(self.to_eighth(quarter))
        sixteenth = self.encode_sixteenth(self.to_sixteenth(eighth))
        eighth = self.decode_eighth(eighth + enlarge(self.from_sixteenth(sixteenth)))
        quarter = self.decode_quarter(quarter + enlarge(self.from_eighth(eighth)))
        half = self.decode_half(half + enlarge(self.from_quarter(quarter)))
        return self.to_full(F.relu(half))

    def within_range(self, alpha: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
        """Alpha in [0, 1]; in training the gradient passes as if nothing had been cut off."""
        if not self.training:
            return alpha.clamp(0, 1)
        return alpha + (alpha.clamp(0, 1) - alpha).detach()


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
    """What the trimap says, as planes of 0 and 1."""

    foreground: Tensor
    background: Tensor

    @property
    def unknown(self) -> Tensor:
        """1 where the network has to answer."""
        return 1 - self.foreground - self.background


@dataclass(frozen=True)
class Hints:
    """Classical estimates: alphas at full size, colours and their confidence at half size."""

    fused: Tensor
    closed_form: Tensor
    foreground: Tensor
    background: Tensor
    sampled: Tensor
    confidence: Tensor

    @classmethod
    def of(cls, prior: Float[Tensor, "b 10 h w"]) -> "Hints":
        """Taken apart in the order of `classical.estimates.CHANNELS`."""
        fused, closed_form, at_half_size = prior.split([1, 1, 8], dim=1)
        return cls(fused, closed_form, *F.avg_pool2d(at_half_size, 2).split([3, 3, 1, 1], dim=1))


@dataclass(frozen=True)
class Spread:
    """Colours propagated from known pixels, and how many of those are near, at half size."""

    foreground: Tensor
    background: Tensor
    nearby: list[Tensor]

    def as_hints(self, image: Float[Tensor, "b 3 h w"]) -> Hints:
        """What stands in for classical estimates where there are none."""
        alpha = implied(image, self.foreground, self.background)
        small = F.avg_pool2d(alpha, 2)
        return Hints(alpha, alpha, self.foreground, self.background, small, torch.zeros_like(small))


SHARP = 14  # planes of `evidence` at full size
SOFT = 29  # and at half size


def evidence(
    image: Float[Tensor, "b 3 h w"], known: Known, spread: Spread, hints: Hints
) -> tuple[Float[Tensor, "b 14 h w"], Float[Tensor, "b 29 rows columns"]]:
    """What the network looks at, about within [-1, 1]: planes at full size and at half size."""
    return (
        torch.cat(_sharp_evidence(image, known, spread, hints), dim=1),
        torch.cat(_soft_evidence(image, known, spread, hints), dim=1),
    )


def _sharp_evidence(image: Tensor, known: Known, spread: Spread, hints: Hints) -> list[Tensor]:
    by_spread = implied(image, spread.foreground, spread.background)
    by_samples = implied(image, hints.foreground, hints.background)
    change = hints.closed_form - hints.fused
    to_foreground = distance(image, enlarge(hints.foreground))
    to_background = distance(image, enlarge(hints.background))
    share = to_background / (to_background + to_foreground)
    estimates = [hints.fused - 0.5, by_spread - 0.5, by_samples - 0.5]
    changes = [change, by_samples - hints.fused, known.foreground, known.background, change.abs()]
    return [image - 0.5, *estimates, *changes, 2 * to_background, 2 * to_foreground, share - 0.5]


def _soft_evidence(image: Tensor, known: Known, spread: Spread, hints: Hints) -> list[Tensor]:
    small, alpha = F.avg_pool2d(image, 2), F.avg_pool2d(hints.fused, 2)
    pairs = [(spread.foreground, spread.background), (hints.foreground, hints.background)]
    colours = [colour - 0.5 for pair in pairs for colour in pair]
    misses = [2 * (small - over(front, alpha, behind)) for front, behind in pairs]
    contrast = (spread.foreground - spread.background).abs().mean(dim=1, keepdim=True)
    from_background = surprise(small, F.avg_pool2d(known.background, 2))
    from_foreground = surprise(small, F.avg_pool2d(known.foreground, 2))
    share = from_background / (from_background + from_foreground) - 0.5
    lead = (from_background - from_foreground).clamp(-2, 2)
    sampled = [hints.sampled - 0.5, hints.confidence]
    return [*colours, *misses, contrast, *sampled, *spread.nearby, share, lead]


def surprise(
    image: Float[Tensor, "b 3 h w"], weight: Float[Tensor, "b 1 h w"]
) -> Float[Tensor, "b 1 h w"]:
    """Distance of colours from the mean of the known ones around, in units of their spread."""
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
    """Colours of subject and background carried into the unknown, at half size."""
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
    """Colours averaged down a pyramid where known and brought back up where not; its weights."""
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
        return Compact()

"""DeepFill's generator (Yu et al. 2018): a coarse guess of what a hole hides, then a refined one.

It works in its own units (colours in [-1, 1]); `samplenet` puts it to use.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mattekit.networks.parts.contextual_attention import contextual_attention


@dataclass(frozen=True, kw_only=True)
class Filled:
    """Two guesses of the colours, everywhere, in [-1, 1]."""

    coarse: Float[Tensor, "b 3 h w"]
    refined: Float[Tensor, "b 3 h w"]


class DeepFill(nn.Module):
    """Two encoder-decoders without norms; the second also attends to patches outside the hole."""

    def __init__(self, extra_channels: int = 0) -> None:
        super().__init__()
        self.coarse = Coarse(5 + extra_channels)
        self.refine = Refine()

    def forward(
        self,
        colours: Float[Tensor, "b 3 h w"],
        hole: Float[Tensor, "b 1 h w"],
        extra: Float[Tensor, "b 3 h w"] | None = None,
    ) -> Filled:
        """Colours inside the hole (where it is 1), from those around it and what shines through."""
        ones = torch.ones_like(hole)
        planes = [colours, ones, hole] if extra is None else [colours, ones, hole, extra]
        coarse = limited(self.coarse(torch.cat(planes, dim=1)))
        merged = torch.where(hole > 0.5, coarse, colours)
        refined = self.refine(torch.cat([merged, ones, hole], dim=1), hole[..., ::8, ::8])
        return Filled(coarse=coarse, refined=limited(refined))


def limited(colours: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
    """The colours within [-1, 1]; gradients pass as if there were no limit.

    The published code cuts them as well, and a network that has left the range never comes back.
    """
    return colours.clamp(-1, 1).detach() + (colours - colours.detach())


class Coarse(nn.Module):
    """Down to a quarter, dilated convolutions, up again."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down = down(channels, (32, 64, 64, 128))
        self.dilated = dilated()
        self.up = up(128)

    def forward(self, planes: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 3 h w"]:
        """Colours, not clamped."""
        return self.up(self.dilated(self.down(planes)))


class Refine(nn.Module):
    """As the coarse stage, with a second way down that ends in attention."""

    def __init__(self) -> None:
        super().__init__()
        self.down = down(5, (32, 32, 64, 64))
        self.dilated = dilated()
        self.attention_down = down(5, (32, 32, 64, 128), last=nn.ReLU)
        self.attention_out = nn.Sequential(convolve(128, 128), convolve(128, 128))
        self.up = up(256)

    def forward(
        self, planes: Float[Tensor, "b 5 h w"], hole: Float[Tensor, "b 1 h8 w8"]
    ) -> Float[Tensor, "b 3 h w"]:
        """Colours, not clamped."""
        convolved = self.dilated(self.down(planes))
        attended = contextual_attention(self.attention_down(planes), hole)
        return self.up(torch.cat([convolved, self.attention_out(attended)], dim=1))


def convolve(
    channels: int,
    width: int,
    *,
    kernel: int = 3,
    dilation: int = 1,
    activation: Callable[..., nn.Module] = nn.ELU,
) -> nn.Sequential:
    """A convolution that keeps the size."""
    padding = dilation * (kernel // 2)
    convolution = nn.Conv2d(channels, width, kernel, padding=padding, dilation=dilation)
    return nn.Sequential(convolution, activation(inplace=True))


def halve(channels: int, width: int) -> nn.Sequential:
    """A convolution of stride 2 that is padded at the right and the bottom only."""
    return nn.Sequential(
        nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(channels, width, 3, stride=2), nn.ELU(inplace=True)
    )


def down(
    channels: int, widths: tuple[int, int, int, int], *, last: Callable[..., nn.Module] = nn.ELU
) -> nn.Sequential:
    """Six convolutions to 128 channels at a quarter of the size."""
    first, half, wider, quarter = widths
    return nn.Sequential(
        convolve(channels, first, kernel=5),
        halve(first, half),
        convolve(half, wider),
        halve(wider, quarter),
        convolve(quarter, 128),
        convolve(128, 128, activation=last),
    )


def dilated() -> nn.Sequential:
    """Four convolutions that look further and further."""
    return nn.Sequential(*(convolve(128, 128, dilation=dilation) for dilation in (2, 4, 8, 16)))


def up(channels: int) -> nn.Sequential:
    """Seven convolutions from a quarter of the size to colours."""
    return nn.Sequential(
        convolve(channels, 128),
        convolve(128, 128),
        nn.Upsample(scale_factor=2),
        convolve(128, 64),
        convolve(64, 64),
        nn.Upsample(scale_factor=2),
        convolve(64, 32),
        convolve(32, 16),
        nn.Sequential(nn.Conv2d(16, 3, 3, padding=1)),
    )

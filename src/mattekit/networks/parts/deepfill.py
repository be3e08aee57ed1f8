"""DeepFill's generator (Yu et al. 2018): a coarse guess of what a hole hides, then a refined one.

It works in its own units (colours in [-1, 1]); `samplenet` puts it to use. Its contextual attention
fills the hole with patches from outside that look alike. The score of every place against every
patch grows with the fourth power of a picture's side, so the places are worked through in blocks,
and only one block of scores exists at a time.

Legend of the attention: n places on a grid of half the size of the features; a patch of 3x3 around
a place says what it looks like (query, key), a patch of 4x4 what is painted with it (value).
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

BLOCK_SCORES = 2**24  # of 4 bytes; about four such blocks are alive at once
SHARPNESS = 10.0


@dataclass(frozen=True, kw_only=True)
class Filled:
    """Two guesses of the colours, everywhere, in [-1, 1]."""

    coarse: Float[Tensor, "b 3 h w"]
    refined: Float[Tensor, "b 3 h w"]


class DeepFill(nn.Module):
    """Two encoder-decoders without norms; the second also attends to patches outside the hole."""

    def __init__(self, extra_channels: int = 0) -> None:
        super().__init__()
        self.coarse = nn.Sequential(
            OrderedDict(
                down=down(5 + extra_channels, (32, 64, 64, 128)), dilated=dilated(), up=up(128)
            )
        )
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


class Refine(nn.Module):
    """As the coarse stage (down to a quarter, dilated convolutions, up again), with a second way
    down that ends in attention."""

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
    """A convolution that keeps the size, without a norm."""
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


def contextual_attention(
    features: Float[Tensor, "b c h w"],
    hole: Float[Tensor, "b 1 h2 w2"],
    *,
    block_scores: int = BLOCK_SCORES,
) -> Float[Tensor, "b c h w"]:
    """Features painted anew with patches whose surroundings lie outside the hole (where it is 0).

    Where there is no such patch the result is zero. While gradients are recorded, the scores of a
    block are computed twice instead of kept.
    """
    painted = [
        _paint(features[index : index + 1], hole[index, 0], block_scores)
        for index in range(len(features))
    ]
    return torch.cat(painted)


def _paint(
    features: Float[Tensor, "1 c h w"], hole: Float[Tensor, "h2 w2"], block_scores: int
) -> Float[Tensor, "1 c h w"]:
    count = hole.numel()
    down_columns = torch.arange(count, device=hole.device).view(hole.shape).T.flatten()
    planes = _describe(features, hole, down_columns)
    painted = []
    rows = max(1, block_scores // count)
    for first in range(0, count, rows):
        block = range(first, min(first + rows, count))
        if features.requires_grad:
            painted.append(checkpoint(_attend, *planes, block, use_reentrant=False))
        else:
            painted.append(_attend(*planes, block))
    del planes  # a gigabyte at 1600 x 1600 pixels
    patches = torch.cat(painted)[down_columns.argsort()]  # n 16c, row by row again
    return F.fold(patches.T[None], features.shape[2:], 4, stride=2, padding=1) / 4


def _describe(
    features: Float[Tensor, "1 c h w"],
    hole: Float[Tensor, "h2 w2"],
    down_columns: Int[Tensor, " n"],
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Queries, keys, values, and whether a patch may be used; all counted down the columns."""
    values = F.unfold(features, 4, stride=2, padding=1)[0].T  # n 16c
    looks = F.unfold(features[..., ::2, ::2], 3, padding=1)[0].T  # n 9c
    keys = looks / looks.norm(dim=1, keepdim=True).clamp(min=1e-4)
    outside = F.max_pool2d(hole[None], 3, stride=1, padding=1).flatten() == 0  # n
    return (
        beside_neighbours(looks)[down_columns],
        beside_neighbours(keys)[down_columns],
        values[down_columns],
        outside[down_columns],
    )


def beside_neighbours(looks: Float[Tensor, "n c"]) -> Float[Tensor, "n c3"]:
    """The look before each, itself and the one after; zeros before the first and after the last."""
    padded = F.pad(looks, (0, 0, 1, 1))
    return torch.cat([padded[:-2], looks, padded[2:]], dim=1)


def _attend(
    queries: Float[Tensor, "n c27"],
    keys: Float[Tensor, "n c27"],
    values: Float[Tensor, "n c16"],
    outside: Bool[Tensor, " n"],
    block: range,
) -> Float[Tensor, "m c16"]:
    """What a block of places is painted with."""
    usable = outside.to(values.dtype)
    scores = fused_scores(queries, keys, block)
    weights = torch.softmax(SHARPNESS * scores * usable, dim=1) * usable
    return weights @ values


def fused_scores(
    queries: Float[Tensor, "n c27"], keys: Float[Tensor, "n c27"], block: range
) -> Float[Tensor, "m n"]:
    """Likeness of the block's places to all patches, high where neighbours match neighbours too.

    To the score of a place and a patch come those of the pair one step before and of the pair one
    step after: first counted along the rows, where a line's end is followed by the next line's
    start (queries and keys hold those neighbours), then counted down the columns (their order).
    """
    count = len(keys)
    first, last = max(block.start - 1, 0), min(block.stop + 1, count)
    along_rows = queries[first:last] @ keys.T
    top, bottom = first - block.start + 1, block.stop + 1 - last  # 1 where the grid ends
    padded = F.pad(along_rows, (1, 1, top, bottom))
    before, here, after = (
        padded[step : step + len(block), step : step + count] for step in (0, 1, 2)
    )
    return before + here + after

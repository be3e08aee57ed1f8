"""Layers that several networks are made of, and how they are filled before training.

Epsilon and momentum of norms are PyTorch's own.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn

NormName = Literal["bn", "gn", "syncbn"]
"""Batch statistics; 32 groups of channels, for batches of one; statistics over all processes."""

Norm = Callable[..., nn.Module]  # channels -> layer

NORMS: dict[str, Norm] = {
    "bn": nn.BatchNorm2d,
    "gn": partial(nn.GroupNorm, 32),
    "syncbn": nn.SyncBatchNorm,
}


def convolve(
    channels: int,
    width: int,
    kernel: int = 3,
    *,
    norm: Norm = nn.BatchNorm2d,
    dilation: int = 1,
    bias: bool = False,
) -> nn.Sequential:
    """A convolution that keeps the size, its norm, ReLU."""
    padding = dilation * (kernel // 2)
    convolution = nn.Conv2d(channels, width, kernel, padding=padding, dilation=dilation, bias=bias)
    return nn.Sequential(convolution, norm(width), nn.ReLU(inplace=True))


Initialisation = Literal["pytorch", "kaiming", "xavier", "normal"]
"""PyTorch's own; normal of variance 2 / fan-in; Xavier's normal; normal of deviation 0.01."""

FILLED_BY: dict[Initialisation, Callable[[Tensor], Tensor]] = {
    "kaiming": nn.init.kaiming_normal_,
    "xavier": nn.init.xavier_normal_,
    "normal": partial(nn.init.normal_, std=0.01),
}
Filled = TypeVar("Filled", bound=nn.Module)


def initialise(network: Filled, how: Initialisation) -> Filled:
    """Fill every convolution of a network; biases become zero, norms keep scale 1 and shift 0."""
    for layer in network.modules():
        if how != "pytorch" and isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            FILLED_BY[how](layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return network


def widen(weight: Tensor, channels: int, how: Literal["zeros", "mean"]) -> Tensor:
    """A first convolution trained on fewer channels, made to take `channels` of them.

    "zeros" keeps the filters and lets the new channels start without influence. "mean" divides the
    mean filter evenly among all channels; BatchNorm then makes good that the answer is smaller.
    """
    if how == "mean":
        return weight.mean(dim=1, keepdim=True).expand(-1, channels, -1, -1) / channels
    missing = channels - weight.shape[1]
    return torch.cat([weight, weight.new_zeros(weight.shape[0], missing, *weight.shape[2:])], dim=1)

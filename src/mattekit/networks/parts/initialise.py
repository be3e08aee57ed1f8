"""How the published systems fill a network before training.

Convolutions and transposed convolutions get random weights; norms keep PyTorch's scale 1, shift 0.
"""

from typing import Literal

import torch
from torch import Tensor, nn

Initialisation = Literal["pytorch", "kaiming", "xavier", "normal"]
"""PyTorch's own; normal of variance 2 / fan-in; Xavier's normal; normal of deviation 0.01."""

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def initialise(network: nn.Module, how: Initialisation) -> None:
    """Fill every convolution of a network; biases become zero, except with "pytorch"."""
    if how == "pytorch":
        return
    for layer in network.modules():
        if isinstance(layer, CONVOLUTIONS):
            _fill(layer.weight, how)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def _fill(weight: Tensor, how: Initialisation) -> None:
    if how == "kaiming":
        nn.init.kaiming_normal_(weight)
    elif how == "xavier":
        nn.init.xavier_normal_(weight)
    else:
        nn.init.normal_(weight, std=0.01)


def widen(weight: Tensor, channels: int, how: Literal["zeros", "mean"]) -> Tensor:
    """A first convolution trained on fewer channels, made to take `channels` of them.

    "zeros" keeps the filters and lets the new channels start without influence. "mean" divides the
    mean filter evenly among all channels; BatchNorm then makes good that the answer is smaller.
    """
    if how == "mean":
        return weight.mean(dim=1, keepdim=True).expand(-1, channels, -1, -1) / channels
    missing = channels - weight.shape[1]
    return torch.cat([weight, weight.new_zeros(weight.shape[0], missing, *weight.shape[2:])], dim=1)

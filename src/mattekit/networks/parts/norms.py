"""The norms that a network can be built with.

Epsilon and momentum are PyTorch's own.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

from torch import nn

NormName = Literal["bn", "gn", "syncbn"]
"""Batch statistics; 32 groups of channels, for batches of one; statistics over all processes."""

Norm = Callable[..., nn.Module]  # channels -> layer

NORMS: dict[str, Norm] = {
    "bn": nn.BatchNorm2d,
    "gn": partial(nn.GroupNorm, 32),
    "syncbn": nn.SyncBatchNorm,
}

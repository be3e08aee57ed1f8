"""Differences between GFM's focus and its target, in the unknown region."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from mattekit.core.config import config
from mattekit.core.tensors import Batch, Prediction, Rosta, region_weight
from mattekit.losses.alpha import alpha_l1
from mattekit.losses.glance import branches_of, focus_target
from mattekit.losses.laplacian import Kernel, pyramid_l1
from mattekit.losses.region import DivideBy, Terms, Where

Pair = tuple[Float[Tensor, "b 1 h w"], Float[Tensor, "b 1 h w"]]


def focus_pairs(prediction: Prediction, batch: Batch, rosta: Rosta) -> list[Pair]:
    """Focus and its target, one pair for each representation."""
    pairs = []
    for name, branch in branches_of(prediction, rosta):
        assert branch.focus is not None, "networks with a glance have a focus"
        pairs.append((branch.focus, focus_target(name, batch.alpha, batch.trimap)))
    return pairs


@config
class FocusL1Config:
    """Absolute difference of focus and its target (GFM)."""

    name: Literal["focus_l1"] = "focus_l1"
    weight: float = 1.0
    rosta: Rosta = "TT"
    """The network's own; with RIM the three branches are added up."""
    region: Where = "unknown"
    divide_by: DivideBy = "region"
    epsilon: float = 1e-6
    """Smooths |x| at zero."""
    paste: bool = False
    """Set the known pixels to the target first: each then adds epsilon."""

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        unknown = region_weight("unknown", batch.trimap) == 1
        losses = [
            alpha_l1(
                torch.where(unknown, focus, target) if self.paste else focus,
                target,
                batch.trimap,
                region=self.region,
                divide_by=self.divide_by,
                epsilon=self.epsilon,
            )
            for focus, target in focus_pairs(prediction, batch, self.rosta)
        ]
        return Terms.joined(losses)


@config
class FocusPyramidConfig:
    """Absolute difference of the Laplacian pyramids of focus and its target (GFM)."""

    name: Literal["focus_pyramid"] = "focus_pyramid"
    weight: float = 1.0
    rosta: Rosta = "TT"
    """The network's own; with RIM the three branches are added up."""
    kernel: Kernel = "gaussian"
    """`gfm` is the window of GFM's published code, which is not a Gaussian."""

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        inside = region_weight("unknown", batch.trimap)
        losses = [
            pyramid_l1(focus * inside, target * inside, kernel=self.kernel)
            for focus, target in focus_pairs(prediction, batch, self.rosta)
        ]
        return Terms.joined(losses)

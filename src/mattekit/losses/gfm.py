"""Losses of GFM's two decoders, glance and focus, and their targets.

All targets follow from alpha and trimap. With c the certain foreground and d everything but the
certain background, TT's glance is the trimap and its focus alpha; FT's glance is c and its focus
alpha - c; BT's glance is d and its focus d - alpha, so that fusing each pair gives alpha.
(Published code for a single FT or BT swaps c, d and alpha; that is not reproduced.)
"""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from mattekit.core.config import config
from mattekit.core.errors import BadArgument
from mattekit.core.tensors import (
    CLASSES,
    Batch,
    Prediction,
    Representation,
    Rosta,
    region_weight,
    representations_of,
)
from mattekit.losses.laplacian import Kernel, pyramid_l1
from mattekit.losses.region import DivideBy, Terms, Where, region_mean, smooth_abs

Plane = Float[Tensor, "b 1 h w"]


def glance_target(representation: Representation, trimap: Plane) -> Int[Tensor, "b h w"]:
    """The class of each pixel."""
    if representation == "FT":
        target = region_weight("foreground", trimap)
    elif representation == "BT":
        target = 1 - region_weight("background", trimap)
    else:
        target = (2 * trimap).round()
    return target[:, 0].long()


def focus_target(representation: Representation, alpha: Plane, trimap: Plane) -> Plane:
    """The target of focus."""
    if representation == "TT":
        return alpha
    seen = glance_target(representation, trimap)[:, None].to(alpha.dtype)
    return alpha - seen if representation == "FT" else seen - alpha


def branches_of(prediction: Prediction, rosta: Rosta) -> list[tuple[Representation, Prediction]]:
    """The predictions that have a glance, each with its representation."""
    names = representations_of(rosta)
    branches = prediction.branches or (prediction,)
    found = [0 if part.glance_logits is None else part.glance_logits.shape[1] for part in branches]
    wanted = [CLASSES[name] for name in names]
    if found != wanted:
        raise BadArgument(
            f"a loss with rosta={rosta} needs glances of {wanted} classes, but the network "
            f"predicts {found}; give losses and network the same rosta (network: gfm)"
        )
    return list(zip(names, branches, strict=True))


@config
class GlanceCrossEntropyConfig:
    """Cross-entropy of glance (GFM), over the whole picture."""

    name: Literal["glance_cross_entropy"] = "glance_cross_entropy"
    weight: float = 1.0
    rosta: Rosta = "TT"
    """The network's own; with RIM the three branches are added up."""
    legacy: bool = False
    """Take softmax of sigmoids, as published: never below 0.55 (three classes) or 0.31 (two)."""

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        losses = []
        for name, branch in branches_of(prediction, self.rosta):
            logits = branch.glance_logits
            assert logits is not None, "branches_of checked that"
            logits = torch.sigmoid(logits) if self.legacy else logits
            target = glance_target(name, batch.trimap)
            error = F.cross_entropy(logits, target, reduction="none")[:, None]
            losses.append(region_mean(error, batch.trimap, "whole"))
        return Terms.joined(losses)


def focus_pairs(prediction: Prediction, batch: Batch, rosta: Rosta) -> list[tuple[Plane, Plane]]:
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
        losses = []
        for focus, target in focus_pairs(prediction, batch, self.rosta):
            pasted = torch.where(unknown, focus, target) if self.paste else focus
            error = smooth_abs(pasted - target, self.epsilon)
            losses.append(region_mean(error, batch.trimap, self.region, self.divide_by))
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
        return Terms.joined(
            pyramid_l1(focus * inside, target * inside, kernel=self.kernel)
            for focus, target in focus_pairs(prediction, batch, self.rosta)
        )

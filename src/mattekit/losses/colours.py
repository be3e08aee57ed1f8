"""Differences of colours: of the photo and its recomposition, and of guessed and true layers."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from mattekit.core.config import config
from mattekit.core.errors import BadArgument, BadData
from mattekit.core.tensors import IMAGENET_STD, Batch, Prediction
from mattekit.imaging.compose import over
from mattekit.losses.alpha import Which, chosen_alphas
from mattekit.losses.region import (
    DivideBy,
    Terms,
    Where,
    constant,
    paste_known,
    region_mean,
    smooth_abs,
)

Channels = Literal["mean", "sum"]
Colours = Float[Tensor, "b 3 h w"]


def joined_channels(error: Colours, channels: Channels) -> Float[Tensor, "b 1 h w"]:
    """Red, green and blue averaged or summed."""
    return error.mean(1, keepdim=True) if channels == "mean" else error.sum(1, keepdim=True)


@config
class CompositionL1Config:
    """Absolute difference of photo and recomposition.  Xu et al. 2017, eq. 2."""

    name: Literal["composition_l1"] = "composition_l1"
    weight: float = 1.0
    of: Which = "alpha"
    """Which alpha of the prediction."""
    colours: Literal["true", "predicted"] = "true"
    """Compose the true foreground and background, or those the network predicts."""
    region: Where = "unknown"
    divide_by: DivideBy = "region"
    channels: Channels = "mean"
    """Red, green and blue are averaged or summed."""
    units: Literal["unit", "imagenet"] = "unit"
    """Colours from 0 to 1, or divided by ImageNet's standard deviations (about 4.4 times more)."""
    epsilon: float = 1e-6
    """Smooths |x| at zero."""
    paste: bool = False
    """Set the known pixels of the prediction from the trimap first; each then adds epsilon."""

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        planes = prediction if self.colours == "predicted" else batch
        if planes.foreground is None or planes.background is None:
            raise BadData(
                f"composition_l1 needs {self.colours} foreground and background colours, but "
                "there are none; choose other data, or leave this loss out"
            )
        deviations = IMAGENET_STD if self.units == "imagenet" else (1.0, 1.0, 1.0)
        scale = constant(torch.tensor(deviations).view(1, 3, 1, 1), batch.image)
        losses = []
        for alpha in chosen_alphas(prediction, self.of):
            pasted = paste_known(alpha, batch.trimap) if self.paste else alpha
            composed = over(planes.foreground, pasted, planes.background)
            error = smooth_abs(composed / scale - batch.image / scale, self.epsilon)
            error = joined_channels(error, self.channels)
            losses.append(region_mean(error, batch.trimap, self.region, self.divide_by))
        return Terms.joined(losses)


@config
class SamplingL1Config:
    """Absolute difference of the estimated colours, summed over coarse and refined ones."""

    name: Literal["sampling_l1"] = "sampling_l1"
    weight: float = 1.0
    plane: Literal["background", "foreground"] = "background"
    """Whose colours."""
    region: Where = "unknown"
    divide_by: DivideBy = "region"
    channels: Channels = "mean"
    """Red, green and blue are averaged or summed."""
    epsilon: float = 0.0
    """Smooths |x| at zero."""

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        true: Colours | None = getattr(batch, self.plane)
        if true is None:
            raise BadData(
                f"sampling_l1 needs the true {self.plane}, but the data has none; "
                "choose other data, or leave this loss out"
            )
        guesses = (getattr(prediction, f"coarse_{self.plane}"), getattr(prediction, self.plane))
        losses = []
        for guess in guesses:
            if guess is not None:
                error = joined_channels(smooth_abs(guess - true, self.epsilon), self.channels)
                losses.append(region_mean(error, batch.trimap, self.region, self.divide_by))
        if not losses:
            raise BadArgument(
                f"sampling_l1 has plane={self.plane}, but the network predicts none; "
                "use it with samplenet"
            )
        return Terms.joined(losses)

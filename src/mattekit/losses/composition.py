"""Difference between the photo and its recomposition from the predicted alpha."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.core.tensors import IMAGENET_STD, Batch, Prediction
from mattekit.imaging.compose import over
from mattekit.losses.alpha import Which, chosen_alphas
from mattekit.losses.region import DivideBy, Terms, Where, paste_known, region_mean, smooth_abs

Channels = Literal["mean", "sum"]
Units = Literal["unit", "imagenet"]


def colour_l1(
    predicted: Float[Tensor, "b 3 h w"],
    true: Float[Tensor, "b 3 h w"],
    trimap: Float[Tensor, "b 1 h w"],
    *,
    region: Where,
    divide_by: DivideBy,
    channels: Channels,
    epsilon: float,
) -> Terms:
    """Mean of sqrt((predicted - true)^2 + epsilon^2) over the region."""
    error = smooth_abs(predicted - true, epsilon)  # b 3 h w
    error = error.mean(1, keepdim=True) if channels == "mean" else error.sum(1, keepdim=True)
    return region_mean(error, trimap, region, divide_by)


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
    units: Units = "unit"
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
        scale = batch.image.new_ones(1, 3, 1, 1)
        if self.units == "imagenet":
            scale = batch.image.new_tensor(IMAGENET_STD).view(1, 3, 1, 1)
        losses = []
        for alpha in chosen_alphas(prediction, self.of):
            pasted = paste_known(alpha, batch.trimap) if self.paste else alpha
            losses.append(
                colour_l1(
                    over(planes.foreground, pasted, planes.background) / scale,
                    batch.image / scale,
                    batch.trimap,
                    region=self.region,
                    divide_by=self.divide_by,
                    channels=self.channels,
                    epsilon=self.epsilon,
                )
            )
        return Terms.joined(losses)

"""Differences of alpha in its first derivatives, by forward differences."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from mattekit.core.config import config
from mattekit.core.tensors import Batch, Prediction
from mattekit.core.types import Region
from mattekit.losses.region import Terms, paste_known, region_mean


def gradient_l1(
    predicted: Float[Tensor, "b 1 h w"],
    true: Float[Tensor, "b 1 h w"],
    trimap: Float[Tensor, "b 1 h w"],
    *,
    region: Region,
) -> Terms:
    """Mean |difference along x| plus mean |difference along y| of predicted - true.

    A difference belongs to the region when its right (lower) pixel does.
    """
    difference = predicted - true
    along_x = difference[..., :, 1:] - difference[..., :, :-1]
    along_y = difference[..., 1:, :] - difference[..., :-1, :]
    return Terms.joined(
        [
            region_mean(along_x.abs(), trimap[..., :, 1:], region),
            region_mean(along_y.abs(), trimap[..., 1:, :], region),
        ]
    )


@config
class GradientL1Config:
    """Absolute differences of the two first derivatives of alpha."""

    name: Literal["gradient_l1"] = "gradient_l1"
    weight: float = 1.0
    region: Region = "unknown"

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        return gradient_l1(prediction.alpha, batch.alpha, batch.trimap, region=self.region)


def gradient_magnitude(alpha: Float[Tensor, "b 1 h w"], floor: float) -> Float[Tensor, "b 1 h w"]:
    """sqrt(dx^2 + dy^2 + floor), the differences 0 in the last column and row."""
    along_x = F.pad(alpha[..., :, 1:] - alpha[..., :, :-1], (0, 1, 0, 0))
    along_y = F.pad(alpha[..., 1:, :] - alpha[..., :-1, :], (0, 0, 0, 1))
    return torch.sqrt(along_x**2 + along_y**2 + floor)


@config
class GradientMagnitudeConfig:
    """Absolute difference of the gradient magnitudes of alpha (SampleNet)."""

    name: Literal["gradient_magnitude"] = "gradient_magnitude"
    weight: float = 1.0
    region: Region = "unknown"
    floor: float = 1.001e-5
    """Added under the square root, which has no derivative at zero."""
    paste: bool = False
    """Set the known pixels of the prediction from the trimap first."""

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        alpha = prediction.alpha
        predicted = paste_known(alpha, batch.trimap) if self.paste else alpha
        error = (
            gradient_magnitude(predicted, self.floor) - gradient_magnitude(batch.alpha, self.floor)
        ).abs()
        return region_mean(error, batch.trimap, self.region)

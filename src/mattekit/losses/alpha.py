"""Differences of predicted and true alpha and of their gradients; the error that is expected."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from mattekit.core.config import config
from mattekit.core.errors import BadArgument
from mattekit.core.tensors import Batch, Prediction
from mattekit.core.types import Region
from mattekit.losses.region import DivideBy, Terms, Where, paste_known, region_mean, smooth_abs

Which = Literal["alpha", "refined_from", "branches"]
"""The final alpha, the one before refinement (Deep Image Matting), or the sum over the alphas of
all branches (GFM with RIM)."""


def chosen_alphas(prediction: Prediction, which: Which) -> tuple[Float[Tensor, "b 1 h w"], ...]:
    """The alphas of a prediction that a loss compares."""
    if which == "alpha":
        return (prediction.alpha,)
    if which == "branches":
        alphas = tuple(branch.alpha for branch in prediction.branches)
    else:
        alphas = () if prediction.refined_from is None else (prediction.refined_from,)
    if not alphas:
        raise BadArgument(
            f"a loss has of={which}, but this network predicts none; "
            "use of=alpha or a network that has it (dim with refine, gfm with RIM)"
        )
    return alphas


@config
class AlphaL1Config:
    """Absolute difference of alpha.  Xu et al. 2017, eq. 1."""

    name: Literal["alpha_l1"] = "alpha_l1"
    weight: float = 1.0
    of: Which = "alpha"
    """Which alpha of the prediction."""
    region: Where = "unknown"
    divide_by: DivideBy = "region"
    epsilon: float = 1e-6
    """Smooths |x| at zero."""
    paste: bool = False
    """Set the known pixels of the prediction from the trimap first; each then adds epsilon."""

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        losses = []
        for alpha in chosen_alphas(prediction, self.of):
            pasted = paste_known(alpha, batch.trimap) if self.paste else alpha
            error = smooth_abs(pasted - batch.alpha, self.epsilon)
            losses.append(region_mean(error, batch.trimap, self.region, self.divide_by))
        return Terms.joined(losses)


@config
class AlphaL2Config:
    """Squared difference of alpha: a few large errors weigh more than many small ones."""

    name: Literal["alpha_l2"] = "alpha_l2"
    weight: float = 1.0
    of: Which = "alpha"
    """Which alpha of the prediction."""
    region: Where = "unknown"
    divide_by: DivideBy = "region"

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        return Terms.joined(
            region_mean((alpha - batch.alpha) ** 2, batch.trimap, self.region, self.divide_by)
            for alpha in chosen_alphas(prediction, self.of)
        )


@config
class GradientL1Config:
    """Absolute differences of the two first derivatives of alpha, by forward differences.

    A difference belongs to the region when its right (lower) pixel does.
    """

    name: Literal["gradient_l1"] = "gradient_l1"
    weight: float = 1.0
    region: Region = "unknown"

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        error = prediction.alpha - batch.alpha
        along_x = (error[..., :, 1:] - error[..., :, :-1]).abs()
        along_y = (error[..., 1:, :] - error[..., :-1, :]).abs()
        return Terms.joined(
            [
                region_mean(along_x, batch.trimap[..., :, 1:], self.region),
                region_mean(along_y, batch.trimap[..., 1:, :], self.region),
            ]
        )


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
        true = gradient_magnitude(batch.alpha, self.floor)
        error = (gradient_magnitude(predicted, self.floor) - true).abs()
        return region_mean(error, batch.trimap, self.region)


@config
class ExpectedErrorConfig:
    """Trains a network to predict its own error; no gradient reaches alpha.

    With b the expected error, the loss is error / b + log b: up to a constant the negative log
    likelihood of a Laplace distribution of width b, smallest where b is the error, and negative
    where errors are small and expected.
    """

    name: Literal["expected_error"] = "expected_error"
    weight: float = 1.0
    region: Where = "unknown"
    smallest: float = 1 / 255
    """Added to every error, so that the prediction does not diverge to zero."""

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        expected = prediction.log_error
        if expected is None:
            raise BadArgument(
                "expected_error needs a network that predicts its error; use it with compact"
            )
        error = (prediction.alpha.detach() - batch.alpha).abs() + self.smallest
        return region_mean(error * torch.exp(-expected) + expected, batch.trimap, self.region)

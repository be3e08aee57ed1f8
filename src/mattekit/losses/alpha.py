"""Differences between the predicted and the true alpha, pixel by pixel."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor

from mattekit.core.config import config
from mattekit.core.errors import BadArgument
from mattekit.core.tensors import Batch, Prediction
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


def alpha_l1(
    predicted: Float[Tensor, "b 1 h w"],
    true: Float[Tensor, "b 1 h w"],
    trimap: Float[Tensor, "b 1 h w"],
    *,
    region: Where,
    divide_by: DivideBy,
    epsilon: float,
) -> Terms:
    """Mean of sqrt((predicted - true)^2 + epsilon^2) over the region.  Xu et al. 2017, eq. 1."""
    return region_mean(smooth_abs(predicted - true, epsilon), trimap, region, divide_by)


@config
class AlphaL1Config:
    """Absolute difference of alpha."""

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
        losses = [
            alpha_l1(
                paste_known(alpha, batch.trimap) if self.paste else alpha,
                batch.alpha,
                batch.trimap,
                region=self.region,
                divide_by=self.divide_by,
                epsilon=self.epsilon,
            )
            for alpha in chosen_alphas(prediction, self.of)
        ]
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
        losses = [
            region_mean((alpha - batch.alpha) ** 2, batch.trimap, self.region, self.divide_by)
            for alpha in chosen_alphas(prediction, self.of)
        ]
        return Terms.joined(losses)

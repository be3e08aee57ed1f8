"""Loss of the expected error that a network predicts."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from mattekit.core.config import config
from mattekit.core.errors import BadArgument
from mattekit.core.tensors import Batch, Prediction
from mattekit.losses.region import Terms, Where, region_mean


def laplace_surprise(
    error: Float[Tensor, "b 1 h w"], log_expected: Float[Tensor, "b 1 h w"]
) -> Float[Tensor, "b 1 h w"]:
    """error / b + log b with b = exp(log_expected): smallest, 1 + log(error), where b = error.

    Up to a constant the negative log likelihood of a Laplace distribution of width b.
    """
    return error * torch.exp(-log_expected) + log_expected


@config
class ExpectedErrorConfig:
    """Trains a network to predict its own error; no gradient reaches alpha.

    This is a log likelihood: negative where errors are small and expected.
    """

    name: Literal["expected_error"] = "expected_error"
    weight: float = 1.0
    region: Where = "unknown"
    smallest: float = 1 / 255
    """Added to every error, so that the prediction does not diverge to zero."""

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        if prediction.log_error is None:
            raise BadArgument(
                "expected_error needs a network that predicts its error; use it with compact"
            )
        error = (prediction.alpha.detach() - batch.alpha).abs() + self.smallest
        surprise = laplace_surprise(error, prediction.log_error)
        return region_mean(surprise, batch.trimap, self.region)

"""Differences of alpha in its Laplacian: over a pyramid of five levels, or in one 3x3 window."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from mattekit.core.config import config
from mattekit.core.errors import BadArgument
from mattekit.core.tensors import Batch, Prediction, region_weight
from mattekit.core.types import Region, size_text
from mattekit.losses.alpha import Which, chosen_alphas
from mattekit.losses.region import Terms, constant, mean, region_mean

LEVELS = 5
Kernel = Literal["gaussian", "gfm"]


def smoothing_kernel(kernel: Kernel) -> Float[Tensor, "5 5"]:
    """The 5x5 smoothing window, standard deviation 1, sum 1.

    GFM's published code ADDS the squared profiles of rows and columns where a Gaussian multiplies
    the profiles: a plateau with arms, not a bell.
    """
    profile = torch.exp(-(torch.arange(-2.0, 3.0, dtype=torch.float64) ** 2) / 2)
    if kernel == "gaussian":
        window = profile[:, None] * profile[None, :]
    else:
        window = profile[:, None] ** 2 + profile[None, :] ** 2
    return window / window.sum()


def laplacian_pyramid(
    alpha: Float[Tensor, "b 1 h w"], kernel: Kernel
) -> list[Float[Tensor, "b 1 _ _"]]:
    """Five bands (what smoothing removes, halving the size each time) and the rest."""
    if min(alpha.shape[-2:]) < 2**LEVELS:
        raise BadArgument(
            f"a Laplacian pyramid of {LEVELS} levels needs crops of at least {2**LEVELS} pixels, "
            f"but this one has {size_text(alpha.shape[-2:])}; use larger crops"
        )
    window = constant(smoothing_kernel(kernel), alpha)[None, None]
    bands = []
    for _ in range(LEVELS):
        smooth = F.conv2d(F.pad(alpha, (2, 2, 2, 2), mode="replicate"), window)
        bands.append(alpha - smooth)
        alpha = F.avg_pool2d(smooth, 2)
    return [*bands, alpha]


def pyramid_l1(
    predicted: Float[Tensor, "b 1 h w"], true: Float[Tensor, "b 1 h w"], *, kernel: Kernel
) -> Terms:
    """Sum over the levels of the mean |band of predicted - band of true|, with equal weights."""
    bands = laplacian_pyramid(predicted - true, kernel)  # the pyramid is linear
    return Terms.joined(mean(band.abs()) for band in bands)


@config
class LaplacianPyramidConfig:
    """Absolute difference of the Laplacian pyramids of alpha."""

    name: Literal["laplacian_pyramid"] = "laplacian_pyramid"
    weight: float = 1.0
    of: Which = "alpha"
    """Which alpha of the prediction."""
    region: Region = "unknown"
    """Both alphas are set to 0 outside before the pyramid is built; the mean is over the crop."""
    kernel: Kernel = "gaussian"
    """`gfm` is the window of GFM's published code, which is not a Gaussian."""

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        inside = region_weight(self.region, batch.trimap)
        return Terms.joined(
            pyramid_l1(alpha * inside, batch.alpha * inside, kernel=self.kernel)
            for alpha in chosen_alphas(prediction, self.of)
        )


@config
class LaplacianL1Config:
    """Absolute difference of the 3x3 Laplacians of alpha: 4 neighbours, 0 outside."""

    name: Literal["laplacian_l1"] = "laplacian_l1"
    weight: float = 1.0
    region: Region = "unknown"

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        window = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
        window = constant(window, batch.alpha)[None, None]
        error = F.conv2d(prediction.alpha - batch.alpha, window, padding=1).abs()
        return region_mean(error, batch.trimap, self.region)

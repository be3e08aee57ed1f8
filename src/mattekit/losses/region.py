"""Where errors count and what their sum is divided by: the conventions all losses share.

Every published loss is one sum over one region divided by one count. Both are explicit here, and
both are taken over all processes of a distributed run, because the mean of two quotients is not
the quotient of two sums.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, distributed

from mattekit.core.config import config
from mattekit.core.tensors import region_weight
from mattekit.core.types import Region


@config
class RegionWeights:
    """How much a pixel of each class of the trimap counts."""

    unknown: float = 1.0
    foreground: float = 1.0
    background: float = 1.0


Where = Region | RegionWeights
"""A region by its name, or a weight for each class."""

DivideBy = Literal["region", "unknown+1"]
"""The sum of the region's weights (its pixel count), or the batch's unknown pixels plus one."""


def weight_of(region: Where, trimap: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
    """How much each pixel counts."""
    if not isinstance(region, RegionWeights):
        return region_weight(region, trimap)
    return (
        region.unknown * region_weight("unknown", trimap)
        + region.foreground * region_weight("foreground", trimap)
        + region.background * region_weight("background", trimap)
    )


def region_mean(
    values: Float[Tensor, "b 1 h w"],
    trimap: Float[Tensor, "b 1 h w"],
    region: Where,
    divide_by: DivideBy = "region",
) -> Float[Tensor, ""]:
    """Sum of weighted values over the region, divided by a count; 0 where the region is empty."""
    weight = weight_of(region, trimap)
    if divide_by == "region":
        count = weight.sum()
    else:
        count = region_weight("unknown", trimap).sum() + 1 / processes()
    return quotient_over_processes((values * weight).sum(), count)


def mean(values: Tensor) -> Float[Tensor, ""]:
    """Mean of all values of all processes."""
    return quotient_over_processes(values.sum(), values.new_tensor(float(values.numel())))


def quotient_over_processes(
    total: Float[Tensor, ""], count: Float[Tensor, ""]
) -> Float[Tensor, ""]:
    """Sum of totals divided by the sum of counts (at least 1) over all processes.

    Data-parallel training averages gradients over the processes. The own total is therefore
    followed as often as there are processes; what is added to reach the value of the whole has no
    gradient.
    """
    if processes() > 1:
        sums = torch.stack([total.detach(), count.detach()])
        distributed.all_reduce(sums)
        own = total * processes()
        total, count = own + (sums[0] - own.detach()), sums[1]
    return total / count.clamp(min=1)


def processes() -> int:
    """How many processes train together."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_world_size()
    return 1


def smooth_abs(values: Tensor, epsilon: float) -> Tensor:
    """sqrt(x^2 + epsilon^2): |x| with a derivative at zero; exactly |x| when epsilon is 0."""
    if epsilon == 0:
        return values.abs()
    return torch.sqrt(values**2 + epsilon**2)


def paste_known(
    alpha: Float[Tensor, "b 1 h w"], trimap: Float[Tensor, "b 1 h w"]
) -> Float[Tensor, "b 1 h w"]:
    """The alpha with 0 and 1 where the trimap knows them."""
    return torch.where(region_weight("unknown", trimap) == 1, alpha, trimap)

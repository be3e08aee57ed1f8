"""The regions of losses and their divisors: conventions that all losses share.

Every published loss is a sum over a region divided by a count. The mean of two quotients is not
the quotient of two sums, so a loss returns sums and counts separately; the caller adds them over
all parts of a batch and all processes, and divides once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from mattekit.core.config import config
from mattekit.core.tensors import region_weight
from mattekit.core.types import Region


@dataclass(frozen=True)
class Terms:
    """A loss before division; its value is the sum of sums[k] / counts[k].

    Sums and counts of several parts of a batch may be added up; the counts follow from the batch
    alone and have no gradient.
    """

    sums: Float[Tensor, " k"]
    counts: Float[Tensor, " k"]
    plus: Float[Tensor, " k"]
    """Added once to the counts of the whole batch."""

    @classmethod
    def joined(cls, several: "Iterable[Terms]") -> "Terms":
        """The sum of several losses: all their quotients."""
        parts = list(several)
        return cls(
            sums=torch.cat([part.sums for part in parts]),
            counts=torch.cat([part.counts for part in parts]),
            plus=torch.cat([part.plus for part in parts]),
        )

    def quotients(self, counts: Float[Tensor, " k"] | None = None) -> Float[Tensor, " k"]:
        """Sums divided by their own counts, or by those of a whole batch; 0 where nothing counts.

        >>> Terms(torch.tensor([6.0, 0.0]), torch.tensor([2.0, 0.0]), torch.zeros(2)).quotients()
        tensor([3., 0.])
        """
        whole = (self.counts if counts is None else counts) + self.plus
        return self.sums / torch.where(whole > 0, whole, 1)

    def value(self) -> Float[Tensor, ""]:
        """The loss, if this is the whole batch."""
        return self.quotients().sum()


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
) -> Terms:
    """The sum of weighted values over the region, to be divided by a count."""
    weight = weight_of(region, trimap)
    by_region = divide_by == "region"
    count = weight.sum() if by_region else region_weight("unknown", trimap).sum()
    return term((values * weight).sum(), count, plus=0.0 if by_region else 1.0)


def mean(values: Tensor) -> Terms:
    """The sum of all values, to be divided by their number."""
    return term(values.sum(), values.new_full((), values.numel()))


def term(total: Tensor, count: Tensor, plus: float = 0.0) -> Terms:
    """A loss of one quotient."""
    return Terms(total[None], count[None], total.new_full((1,), plus))


def constant(values: Tensor, like: Tensor) -> Tensor:
    """Fixed values with the type and device of another tensor; no GPU waits for the copy."""
    return values.to(like, non_blocking=True)


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

"""Losses of the subject finder: the mask, and whether there is exactly one subject."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from mattekit.core.config import config
from mattekit.core.errors import BadArgument
from mattekit.core.tensors import Batch, Prediction
from mattekit.losses.region import Terms, mean, term

LEAST = 20.0
"""Pixels below which a picture counts as one without a subject."""


@config
class MaskCrossEntropyConfig:
    """Cross entropy of alpha, pixel by pixel; true alphas between 0 and 1 are shares."""

    name: Literal["mask_cross_entropy"] = "mask_cross_entropy"
    weight: float = 1.0
    empty: float = 0.15
    """How much a picture without a subject counts."""

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        logits = _known(prediction.alpha_logits, self.name)
        values = F.binary_cross_entropy_with_logits(logits, batch.alpha, reduction="none")
        return mean(values.mean((1, 2, 3)) * torch.where(_has_subject(batch), 1.0, self.empty))


@config
class SoftIouConfig:
    """One minus intersection over union of soft masks; pictures without a subject do not count."""

    name: Literal["soft_iou"] = "soft_iou"
    weight: float = 1.0

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        both = torch.minimum(prediction.alpha, batch.alpha).sum((1, 2, 3))
        either = torch.maximum(prediction.alpha, batch.alpha).sum((1, 2, 3))
        return _mean_where(_has_subject(batch), 1 - (both + 1) / (either + 1))


@config
class SingleSubjectConfig:
    """Cross entropy of the prediction that there is one subject.

    Pictures with a prompt are left out: they may show several subjects, and a prompt implies that
    its subject exists.
    """

    name: Literal["single_subject"] = "single_subject"
    weight: float = 0.2

    def __call__(self, prediction: Prediction, batch: Batch) -> Terms:
        logits = _known(prediction.single, self.name)[:, 0]
        values = F.binary_cross_entropy_with_logits(
            logits, _has_subject(batch).to(logits), reduction="none"
        )
        free = torch.ones_like(values)
        if batch.prompt is not None:
            free = (batch.prompt == 0).flatten(1).all(dim=1)
        return _mean_where(free, values)


def _has_subject(batch: Batch) -> Tensor:
    return batch.alpha.sum((1, 2, 3)) > LEAST


def _mean_where(wanted: Tensor, values: Float[Tensor, " b"]) -> Terms:
    """The mean over those samples."""
    weight = wanted.to(values)
    return term((values * weight).sum(), weight.sum())


def _known(plane: Tensor | None, loss: str) -> Tensor:
    if plane is None:
        raise BadArgument(f"{loss} needs a network that finds subjects; use it with subject")
    return plane

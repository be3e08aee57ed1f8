"""Objectives of generator and critic, given the critic's logits; one per patch, high for real.

bce: log likelihood, as in the first adversarial networks. lsgan: least squares, logits towards 1
for real and 0 for composed. hinge: logits beyond 1 and -1 are good enough.
"""

from typing import Literal

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

Objective = Literal["bce", "lsgan", "hinge"]
Logits = Float[Tensor, "b 1 h w"]


def generator_objective(logits: Logits, objective: Objective) -> Float[Tensor, ""]:
    """Small if the critic classifies composites as real."""
    if objective == "bce":
        return F.softplus(-logits).mean()
    if objective == "lsgan":
        return ((logits - 1) ** 2).mean()
    return -logits.mean()


def critic_objective(real: Logits, composed: Logits, objective: Objective) -> Float[Tensor, ""]:
    """Small if real photos and composites are classified correctly: half the sum of both errors."""
    if objective == "bce":
        errors = F.softplus(-real).mean() + F.softplus(composed).mean()
    elif objective == "lsgan":
        errors = ((real - 1) ** 2).mean() + (composed**2).mean()
    else:
        errors = F.relu(1 - real).mean() + F.relu(1 + composed).mean()
    return errors / 2

"""Optimisers and their parameter groups. Rates over time: `training.schedules`."""

from collections import defaultdict
from dataclasses import field
from typing import Any, Literal

from torch import nn, optim

from mattekit.core.config import config
from mattekit.training.freeze import check_parts, matches

DECAY = {"adam": 0.0, "adamw": 0.01, "sgd": 0.0}


@config
class OptimiserConfig:
    """Adam, AdamW or stochastic gradient descent, with a rate and a decay for every part."""

    name: Literal["adam", "adamw", "sgd"] = "adam"
    lr: float = 1e-4
    weight_decay: float | None = None
    """null for the usual one: 0.01 for adamw, where it bypasses the moments, and 0 for the others,
    where it is added to the gradient."""
    decay_norms: bool = True
    """Whether weight decay also shrinks norms and biases."""
    lr_scale: dict[str, float] = field(default_factory=dict)
    """Part (`encoder`) or parameters (`encoder.*.weight`) -> factor of the rate. The last one that
    fits counts."""
    betas: tuple[float, float] = (0.9, 0.999)
    """Of adam and adamw."""
    epsilon: float = 1e-8
    """Of adam and adamw."""
    momentum: float = 0.0
    """Of sgd."""
    nesterov: bool = False
    """Of sgd."""

    def __post_init__(self) -> None:
        if self.lr <= 0 or (self.weight_decay or 0) < 0:
            raise ValueError("lr must be above 0 and weight_decay at least 0")
        if any(scale <= 0 for scale in self.lr_scale.values()):
            raise ValueError("a factor of lr_scale must be above 0; freeze.parts keeps parts still")
        if not all(0 <= share < 1 for share in (*self.betas, self.momentum)):
            raise ValueError("betas and momentum must be at least 0 and below 1")
        if self.epsilon <= 0:
            raise ValueError("epsilon must be above 0")
        if self.name == "sgd" and self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum, such as 0.9")

    def build(self, module: nn.Module) -> optim.Optimizer:
        """The optimiser of the module's weights that learn."""
        groups = self._groups(module)
        if self.name == "sgd":
            return optim.SGD(groups, self.lr, momentum=self.momentum, nesterov=self.nesterov)
        kind = optim.Adam if self.name == "adam" else optim.AdamW
        return kind(groups, self.lr, betas=self.betas, eps=self.epsilon)

    def _groups(self, module: nn.Module) -> list[dict[str, Any]]:
        """Weights with the same rate and decay together."""
        check_parts(module, self.lr_scale, "optimiser.lr_scale")
        decay = DECAY[self.name] if self.weight_decay is None else self.weight_decay
        groups: dict[tuple[float, float], list[nn.Parameter]] = defaultdict(list)
        for name, weight in module.named_parameters():
            scales = [scale for pattern, scale in self.lr_scale.items() if matches(name, pattern)]
            own_decay = decay if self.decay_norms or weight.ndim > 1 else 0.0
            if weight.requires_grad:
                groups[scales[-1] if scales else 1.0, own_decay].append(weight)
        return [
            {"params": members, "lr": self.lr * scale, "lr_scale": scale, "weight_decay": own_decay}
            for (scale, own_decay), members in groups.items()
        ]


def set_rates(optimiser: optim.Optimizer, lr: float, momentum: float | None) -> None:
    """Use this rate, and this momentum where one is given, from the next update on."""
    for group in optimiser.param_groups:
        group["lr"] = lr * group["lr_scale"]
        if momentum is not None and "betas" in group:
            group["betas"] = (momentum, *group["betas"][1:])
        elif momentum is not None:
            group["momentum"] = momentum

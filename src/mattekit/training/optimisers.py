"""Optimisers by name. Rates over time: `training.schedules`."""

from collections.abc import Iterable
from typing import Literal

from torch import nn, optim

from mattekit.core.config import config

Parameters = Iterable[nn.Parameter]


@config
class AdamConfig:
    """Adam; weight decay is added to the gradient."""

    name: Literal["adam"] = "adam"
    lr: float = 1e-4
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _check(self.lr, self.weight_decay)

    def build(self, parameters: Parameters) -> optim.Optimizer:
        return optim.Adam(
            parameters,
            lr=self.lr,
            betas=self.betas,
            eps=self.epsilon,
            weight_decay=self.weight_decay,
        )


@config
class AdamWConfig:
    """Adam with decoupled weight decay."""

    name: Literal["adamw"] = "adamw"
    lr: float = 1e-4
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _check(self.lr, self.weight_decay)

    def build(self, parameters: Parameters) -> optim.Optimizer:
        return optim.AdamW(
            parameters,
            lr=self.lr,
            betas=self.betas,
            eps=self.epsilon,
            weight_decay=self.weight_decay,
        )


@config
class SgdConfig:
    """Stochastic gradient descent."""

    name: Literal["sgd"] = "sgd"
    lr: float = 1e-2
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        _check(self.lr, self.weight_decay)

    def build(self, parameters: Parameters) -> optim.Optimizer:
        return optim.SGD(
            parameters,
            lr=self.lr,
            momentum=self.momentum,
            nesterov=self.nesterov,
            weight_decay=self.weight_decay,
        )


OptimiserConfig = AdamConfig | AdamWConfig | SgdConfig


def set_rates(optimiser: optim.Optimizer, lr: float, momentum: float | None) -> None:
    """Use this rate, and this momentum where one is given, from the next update on."""
    for group in optimiser.param_groups:
        group["lr"] = lr
        if momentum is not None and "betas" in group:
            group["betas"] = (momentum, *group["betas"][1:])
        elif momentum is not None:
            group["momentum"] = momentum


def _check(lr: float, weight_decay: float) -> None:
    if lr <= 0 or weight_decay < 0:
        raise ValueError("lr must be above 0 and weight_decay at least 0")

"""Optimisers: built from their config, driven by a schedule."""

import pytest
import torch
from torch import nn, optim

from mattekit.training.optimisers import AdamConfig, AdamWConfig, SgdConfig, set_rates


def weight() -> nn.Parameter:
    return nn.Parameter(torch.ones(1))


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        (AdamConfig(lr=0.1, weight_decay=0.5), optim.Adam),
        (AdamWConfig(lr=0.1, weight_decay=0.5), optim.AdamW),
        (SgdConfig(lr=0.1, weight_decay=0.5), optim.SGD),
    ],
)
def test_a_config_builds_its_optimiser(
    config: AdamConfig | AdamWConfig | SgdConfig, kind: type[optim.Optimizer]
) -> None:
    built = config.build([weight()])
    assert type(built) is kind
    assert (built.param_groups[0]["lr"], built.param_groups[0]["weight_decay"]) == (0.1, 0.5)


def test_decay_of_adamw_does_not_pass_through_the_moments() -> None:
    decayed = weight()
    decayed.grad = torch.zeros(1)
    AdamWConfig(lr=0.1, weight_decay=0.5).build([decayed]).step()
    assert decayed.item() == pytest.approx(0.95)


def test_rates_and_momentum_can_be_set() -> None:
    adam = AdamConfig().build([weight()])
    set_rates(adam, 0.5, 0.7)
    assert adam.param_groups[0]["lr"] == 0.5
    assert adam.param_groups[0]["betas"] == (0.7, 0.999)
    set_rates(adam, 0.25, None)
    assert adam.param_groups[0]["betas"] == (0.7, 0.999)
    sgd = SgdConfig(momentum=0.9).build([weight()])
    set_rates(sgd, 0.5, 0.8)
    assert sgd.param_groups[0]["momentum"] == 0.8


@pytest.mark.parametrize("wrong", [{"lr": 0.0}, {"lr": 0.1, "weight_decay": -1.0}])
def test_impossible_rates_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="lr must be above 0"):
        AdamConfig(**wrong)

"""Optimisers: built from their config, with parameter groups, driven by a schedule."""

from typing import Any

import pytest
import torch
from torch import nn, optim
from training.toys import ToyNetwork

from mattekit.core.errors import BadRecipe
from mattekit.training.freeze import FreezeConfig, freeze
from mattekit.training.optimisers import OptimiserConfig, set_rates


def one_weight() -> nn.Module:
    module = nn.Module()
    module.weight = nn.Parameter(torch.ones(1))
    return module


@pytest.mark.parametrize(
    ("name", "kind"), [("adam", optim.Adam), ("adamw", optim.AdamW), ("sgd", optim.SGD)]
)
def test_a_config_builds_its_optimiser(name: Any, kind: type[optim.Optimizer]) -> None:
    built = OptimiserConfig(name=name, lr=0.1, weight_decay=0.5).build(one_weight())
    assert type(built) is kind
    assert (built.param_groups[0]["lr"], built.param_groups[0]["weight_decay"]) == (0.1, 0.5)


def test_the_usual_decay_is_that_of_the_kind() -> None:
    decays = [
        OptimiserConfig(name=name).build(one_weight()).param_groups[0]["weight_decay"]
        for name in ("adam", "adamw", "sgd")
    ]
    assert decays == [0.0, 0.01, 0.0]


def test_decay_of_adamw_does_not_pass_through_the_moments() -> None:
    decayed = one_weight()
    decayed.weight.grad = torch.zeros(1)
    OptimiserConfig(name="adamw", lr=0.1, weight_decay=0.5).build(decayed).step()
    assert decayed.weight.item() == pytest.approx(0.95)


def rate_and_decay(network: nn.Module, config: OptimiserConfig) -> dict[str, tuple[float, float]]:
    """What every weight of a network is updated with."""
    groups = config.build(network).param_groups
    by_weight = {
        id(weight): (group["lr"], group["weight_decay"])
        for group in groups
        for weight in group["params"]
    }
    return {
        name: by_weight[id(weight)]
        for name, weight in network.named_parameters()
        if id(weight) in by_weight
    }


def test_parts_have_rates_of_their_own_and_norms_and_biases_need_not_decay() -> None:
    config = OptimiserConfig(
        name="adamw", lr=1.0, decay_norms=False, lr_scale={"encoder": 0.1, "encoder.1": 0.5}
    )
    found = rate_and_decay(ToyNetwork(), config)
    assert found["encoder.0.weight"] == (0.1, 0.01)
    assert found["encoder.0.bias"] == (0.1, 0.0)
    assert found["encoder.1.weight"] == (0.5, 0.0)
    assert found["decoder.weight"] == (1.0, 0.01)


def test_frozen_weights_are_in_no_group() -> None:
    network = ToyNetwork()
    freeze(network, FreezeConfig(parts=("encoder",)))
    assert rate_and_decay(network, OptimiserConfig()).keys() == {"decoder.weight", "decoder.bias"}


def test_rates_and_momentum_can_be_set() -> None:
    adam = OptimiserConfig(lr_scale={"encoder": 0.5}).build(ToyNetwork())
    set_rates(adam, 0.5, 0.7)
    assert [group["lr"] for group in adam.param_groups] == [0.25, 0.5]
    assert adam.param_groups[0]["betas"] == (0.7, 0.999)
    set_rates(adam, 0.25, None)
    assert adam.param_groups[0]["betas"] == (0.7, 0.999)
    sgd = OptimiserConfig(name="sgd", momentum=0.9).build(one_weight())
    set_rates(sgd, 0.5, 0.8)
    assert sgd.param_groups[0]["momentum"] == 0.8


@pytest.mark.parametrize("wrong", [{"lr": 0.0}, {"lr": 0.1, "weight_decay": -1.0}])
def test_impossible_rates_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="lr must be above 0"):
        OptimiserConfig(**wrong)
    with pytest.raises(ValueError, match="must be above 0; freeze"):
        OptimiserConfig(lr_scale={"encoder": 0})


def test_a_scale_for_a_part_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadRecipe, match=r"called 'head'; its parts are encoder, decoder"):
        OptimiserConfig(lr_scale={"head": 0.1}).build(ToyNetwork())

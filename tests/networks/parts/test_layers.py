"""Moments of the published initialisations, and first convolutions made wider."""

import math

import pytest
import torch
from torch import nn

from mattekit.networks.parts.layers import Initialisation, initialise, widen

FAN_IN = 32 * 9
DEVIATIONS: dict[Initialisation, float] = {
    "kaiming": math.sqrt(2 / FAN_IN),
    "xavier": math.sqrt(2 / (FAN_IN + 96 * 9)),
    "normal": 0.01,
    "pytorch": math.sqrt(1 / (3 * FAN_IN)),
}


@pytest.mark.parametrize("how", DEVIATIONS)
def test_weights_have_the_deviation_of_their_initialisation(how: Initialisation) -> None:
    torch.manual_seed(3)
    convolution = nn.Conv2d(32, 96, 3)
    initialise(convolution, how)
    weight = convolution.weight.detach()
    assert abs(weight.mean().item()) < 0.02 * DEVIATIONS[how]
    assert weight.std().item() == pytest.approx(DEVIATIONS[how], rel=0.02)
    kurtosis = (weight / weight.std()).pow(4).mean().item()
    assert kurtosis == pytest.approx(1.8 if how == "pytorch" else 3.0, abs=0.15)


def test_biases_become_zero_and_norms_stay_as_they_are() -> None:
    network = nn.Sequential(nn.ConvTranspose2d(4, 8, 3), nn.BatchNorm2d(8))
    initialise(network, "kaiming")
    assert network[0].bias.eq(0).all()
    assert network[1].weight.eq(1).all()


def test_pytorch_leaves_everything_alone() -> None:
    convolution = nn.Conv2d(4, 8, 3)
    weight, bias = convolution.weight.clone(), convolution.bias.clone()
    initialise(convolution, "pytorch")
    assert torch.equal(convolution.weight, weight)
    assert torch.equal(convolution.bias, bias)


def test_zeros_keep_the_filters_and_mean_spreads_them() -> None:
    weight = torch.rand(6, 3, 5, 5)
    with_zeros, spread = widen(weight, 4, "zeros"), widen(weight, 10, "mean")
    assert torch.equal(with_zeros[:, :3], weight)
    assert with_zeros[:, 3:].eq(0).all()
    assert spread.shape == (6, 10, 5, 5)
    torch.testing.assert_close(spread.sum(dim=1), weight.mean(dim=1))

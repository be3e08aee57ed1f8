"""Freezing: what does not learn, and what does not drift either."""

import pytest
import torch
from torch import nn
from training.toys import ToyNetwork, trainable_count

from mattekit.core.errors import BadRecipe
from mattekit.training.freeze import FreezeConfig, freeze, to_training

CONVOLUTIONS = (4 * 6 * 9 + 6, 6 * 9 + 1)
NORM = 12


def frozen(**wanted: object) -> ToyNetwork:
    network = ToyNetwork()
    freeze(network, FreezeConfig(**wanted))
    to_training(network, FreezeConfig(**wanted))
    return network


def test_the_trainable_count_follows_the_parts_that_are_frozen() -> None:
    assert trainable_count(frozen()) == sum(CONVOLUTIONS) + NORM
    assert trainable_count(frozen(parts=("encoder",))) == CONVOLUTIONS[1]
    assert trainable_count(frozen(parts=("encoder.1.*",))) == sum(CONVOLUTIONS)
    assert trainable_count(frozen(norms=True)) == sum(CONVOLUTIONS)


def test_frozen_norms_keep_their_statistics_and_the_others_do_not() -> None:
    norms = [network.encoder[1] for network in (frozen(norms=True), frozen())]
    for norm in norms:
        norm(torch.randn(2, 6, 4, 4) + 5)
    still, moved = (norm.running_mean.abs().max() for norm in norms)
    assert still == 0
    assert moved > 0


def test_frozen_scales_of_a_norm_still_let_its_statistics_follow() -> None:
    norm = frozen(parts=("encoder.1",)).encoder[1]
    norm(torch.randn(2, 6, 4, 4) + 5)
    assert norm.running_mean.abs().max() > 0
    assert not norm.weight.requires_grad


def test_frozen_dropout_is_off_while_the_rest_trains() -> None:
    network = frozen(dropout=True)
    dropout = network.encoder[3]
    assert isinstance(dropout, nn.Dropout)
    assert not dropout.training
    assert network.encoder[1].training


def test_both_can_be_frozen_at_once() -> None:
    network = frozen(norms=True, dropout=True)
    assert not network.encoder[1].training
    assert not network.encoder[3].training


def test_a_name_that_fits_nothing_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(BadRecipe, match=r"'enc'.*encoder, decoder"):
        frozen(parts=("enc",))

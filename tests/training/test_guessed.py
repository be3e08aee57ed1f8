"""A network that is taught with the guess of another one."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from training.toys import Discs, ToyNetwork, discs, make_setup

from mattekit.core.errors import BadRecipe
from mattekit.core.tensors import Prediction
from mattekit.inference.strategies import Whole
from mattekit.training.guessed import GuessedBackground
from mattekit.training.supervised import on_device


class Grey(nn.Module):
    """Takes every background for grey."""

    stride = 1
    needs_trimap = True
    extra_planes = ()
    strategies = ("whole",)

    def __init__(self) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.tensor(0.5))

    def forward(self, image: Tensor, trimap: Tensor) -> Prediction:
        return Prediction(alpha=trimap, background=torch.zeros_like(image) + self.level)


def test_the_guess_stands_where_the_true_background_stood_and_nothing_else_changes() -> None:
    batch = next(discs())
    guessed = GuessedBackground(Grey(), torch.device("cpu"))(batch)
    assert guessed.background is not None
    assert (guessed.background == 0.5).all()
    assert replace(guessed, background=batch.background) == batch


def test_what_is_measured_gets_the_guess_as_well() -> None:
    sample, rng = Discs(length=1).sample(0, np.random.default_rng(0)), np.random.default_rng(0)
    guessed = GuessedBackground(Grey(), torch.device("cpu")).of_sample(sample, rng)
    assert guessed.background is not None
    assert (guessed.background == 0.5).all()
    assert replace(guessed, background=sample.background) == sample


class Echo(Grey):
    """Takes the photo for the background."""

    def forward(self, image: Tensor, trimap: Tensor) -> Prediction:
        return Prediction(alpha=trimap, background=image)


def test_the_guess_for_what_is_measured_is_made_at_the_size_that_is_asked_for() -> None:
    sample, rng = Discs(length=1).sample(0, np.random.default_rng(0)), np.random.default_rng(0)
    cpu = torch.device("cpu")
    whole = GuessedBackground(Echo(), cpu, Whole()).of_sample(sample, rng)
    small = GuessedBackground(Echo(), cpu, Whole(max_size=4)).of_sample(sample, rng)
    assert whole.background is not None
    assert small.background is not None
    assert np.array_equal(whole.background, sample.image)
    assert not np.allclose(small.background, sample.image, atol=0.01)


def test_the_guessing_network_does_not_learn() -> None:
    network = Grey()
    guessed = GuessedBackground(network, torch.device("cpu"))(next(discs()))
    assert guessed.background is not None
    assert not guessed.background.requires_grad
    assert not network.level.requires_grad


def test_every_method_sees_batches_that_were_prepared() -> None:
    settings = make_setup(guessed_background=GuessedBackground(Grey(), torch.device("cpu")))
    background = on_device(next(discs()), settings).background
    assert background is not None
    assert (background == 0.5).all()


def test_a_network_without_a_guess_is_refused() -> None:
    with pytest.raises(BadRecipe, match="guesses no background; name one of samplenet"):
        GuessedBackground(ToyNetwork(), torch.device("cpu"))(next(discs()))
    sample, rng = Discs(length=1).sample(0, np.random.default_rng(0)), np.random.default_rng(0)
    with pytest.raises(BadRecipe, match="guesses no background; name one of samplenet"):
        GuessedBackground(ToyNetwork(), torch.device("cpu")).of_sample(sample, rng)

"""The loss of an expected error."""

import math

import pytest
import torch

from mattekit.core.errors import BadArgument
from mattekit.core.tensors import Batch, Prediction
from mattekit.losses.confidence import ExpectedErrorConfig

TRIMAP = torch.full((1, 1, 1, 2), 0.5)
BATCH = Batch(image=torch.zeros(1, 3, 1, 2), alpha=torch.zeros(1, 1, 1, 2), trimap=TRIMAP)
ALPHA = torch.tensor([0.1, 0.3]).view(1, 1, 1, 2)


def loss_of(expected: torch.Tensor, alpha: torch.Tensor = ALPHA) -> torch.Tensor:
    prediction = Prediction(alpha=alpha, log_error=expected.log())
    return ExpectedErrorConfig(smallest=0)(prediction, BATCH).value()


def test_the_true_error_is_the_best_expectation() -> None:
    best = loss_of(ALPHA)
    assert best.item() == pytest.approx(1 + (math.log(0.1) + math.log(0.3)) / 2)
    assert loss_of(1.2 * ALPHA) > best
    assert loss_of(0.8 * ALPHA) > best


def test_alpha_is_not_pulled_by_it() -> None:
    alpha, expected = ALPHA.clone().requires_grad_(), ALPHA.clone().requires_grad_()
    loss_of(expected, alpha).backward()
    assert alpha.grad is None
    assert expected.grad is not None


def test_a_network_without_an_expectation_is_refused() -> None:
    with pytest.raises(BadArgument, match="predicts its error"):
        ExpectedErrorConfig()(Prediction(alpha=ALPHA), BATCH)

"""Losses of alpha: its derivatives, and the error that is expected of it."""

import math

import pytest
import torch

from mattekit.core.errors import BadArgument
from mattekit.core.tensors import Batch, Prediction
from mattekit.losses.alpha import (
    ExpectedErrorConfig,
    GradientL1Config,
    GradientMagnitudeConfig,
    gradient_magnitude,
)

TRIMAP = torch.full((1, 1, 1, 2), 0.5)
BATCH = Batch(image=torch.zeros(1, 3, 1, 2), alpha=torch.zeros(1, 1, 1, 2), trimap=TRIMAP)
ALPHA = torch.tensor([0.1, 0.3]).view(1, 1, 1, 2)

STEP = torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]).view(1, 1, 2, 3)


def test_a_difference_belongs_to_its_right_and_its_lower_pixel() -> None:
    trimap = torch.tensor([[0.0, 0.0, 0.5], [0.0, 0.0, 0.0]]).view(1, 1, 2, 3)
    batch = Batch(image=torch.zeros(1, 3, 2, 3), alpha=torch.zeros_like(STEP), trimap=trimap)
    # along x one step of 1 counts in one unknown pixel; no unknown pixel has one above it
    unknown = GradientL1Config(region="unknown")(Prediction(alpha=STEP), batch)
    assert unknown.value().item() == pytest.approx(1)
    # along x two steps in four pixels, along y none
    whole = GradientL1Config(region="whole")(Prediction(alpha=STEP), batch)
    assert whole.value().item() == pytest.approx(0.5)


def test_the_steepness_is_zero_in_the_last_column_and_row() -> None:
    ramp = torch.tensor([[0.0, 3.0], [4.0, 7.0]]).view(1, 1, 2, 2)
    assert gradient_magnitude(ramp, 0).flatten().tolist() == [5, 4, 3, 0]
    assert gradient_magnitude(ramp, 11).flatten().tolist() == pytest.approx(
        [6, 27**0.5, 20**0.5, 11**0.5]
    )


@pytest.mark.parametrize(("paste", "expected"), [(True, 0), (False, 1)])
def test_pasting_takes_wrong_known_pixels_out_of_the_steepness(paste: bool, expected) -> None:
    trimap = torch.tensor([[0.5, 0.0]]).view(1, 1, 1, 2)
    true, predicted = torch.zeros(1, 1, 1, 2), torch.tensor([[0.0, 1.0]]).view(1, 1, 1, 2)
    batch = Batch(image=torch.zeros(1, 3, 1, 2), alpha=true, trimap=trimap)
    loss = GradientMagnitudeConfig(paste=paste, floor=0)
    assert loss(Prediction(alpha=predicted), batch).value().item() == pytest.approx(expected)


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

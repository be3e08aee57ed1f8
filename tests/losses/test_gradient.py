"""First derivatives of alpha."""

import pytest
import torch

from mattekit.core.tensors import Batch, Prediction
from mattekit.losses.gradient import GradientMagnitudeConfig, gradient_l1, gradient_magnitude

STEP = torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]).view(1, 1, 2, 3)


def test_a_difference_belongs_to_its_right_and_its_lower_pixel() -> None:
    true = torch.zeros_like(STEP)
    trimap = torch.tensor([[0.0, 0.0, 0.5], [0.0, 0.0, 0.0]]).view(1, 1, 2, 3)
    # along x one step of 1 counts in one unknown pixel; no unknown pixel has one above it
    assert gradient_l1(STEP, true, trimap, region="unknown").value().item() == pytest.approx(1)
    # along x two steps in four pixels, along y none
    assert gradient_l1(STEP, true, trimap, region="whole").value().item() == pytest.approx(0.5)


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

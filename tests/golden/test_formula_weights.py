"""The formula itself, against the numbers that its description gives."""

import pytest
import torch
from golden.formula_weights import check, formula_tensor, sample_input


def test_the_formula_gives_the_recorded_weights() -> None:
    weight = formula_tensor("conv1_1.weight", (64, 4, 3, 3))
    expected = torch.tensor([-0.2342889, 0.3918236, -0.1846579])
    torch.testing.assert_close(weight.flatten()[:3], expected, atol=1e-7, rtol=0)


def test_the_kind_of_a_weight_sets_its_scale() -> None:
    assert formula_tensor("a.running_var", (1000,)).min() >= 1
    assert formula_tensor("a.running_mean", (1000,)).abs().max() <= 0.05
    assert formula_tensor("a.weight", (1000,)).sub(1).abs().max() <= 0.1
    assert formula_tensor("a.bias", (1000,)).abs().max() <= 0.02
    assert formula_tensor("a.num_batches_tracked", ()).dtype == torch.int64
    doubled = formula_tensor("a.weight", (8, 4, 3, 3), factor=2.0)
    torch.testing.assert_close(doubled, 2 * formula_tensor("a.weight", (8, 4, 3, 3)))


def test_the_input_is_the_recorded_picture() -> None:
    image, trimap = sample_input()
    means = torch.tensor([0.5000242, 0.4998250, 0.4948057])
    torch.testing.assert_close(image.mean(dim=(0, 2, 3)), means, atol=1e-6, rtol=0)
    pixel = torch.tensor([0.9879327, 0.9476842, 0.9495364])
    torch.testing.assert_close(image[0, :, 5, 7], pixel, atol=1e-6, rtol=0)
    assert [(trimap == label).sum().item() for label in (1, 0.5, 0)] == [1789, 3236, 7263]


def test_a_small_difference_is_found() -> None:
    plane = torch.linspace(0, 1, 20).view(1, 1, 4, 5)
    golden = {"shape": [1, 1, 4, 5], "mean": 0.5, "std": plane.std(correction=0).item()}
    golden |= {"min": 0.0, "max": 1.0, "idx": [3], "values": [3 / 19]}
    check(plane, golden)
    with pytest.raises(AssertionError):
        check(plane + 2e-4, golden)

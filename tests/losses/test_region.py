"""Regions, their counts, and what is divided by what."""

import pytest
import torch

from mattekit.losses.region import (
    RegionWeights,
    paste_known,
    region_mean,
    smooth_abs,
    weight_of,
)

TRIMAP = torch.tensor([[0.0, 0.5, 0.5, 1.0]]).view(1, 1, 1, 4)
VALUES = torch.tensor([[1.0, 2.0, 4.0, 8.0]]).view(1, 1, 1, 4)


@pytest.mark.parametrize(
    ("region", "divide_by", "expected"),
    [
        ("whole", "region", 15 / 4),
        ("unknown", "region", 3),
        ("foreground", "region", 8),
        ("background", "region", 1),
        ("unknown", "unknown+1", 2),
        ("whole", "unknown+1", 5),
        (RegionWeights(unknown=4, foreground=2, background=0), "region", (4 * 6 + 2 * 8) / 10),
    ],
)
def test_a_region_mean_is_the_sum_over_the_region_by_the_count(
    region, divide_by, expected: float
) -> None:
    assert region_mean(VALUES, TRIMAP, region, divide_by).value().item() == pytest.approx(expected)


@pytest.mark.parametrize("divide_by", ["region", "unknown+1"])
def test_an_empty_region_has_the_mean_zero(divide_by) -> None:
    known = torch.zeros_like(TRIMAP)
    assert region_mean(VALUES, known, "unknown", divide_by).value().item() == 0


def test_weights_belong_to_the_classes_of_the_trimap() -> None:
    weights = RegionWeights(unknown=4, foreground=2, background=3)
    assert weight_of(weights, TRIMAP).flatten().tolist() == [3, 4, 4, 2]


def test_known_pixels_are_pasted_from_the_trimap() -> None:
    pasted = paste_known(torch.full_like(TRIMAP, 0.3), TRIMAP)
    assert pasted.flatten().tolist() == pytest.approx([0, 0.3, 0.3, 1])


def test_a_smooth_absolute_value_has_a_derivative_at_zero() -> None:
    x = torch.zeros(1, requires_grad=True)
    value = smooth_abs(x, 1e-6)
    value.backward()
    assert value.item() == pytest.approx(1e-6)
    assert x.grad.item() == 0
    assert smooth_abs(torch.tensor(-3.0), 0).item() == 3


def test_small_weights_do_not_make_a_loss_small() -> None:
    wrong = torch.ones(1, 1, 8, 8)
    weights = RegionWeights(unknown=0.001, foreground=0.001, background=0.001)
    assert region_mean(wrong, wrong / 2, weights).value().item() == pytest.approx(1)


@pytest.mark.parametrize("divide_by", ["region", "unknown+1"])
def test_parts_of_a_batch_are_divided_by_the_count_of_the_whole(divide_by) -> None:
    parts = [
        region_mean(VALUES[..., half], TRIMAP[..., half], "whole", divide_by)
        for half in (slice(0, 1), slice(1, 4))
    ]
    counts = parts[0].counts + parts[1].counts
    found = sum(part.quotients(counts).sum().item() for part in parts)
    whole = region_mean(VALUES, TRIMAP, "whole", divide_by).value().item()
    assert found == pytest.approx(whole)

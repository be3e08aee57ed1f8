"""Objectives of adversarial training by hand-computed values."""

import math

import pytest
import torch

from mattekit.losses.adversarial import critic_objective, generator_objective

REAL = torch.tensor([2.0, 0.5]).view(1, 1, 1, 2)
COMPOSED = torch.tensor([-2.0, 1.0]).view(1, 1, 1, 2)


def entropy(logit: float, label: int) -> float:
    probability = 1 / (1 + math.exp(-logit))
    return -math.log(probability if label else 1 - probability)


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        ("bce", (entropy(-2, 1) + entropy(1, 1)) / 2),
        ("lsgan", (9 + 0) / 2),
        ("hinge", 0.5),
    ],
)
def test_the_generator_wants_high_logits(objective, expected: float) -> None:
    assert generator_objective(COMPOSED, objective).item() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        ("bce", sum(map(entropy, (2, 0.5, -2, 1), (1, 1, 0, 0))) / 4),
        ("lsgan", ((1 + 0.25) / 2 + (4 + 1) / 2) / 2),
        ("hinge", ((0 + 0.5) / 2 + (0 + 2) / 2) / 2),
    ],
)
def test_the_critic_wants_high_logits_for_real_only(objective, expected: float) -> None:
    assert critic_objective(REAL, COMPOSED, objective).item() == pytest.approx(expected)


def test_huge_logits_stay_finite() -> None:
    assert math.isfinite(critic_objective(-1e4 * REAL, 1e4 * COMPOSED, "bce").item())

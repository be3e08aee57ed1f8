"""The published losses, built from recipe entries, give the published values."""

from pathlib import Path

import pytest
import torch
from losses.analytic_sample import analytic_sample

from mattekit.losses import LossConfig
from mattekit.recipes.reading import read, read_tree

FILE = Path(__file__).with_name("published.yaml")
ROUNDING = 6e-8  # the values are given with seven decimals
PUBLISHED = read_tree(FILE.read_text(), FILE.name)


def value(entries: list[dict[str, str]], dtype: torch.dtype) -> float:
    prediction, batch = analytic_sample(dtype)
    losses = read(tuple[LossConfig, ...], entries, "losses")
    return sum(loss.weight * loss(prediction, batch).value().item() for loss in losses)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_recipe_entry_has_the_published_value(name: str) -> None:
    expected = float(PUBLISHED[name]["value"])
    entries = PUBLISHED[name]["losses"]
    assert value(entries, torch.float64) == pytest.approx(expected, abs=ROUNDING)
    assert value(entries, torch.float32) == pytest.approx(expected, rel=1e-4)


def test_the_sample_is_the_documented_one() -> None:
    prediction, batch = analytic_sample()
    counts = [(batch.trimap == value).sum().item() for value in (0, 1, 0.5)]
    assert counts == [1268, 1020, 1808]
    assert batch.alpha.sum().item() == pytest.approx(1847.267881, abs=1e-6)
    assert prediction.alpha.sum().item() == pytest.approx(1861.104401, abs=1e-6)

"""The bank: true composites, new pairs in every batch, decided by the seed alone."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from training.toys import discs

from mattekit.core.errors import BadData
from mattekit.imaging.compose import over
from mattekit.training.bank import Bank, BankConfig, bank_batches, turned

CPU = torch.device("cpu")


@pytest.fixture
def bank() -> Bank:
    return Bank(discs(), 10, CPU)


def test_batches_are_true_composites_with_trimaps_of_three_values(bank: Bank) -> None:
    batch = bank.batch(6, np.random.default_rng(0))
    assert batch.foreground is not None
    assert batch.background is not None
    assert torch.equal(batch.image, over(batch.foreground, batch.alpha, batch.background))
    assert set(batch.trimap.unique().tolist()) == {0, 0.5, 1}
    assert len(batch.names) == 6


def test_alpha_foreground_and_trimap_are_turned_together(bank: Bank) -> None:
    batch = bank.batch(6, np.random.default_rng(1))
    known = batch.trimap != 0.5
    assert torch.equal(batch.alpha[known], batch.trimap[known])


def test_foregrounds_meet_other_backgrounds(bank: Bank) -> None:
    own = {
        (front.round(decimals=1), behind.round(decimals=1))
        for front, behind in zip(
            bank.planes["foreground"].float().mean((1, 2, 3)),
            bank.planes["background"].float().mean((1, 2, 3)),
            strict=True,
        )
    }
    batches = islice(bank_batches(bank, 4, seed=(0, 0), start=0), 20)
    pairs = {
        (round(float(front.mean() * 255), 1), round(float(behind.mean() * 255), 1))
        for batch in batches
        for front, behind in zip(batch.foreground, batch.background, strict=True)
    }
    assert len(pairs) > 3 * len(own)


def test_a_restart_goes_on_with_the_same_batches(bank: Bank) -> None:
    whole = list(islice(bank_batches(bank, 4, seed=(3, 0), start=0), 5))
    rest = list(islice(bank_batches(bank, 4, seed=(3, 0), start=3), 2))
    assert [torch.equal(whole[3 + n].image, rest[n].image) for n in range(2)] == [True, True]
    other = next(bank_batches(bank, 4, seed=(3, 1), start=3))
    assert not torch.equal(other.image, rest[0].image)


def test_a_turn_by_quarters_and_a_mirror() -> None:
    plane = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    assert turned(plane, 1, False)[0, 0].tolist() == [[2, 4], [1, 3]]
    assert turned(plane, 0, True)[0, 0].tolist() == [[2, 1], [4, 3]]


def test_data_without_colours_or_with_estimates_are_refused() -> None:
    batch = next(discs())
    for wrong in (replace(batch, foreground=None), replace(batch, prior=batch.alpha)):
        with pytest.raises(BadData, match=r"data\.bank=null"):
            Bank(iter([wrong]), 2, CPU)
    with pytest.raises(ValueError, match="at least 1"):
        BankConfig(crops=0)

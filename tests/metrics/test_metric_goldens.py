"""Recorded numbers of the published codes, and values worked out by hand."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mattekit.metrics import PROTOCOLS, conn, grad, measure, sad

GOLDENS = json.loads((Path(__file__).parents[1] / "golden" / "metrics.json").read_text())


def analytic_sample() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A soft disc and a rippled prediction of it."""
    i, j = np.mgrid[:64, :64].astype(np.float64)
    true = np.clip((24 - np.hypot(i - 31.5, j - 31.5)) / 12 + 0.5, 0, 1)
    predicted = np.clip(true + 0.1 * np.sin(i / 3) * np.cos(j / 5), 0, 1)
    trimap = np.where(true <= 0, 0, np.where(true >= 1, 2, 1)).astype(np.uint8)
    return predicted, true, trimap


def test_the_analytic_sample_is_the_recorded_one() -> None:
    predicted, true, trimap = analytic_sample()
    assert np.bincount(trimap.ravel()).tolist() == [1268, 1808, 1020]
    assert true.sum() == pytest.approx(1847.267881)
    assert predicted.sum() == pytest.approx(1861.104401)


@pytest.mark.parametrize("case", GOLDENS)
def test_metrics_equal_the_recorded_values(case: str) -> None:
    protocol, _, region = case.partition(", region ")
    found = measure(*analytic_sample(), protocol, region or None, metrics=list(GOLDENS[case]))
    assert found == pytest.approx(GOLDENS[case], rel=1e-5)


def test_official_gradient_stretches_both_mattes_to_the_full_range() -> None:
    predicted, true, trimap = analytic_sample()
    everywhere = np.ones_like(trimap)
    narrow = 0.2 + 0.6 * predicted, 0.2 + 0.6 * true, everywhere
    full = grad(predicted, true, everywhere)
    assert grad(*narrow) == pytest.approx(full, rel=1e-9)
    assert grad(*narrow, protocol="gca") == pytest.approx(0.36 * full, rel=1e-9)


def test_of_two_equal_components_official_takes_the_one_that_a_scan_by_columns_meets_first() -> (
    None
):
    true = np.zeros((8, 8))
    true[4:6, 0:2] = 0.9  # first by columns
    true[0:2, 4:6] = 1.0  # first by rows
    predicted = (true > 0).astype(np.float64)
    everywhere = np.ones((8, 8), np.uint8)
    assert conn(predicted, true, everywhere, "official") == 0  # 0.1 off is within the tolerance
    by_rows = replace(PROTOCOLS["official"], connectivity_tie="first by rows")
    # The left block is now cut off: its four pixels are 1.0 and 0.9 above their connected level 0.
    assert conn(predicted, true, everywhere, by_rows) == pytest.approx(4 * 0.1 / 1000, rel=1e-5)


def test_an_8_bit_value_of_153_reaches_the_threshold_0_6_only_in_single_precision() -> None:
    true = np.ones((4, 4))
    true[:, 2:] = 153 / 255
    predicted = np.where(true < 1, 0.77, 1.0)
    everywhere = np.ones((4, 4), np.uint8)
    # Connected up to 0.6: the prediction is 0.17 above it, the truth 0.
    assert conn(predicted, true, everywhere) == pytest.approx(8 * 0.17 / 1000, rel=1e-5)
    # Connected up to 0.5 only: 0.27 above it, the truth 0.1 and so within the tolerance.
    double = replace(PROTOCOLS["official"], connectivity_numbers="double precision")
    assert conn(predicted, true, everywhere, double) == pytest.approx(8 * 0.27 / 1000, rel=1e-9)


def test_gca_counts_the_background_as_a_component() -> None:
    true = np.zeros((10, 10))
    true[4:6, 4:6] = 1
    predicted = np.where(true == 1, 0.8, 0)
    everywhere = np.ones((10, 10), np.uint8)
    # The body is found up to 0.8; official leaves no error beyond the truth's 0.2 above it.
    assert conn(predicted, true, everywhere) == pytest.approx(4 * 0.2 / 1000, rel=1e-5)
    # For gca the 96 background pixels are the body, so the square is cut off: 0.8 against 1.
    assert conn(predicted, true, everywhere, "gca") == pytest.approx(4 * 0.2 / 1000)
    halved = np.where(true == 1, 0.9, 0)
    assert conn(halved, true, everywhere) == 0
    assert conn(halved, true, everywhere, "gca") == pytest.approx(4 * 0.1 / 1000)


def test_gfm_skips_a_level_that_no_pixel_reaches_in_both_mattes() -> None:
    true = np.full((5, 5), 0.95)
    predicted = np.full((5, 5), 0.45)
    # Official: connected up to 0.4, so the truth is 0.55 above. GFM: everything counts as 1.
    everywhere = np.ones((5, 5), np.uint8)
    assert conn(predicted, true, everywhere) == pytest.approx(25 * 0.55 / 1000, rel=1e-5)
    assert conn(predicted, true, protocol="gfm") == 0


def test_dim_2019_sums_over_the_whole_picture_and_does_not_divide() -> None:
    true = np.full((10, 10), 0.5)
    trimap = np.full((10, 10), 2, np.uint8)
    trimap[:, :5] = 1
    predicted = np.full((10, 10), 0.7)
    # 50 unknown pixels are 0.2 off; 50 known ones are pasted to 1, which is 0.5 off.
    assert sad(predicted, true, trimap, "dim-2019") == pytest.approx(50 * 0.2 + 50 * 0.5)
    assert sad(predicted, true, trimap, "official") == pytest.approx(50 * 0.2 / 1000)

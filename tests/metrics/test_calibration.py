"""Expected errors beside those made: exact values, ties, nothing to find."""

import numpy as np
import pytest

from mattekit.metrics.calibration import rank_correlation, sparsification_error

MADE = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.0, 0.0, 0.0, 0.0, 0.0])


def test_doubting_the_wrong_pixels_is_worse_than_chance() -> None:
    assert sparsification_error(MADE, MADE) == 0
    expected = -MADE  # doubts what is right
    assert sparsification_error(expected, MADE) == pytest.approx(0.7 / 0.5)


def test_half_of_what_can_be_found() -> None:
    expected = np.array([0, 0, 0, 0, 0.9, 0.8, 0, 0, 0, 0])  # the worst pixel, and a right one
    assert sparsification_error(expected, MADE) == pytest.approx((0.7 - 0.4) / (0.7 - 0.2))


def test_pixels_that_are_doubted_alike_count_by_their_mean() -> None:
    expected = np.array([0, 0, 0, 0.5, 0.5, 0.5, 0.5, 0, 0, 0])  # two of these four are taken
    assert sparsification_error(expected, MADE) == pytest.approx((0.7 - 0.35) / (0.7 - 0.2))


@pytest.mark.parametrize("made", [np.zeros(7), np.full(7, 0.25), np.zeros(0)])
def test_where_every_pixel_is_alike_nothing_is_misplaced(made: np.ndarray) -> None:
    assert sparsification_error(np.linspace(0, 1, made.size), made) == 0


@pytest.mark.slow
def test_the_rank_correlation_is_spearmans() -> None:
    first, second = [1.0, 2, 3, 4, 5], [2.0, 1, 4, 3, 5]
    assert rank_correlation(first, second) == pytest.approx(0.8)
    assert rank_correlation(first, [-value for value in first]) == pytest.approx(-1)
    assert rank_correlation([1, 1, 2], [5, 5, 9]) == pytest.approx(1)  # equals share a rank
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None
    assert rank_correlation([4], [4]) is None

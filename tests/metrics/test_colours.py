"""Colour error and halo on values worked out by hand."""

import numpy as np
import pytest

from mattekit.core.errors import BadImage
from mattekit.metrics.colours import colour_error, halo_score, halo_scores


def plain(value: float, size: tuple[int, int] = (2, 2)) -> np.ndarray:
    return np.full((*size, 3), value, np.float32)


def test_colour_error_counts_soft_pixels_by_a_times_one_minus_a() -> None:
    alpha = np.array([[0.0, 0.5], [0.9, 1.0]], np.float32)
    predicted = plain(0.2)
    predicted[0, 1] = 0.6  # 0.4 off, weight 0.25
    predicted[1, 0] = 0.3  # 0.1 off, weight 0.09
    predicted[0, 0] = predicted[1, 1] = 1.0  # invisible and solid pixels do not count
    expected = (0.25 * 0.4 + 0.09 * 0.1) / 0.34
    assert colour_error(predicted, plain(0.2), alpha) == pytest.approx(expected, rel=1e-5)


def test_without_soft_pixels_the_colour_error_is_zero() -> None:
    assert colour_error(plain(1), plain(0), np.ones((2, 2), np.float32)) == 0


def test_halo_is_the_sad_of_the_composites() -> None:
    alpha = np.full((2, 2), 0.5, np.float32)
    # On black: 0.5 * 0.8 against 0.5 * 0.2, so 0.3 at each of four pixels.
    assert halo_score(plain(0.8), alpha, plain(0.2), alpha, plain(0)) == pytest.approx(0.0012)


def test_a_wrong_alpha_shows_only_on_backgrounds_of_another_colour() -> None:
    wrong, true = np.full((2, 2), 0.5, np.float32), np.full((2, 2), 0.75, np.float32)
    scores = halo_scores(plain(1), wrong, plain(1), true, plain(1))
    assert scores["halo on white"] == 0
    assert scores["halo on true background"] == 0
    assert scores["halo on black"] == pytest.approx(4 * 0.25 / 1000)
    assert scores["halo on magenta"] == pytest.approx(4 * 0.25 / 3 / 1000)


def test_different_sizes_are_refused() -> None:
    with pytest.raises(BadImage, match="different sizes"):
        colour_error(plain(1, (2, 3)), plain(1), np.ones((2, 2), np.float32))

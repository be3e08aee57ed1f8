"""Fields, warps and steps."""

import numpy as np
import pytest

from mattekit.synthetic.fields import field, positions, smooth_field, soft_step, warped


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (7, 3), (50, 90)])
def test_a_field_has_the_size_asked_for(rng: np.random.Generator, size: tuple[int, int]) -> None:
    assert field(rng, size).shape == smooth_field(rng, size, scale=0.4).shape == size


def test_a_field_has_mean_0_and_deviation_1_whatever_its_range(rng: np.random.Generator) -> None:
    for coarse, fine in ((0.5, 1.0), (0.1, 1.0), (0.3, 4.0)):
        planes = [field(rng, (200, 200), coarse=coarse, fine=fine) for _ in range(8)]
        assert abs(np.mean(planes)) < 0.35
        assert np.std(planes) == pytest.approx(1, abs=0.25)


def test_a_field_has_no_detail_finer_than_asked_for(rng: np.random.Generator) -> None:
    steps = [np.abs(np.diff(field(rng, (128, 128), fine=fine))).mean() for fine in (1.0, 4.0, 16.0)]
    assert steps[0] > 1.5 * steps[1] > 3 * steps[2]


def test_no_lattice_shows_in_a_field(rng: np.random.Generator) -> None:
    """Columns differ as much at multiples of a power of two as elsewhere."""
    steps = np.mean(
        [np.abs(np.diff(field(rng, (64, 257)), axis=1)) for _ in range(60)], axis=(0, 1)
    )
    assert steps[15::16].mean() == pytest.approx(steps.mean(), rel=0.05)


def test_warping_by_whole_pixels_moves_the_plane() -> None:
    x, y = positions((20, 30))
    still = np.zeros_like(x)
    assert warped(x, still + 3, still)[:, :26] == pytest.approx(x[:, :26] + 3)
    assert warped(y, still, still - 2)[2:] == pytest.approx(y[2:] - 2)


def test_a_soft_step_is_0_below_1_above_and_half_between() -> None:
    plane = np.array([[-5.0, 1.0, 2.0, 3.0, 9.0]])
    assert soft_step(plane, 1.0, 3.0)[0] == pytest.approx([0, 0, 0.5, 1, 1])

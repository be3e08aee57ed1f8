"""Trimaps drawn while training: by hand on small alphas, and their widths over many draws."""

from collections.abc import Callable

import numpy as np
import pytest
from data.augmentation.eight import DRAWS, draws, eight

from mattekit.core.types import Alpha, Sample, Trimap
from mattekit.data.augmentation.trimaps import (
    BandTrimapConfig,
    DrawnTrimapConfig,
    EllipseTrimapConfig,
    LegacyTrimapConfig,
    ShiftedTrimapConfig,
)

Step = Callable[[Sample, np.random.Generator], Sample]
HARD = np.tile(np.repeat(np.float32([0, 1]), 4), (8, 1))
"""Background on the left, foreground on the right."""


def trimap_of(step: Step, alpha: Alpha, rng: np.random.Generator) -> Trimap:
    image = np.zeros((*alpha.shape, 3), dtype=np.float32)
    trimap = step(Sample(image=image, alpha=alpha), rng).trimap
    assert trimap is not None
    return trimap


def first_rows(step: Step, alpha: Alpha) -> list[Trimap]:
    return [trimap_of(step, alpha, np.random.default_rng(n))[0] for n in range(DRAWS)]


def edge(width: int) -> Alpha:
    """Three rows with a hard edge in the middle."""
    return np.tile(np.repeat(np.float32([0, 1]), width // 2), (3, 1))


def test_a_band_has_the_width_that_is_asked_for(rng: np.random.Generator) -> None:
    trimap = trimap_of(BandTrimapConfig(widths=(2, 2)), HARD, rng)
    assert trimap.tolist() == [[0, 0, 1, 1, 1, 1, 2, 2]] * 8


@pytest.mark.slow
def test_both_widths_of_a_band_are_drawn_apart_and_evenly() -> None:
    after = draws(BandTrimapConfig(widths=(0, 3)), eight(alpha=HARD))
    rows = [one.trimap[0] for one in after if one.trimap is not None]
    outer, inner = (
        [int((row[half] == 1).sum()) for row in rows] for half in (slice(4), slice(4, 8))
    )
    for widths in (outer, inner):
        assert set(widths) == {0, 1, 2, 3}
        assert np.mean(widths) == pytest.approx(1.5, abs=0.08)
    assert abs(np.corrcoef(outer, inner)[0, 1]) < 0.07


@pytest.mark.slow
def test_the_published_generator_takes_5_to_14_steps_of_2_to_4_pixels() -> None:
    widths = [int((row == 1).sum()) for row in first_rows(LegacyTrimapConfig(), edge(120))]
    possible = {(kernel - 1) * steps for kernel in (2, 3, 4) for steps in range(5, 15)}
    assert set(widths) == possible
    assert np.mean(widths) == pytest.approx(19, abs=0.7)


def test_an_ellipse_of_3_widens_a_hard_edge_by_one_pixel(rng: np.random.Generator) -> None:
    trimap = trimap_of(EllipseTrimapConfig(kernel=3), HARD, rng)
    assert trimap.tolist() == [[0, 0, 0, 1, 1, 2, 2, 2]] * 8


def test_an_ellipse_of_25_gives_a_band_of_12_on_either_side(rng: np.random.Generator) -> None:
    row = trimap_of(EllipseTrimapConfig(), edge(60), rng)[0]
    assert np.flatnonzero(row == 1).tolist() == list(range(18, 42))


def test_a_shifted_band_by_hand(rng: np.random.Generator) -> None:
    still = ShiftedTrimapConfig(sizes=(3, 3), shift=0, least_background=0)
    assert trimap_of(still, eight().alpha, rng).tolist() == [[0, 0, 1, 1, 1, 1, 2, 2]] * 8


@pytest.mark.slow
def test_a_band_that_shifted_leaves_a_soft_pixel_to_the_background() -> None:
    slipping = ShiftedTrimapConfig(sizes=(1, 1), shift=2, least_background=0)
    rows = {tuple(row.tolist()) for row in first_rows(slipping, eight().alpha)}
    assert (0, 0, 0, 0, 1, 1, 2, 2) in rows  # by one pixel to the right
    assert (0, 1, 1, 0, 0, 2, 2, 2) in rows  # by two to the left


def test_with_too_little_background_left_the_band_is_as_narrow_as_it_can_be(
    rng: np.random.Generator,
) -> None:
    assert (
        trimap_of(ShiftedTrimapConfig(), eight().alpha, rng).tolist()
        == [[0, 0, 0, 1, 1, 2, 2, 2]] * 8
    )


@pytest.mark.slow
def test_the_band_is_5_to_35_wide_and_slips_by_up_to_half_of_that() -> None:
    alpha = np.zeros((76, 76), dtype=np.float32)
    alpha[38, 38] = 0.5
    sizes, shifts = [], []
    for number in range(DRAWS):
        trimap = trimap_of(ShiftedTrimapConfig(), alpha, np.random.default_rng(number))
        rows, columns = (np.flatnonzero((trimap == 1).any(axis=axis)) for axis in (1, 0))
        sizes.append(len(rows))
        for place in (rows, columns):
            shifts.append((place[0] + place[-1]) / 2 - 38)
            assert abs(shifts[-1]) <= (len(rows) + 1) / 2
    assert (min(sizes), max(sizes)) == (5, 35)
    assert np.mean(sizes) == pytest.approx(20, abs=0.7)
    assert np.mean(shifts) == pytest.approx(0, abs=0.4)
    assert np.std(shifts) == pytest.approx(6.3, abs=0.4)


def test_a_drawn_trimap_claims_only_what_is_nearly_so() -> None:
    rows, columns = np.mgrid[:64, :64]
    distance = np.hypot(rows - 32, columns - 32)
    alpha = np.clip((20 - distance) / 6 + 0.5, 0, 1).astype(np.float32)
    unknown = []
    for number in range(60):
        trimap = trimap_of(DrawnTrimapConfig(), alpha, np.random.default_rng(number))
        assert alpha[trimap == 2].min(initial=1) >= 0.95
        assert alpha[trimap == 0].max(initial=0) <= 0.05
        unknown.append((trimap == 1).mean())
    assert min(unknown) < 0.3
    assert max(unknown) > 0.6

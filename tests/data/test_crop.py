"""Training windows: around unknown pixels, of the size asked for, planes aligned."""

import numpy as np
import pytest

from mattekit.core.types import UNKNOWN, Sample
from mattekit.data.crop import Crop, resized


def marked(height: int, width: int, at: tuple[int, int]) -> Sample:
    """One unknown pixel; the image holds its own coordinates."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    trimap = np.zeros((height, width), dtype=np.uint8)
    trimap[at] = UNKNOWN
    image = np.stack([rows, columns, rows], axis=-1) / 100
    return Sample(image=image, alpha=rows / 100, trimap=trimap, foreground=image)


@pytest.mark.parametrize("at", [(0, 0), (20, 30), (39, 59), (39, 0)])
def test_the_window_holds_the_unknown_pixel_even_at_the_border(
    at: tuple[int, int], rng: np.random.Generator
) -> None:
    window = Crop([16], 16)(marked(40, 60, at), rng)
    assert window.size == (16, 16)
    assert window.trimap is not None
    assert (window.trimap == UNKNOWN).sum() == 1


def test_all_planes_are_cut_at_the_same_place(rng: np.random.Generator) -> None:
    window = Crop([16], 16)(marked(40, 60, (20, 30)), rng)
    assert window.foreground is not None
    assert np.array_equal(window.image, window.foreground)
    assert np.array_equal(window.image[..., 0], window.alpha)
    assert window.alpha[0, 0] == np.float32(0.12)  # row 20 is the middle of 12 .. 27


def test_of_a_picture_smaller_than_the_window_the_largest_square_is_enlarged(
    rng: np.random.Generator,
) -> None:
    sample = marked(10, 20, (5, 10))
    window = Crop([20], 20)(sample, rng)
    assert window.size == (20, 20)
    columns = window.image[:, :, 1].mean(axis=0) * 100
    assert np.allclose(np.diff(columns)[1:-1], 0.5, atol=0.02)  # twice as wide, not squeezed


def test_a_larger_window_is_resampled_to_the_size_with_labels_kept(
    rng: np.random.Generator,
) -> None:
    sample = marked(40, 40, (20, 20))
    window = Crop([32], 16)(sample, rng)
    assert window.size == (16, 16)
    assert window.trimap is not None
    assert set(np.unique(window.trimap)) <= {0, 1, 2}


def test_every_side_is_drawn(rng: np.random.Generator) -> None:
    sample = marked(64, 64, (32, 32))
    spans = set()
    for _ in range(40):
        window = Crop([16, 32, 48], 16)(sample, rng)
        spans.add(round(float(np.ptp(window.image[:, 0, 0])) * 100, -1))
    assert len(spans) == 3


def test_a_picture_with_nothing_unknown_is_cut_anywhere(rng: np.random.Generator) -> None:
    sample = Sample(
        image=np.zeros((30, 30, 3), dtype=np.float32),
        alpha=np.ones((30, 30), dtype=np.float32),
        trimap=np.zeros((30, 30), dtype=np.uint8),
    )
    assert Crop([8], 8)(sample, rng).size == (8, 8)


def test_a_share_of_the_windows_is_cut_anywhere(rng: np.random.Generator) -> None:
    sample = marked(40, 60, (20, 30))
    windows = [Crop([16], 16, anywhere=0.5)(sample, rng) for _ in range(400)]
    around = [window.trimap is not None and (window.trimap == UNKNOWN).any() for window in windows]
    by_chance = 16 * 16 / (25 * 45)  # corners of windows that hold the pixel, among all corners
    assert np.mean(around) == pytest.approx(0.5 + 0.5 * by_chance, abs=0.07)
    tops = [window.alpha[0, 0] * 100 for window in windows]
    assert (round(min(tops)), round(max(tops))) == (0, 24)


def test_a_resampled_trimap_is_unknown_where_alpha_has_become_soft() -> None:
    alpha = np.zeros((64, 64), np.float32)
    alpha[:, 21:] = 1  # an odd column, so that halving the size mixes its pixels with the next
    trimap = (2 * alpha).astype(np.uint8)
    image = np.zeros((64, 64, 3), np.float32)
    small = resized(Sample(image=image, alpha=alpha, trimap=trimap), (32, 32))
    assert small.trimap is not None
    soft = (small.alpha > 0.02) & (small.alpha < 0.98)
    assert soft.any()
    assert (small.trimap[soft] == 1).all()
    assert (small.trimap[~soft] == 2 * small.alpha[~soft]).all()

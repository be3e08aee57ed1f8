import numpy as np
import pytest

from mattekit.data.augmentation.camera import (
    add_noise,
    gaussian_blur,
    jpeg,
    noise_field,
    resample,
    sharpen,
)
from mattekit.data.augmentation.rssn import box_blur

GREY = np.full((80, 90, 3), 0.5, dtype=np.float32)


def step(width: int = 60) -> np.ndarray:
    """Dark on the left, bright on the right."""
    row = np.where(np.arange(width) < width // 2, np.float32(0.2), np.float32(0.8))
    return np.tile(row[:, None], (40, 1, 3))


def test_noise_has_the_deviation_asked_for_and_no_bias(rng: np.random.Generator) -> None:
    noisy = add_noise(GREY, noise_field(GREY.shape, 10 / 255, rng))
    assert noisy.dtype == np.float32
    assert noisy.std() == pytest.approx(10 / 255, rel=0.02)
    assert noisy.mean() == pytest.approx(0.5, abs=0.001)


def test_noise_on_white_and_black_is_cut_and_never_wraps_around(rng: np.random.Generator) -> None:
    for value in (0.0, 1.0):
        noisy = add_noise(np.full_like(GREY, value), noise_field(GREY.shape, 10 / 255, rng))
        assert 0 <= noisy.min() <= noisy.max() <= 1
        assert np.abs(noisy - value).max() < 0.3


def test_one_field_of_noise_can_be_added_to_several_images(rng: np.random.Generator) -> None:
    field = noise_field(GREY.shape, 0.02, rng)
    difference = add_noise(GREY, field) - GREY
    np.testing.assert_allclose(add_noise(GREY * 0.8, field) - GREY * 0.8, difference, atol=1e-6)


def test_noise_repeats_with_the_seed() -> None:
    first, second = (
        add_noise(GREY, noise_field(GREY.shape, 0.1, np.random.default_rng(3))) for _ in range(2)
    )
    assert np.array_equal(first, second)


@pytest.mark.parametrize("side", [20, 30])
def test_a_box_blur_is_the_mean_over_its_square(side: int, rng: np.random.Generator) -> None:
    image = rng.random((80, 90, 3), dtype=np.float32)
    half = side // 2
    mean = image[40 - half : 40 - half + side, 45 - half : 45 - half + side].mean(axis=(0, 1))
    np.testing.assert_allclose(box_blur(image, side)[40, 45], mean, atol=1e-5)


def test_a_gaussian_blur_spreads_a_point_by_its_deviation() -> None:
    point = np.zeros((61, 61, 3), np.float32)
    point[30, 30] = 1
    weights = gaussian_blur(point, 3.0)[..., 0]
    rows = np.arange(61) - 30
    assert weights.sum() == pytest.approx(1, abs=1e-4)
    assert np.sqrt((weights.sum(axis=1) * rows**2).sum()) == pytest.approx(3, rel=0.02)


def test_sharpening_overshoots_at_an_edge_and_leaves_flat_parts_alone() -> None:
    sharp = sharpen(step(), 1.0)
    assert sharp.max() > 0.85
    assert sharp.min() < 0.15
    np.testing.assert_allclose(sharp[:, :20], 0.2, atol=1e-5)


def test_jpeg_gets_worse_with_lower_quality(rng: np.random.Generator) -> None:
    image = gaussian_blur(rng.random((64, 64, 3), dtype=np.float32), 3.0)
    errors = [float(np.abs(jpeg(image, quality) - image).mean()) for quality in (95, 60, 10)]
    assert errors == sorted(errors)
    assert 0 < errors[0] < errors[2] / 2


def test_resampling_keeps_size_and_mean_and_loses_detail() -> None:
    fine = np.indices((64, 66)).sum(axis=0) % 2
    image = np.repeat(fine[..., None], 3, axis=2).astype(np.float32)
    soft = resample(image, 2.0)
    assert soft.shape == image.shape
    assert soft.mean() == pytest.approx(0.5, abs=0.01)
    assert soft.std() < 0.05

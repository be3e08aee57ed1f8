"""Camera effects: each alone, as often as it says, and always a picture of 8 bits."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from data.augmentation.eight import draws, eight, mixed, plain, rate

from mattekit.data.augmentation.camera import (
    CameraConfig,
    JpegConfig,
    ResampleConfig,
    add_noise,
    demosaiced,
    exposed,
    gaussian_blur,
    jpeg,
    noise_field,
    resample,
    sharpen,
)
from mattekit.data.augmentation.rssn import box_blur

RATES = {"exposure": 0.5, "blur": 0.3, "mosaic": 0.25, "noise": 0.7, "sharpen": 0.3, "jpeg": 0.55}
OFF: dict[str, Any] = dict.fromkeys(RATES, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("effect", RATES)
def test_an_effect_comes_as_often_as_it_says(effect: str) -> None:
    before = eight(image=mixed(1))
    alone = CameraConfig(**(OFF | {effect: RATES[effect]}))
    assert CameraConfig() == CameraConfig(**RATES)
    assert rate(draws(alone, before), before) == pytest.approx(RATES[effect], abs=0.035)


def test_without_effects_the_image_is_rounded_to_8_bits(rng: np.random.Generator) -> None:
    after = CameraConfig(**OFF)(eight(image=plain(0.5, 0.001, 1)), rng)
    assert after.image[0, 0].tolist() == pytest.approx([128 / 255, 0, 1])


def test_exposure_scales_light_and_bends_the_curve() -> None:
    assert exposed(plain(0.2, 0.4, 0.8), gain=2, gamma=0.5)[0, 0].tolist() == pytest.approx(
        [0.4**0.5, 0.8**0.5, 1]
    )


@pytest.mark.slow
def test_gain_and_gamma_scatter_about_one() -> None:
    only = CameraConfig(**(OFF | {"exposure": 1.0}))
    values = [one.image[0, 0] for one in draws(only, eight(image=plain(1, 0.2, 0.2)))]
    dark = np.array([value[1] for value in values])
    assert np.median(dark) == pytest.approx(0.2, abs=0.01)
    assert np.std(np.log(dark)) == pytest.approx(0.15 * np.hypot(1, np.log(0.2)), rel=0.1)


@pytest.mark.slow
def test_noise_grows_with_light_and_never_wraps_around() -> None:
    loud = CameraConfig(**(OFF | {"noise": 1.0, "noise_sigma": (0.03, 0.03), "smooth_noise": 0.0}))
    for level in (0.1, 0.5):
        images = np.stack([one.image for one in draws(loud, eight(image=plain(*[level] * 3)))])
        assert images.mean() == pytest.approx(level, abs=0.001)
        assert images.std() == pytest.approx(0.03 * np.sqrt(level + 0.1), rel=0.05)
    white = np.stack([one.image for one in draws(loud, eight(image=plain(1, 1, 1)))])
    assert white.min() > 0.8


def test_a_mosaic_keeps_flat_colours_and_the_measured_channel() -> None:
    assert np.allclose(demosaiced(plain(0.2, 0.4, 0.6)), plain(0.2, 0.4, 0.6), atol=1 / 255)
    seen = demosaiced(mixed(1))
    assert np.allclose(seen[2:6:2, 2:6:2, 0], mixed(1)[2:6:2, 2:6:2, 0])


RATE = 0.034


def test_jpeg_spoils_the_image_and_leaves_the_layers_clean(rng: np.random.Generator) -> None:
    before = eight(image=mixed(1))
    after = JpegConfig(probability=1, quality=(30, 30))(before, rng)
    assert np.array_equal(after.image, jpeg(mixed(1), 30))
    assert np.abs(after.image - before.image).mean() > 0.05
    assert after.foreground is before.foreground
    assert after.background is before.background
    assert after.alpha is before.alpha


def test_jpeg_keeps_a_flat_grey(rng: np.random.Generator) -> None:
    after = JpegConfig(probability=1)(eight(image=plain(0.4, 0.4, 0.4)), rng)
    assert np.allclose(after.image, 0.4, atol=1.5 / 255)


@pytest.mark.slow
def test_jpeg_comes_in_half_of_the_draws_at_every_quality() -> None:
    before = eight(image=mixed(1))
    quality_of = {jpeg(mixed(1), quality).tobytes(): quality for quality in range(50, 96)}
    assert len(quality_of) == 46
    found = [quality_of.get(one.image.tobytes()) for one in draws(JpegConfig(), before)]
    qualities = [quality for quality in found if quality is not None]
    assert len(qualities) / len(found) == pytest.approx(0.5, abs=RATE)
    assert set(qualities) == set(range(50, 96))
    assert np.mean(qualities) == pytest.approx(72.5, abs=1.5)


def test_resampling_by_two_makes_a_chequered_image_grey(rng: np.random.Generator) -> None:
    chequered = np.indices((8, 8)).sum(axis=0) % 2
    before = eight(image=np.repeat(chequered[..., None], 3, axis=2).astype(np.float32))
    after = ResampleConfig(probability=1, factors=(2, 2))(before, rng)
    assert np.allclose(after.image, 0.5)
    assert after.alpha is before.alpha


def test_resampling_comes_in_half_of_the_draws_by_one_to_two_times() -> None:
    before = eight(image=mixed(1))
    side_of = {resample(mixed(1), 8 / side).tobytes(): side for side in range(4, 9)}
    sides = [side_of[one.image.tobytes()] for one in draws(ResampleConfig(), before)]
    shares = [sides.count(side) / len(sides) for side in range(4, 8)]
    factors = [2, 8 / 4.5, 8 / 5.5, 8 / 6.5, 8 / 7.5]  # between them 8 / factor rounds to a side
    expected = [(large - small) / 2 for large, small in pairwise(factors)]
    assert shares == pytest.approx(expected, abs=0.03)


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

"""JPEG and resampling: in the image alone, as often and as strongly as they say."""

from itertools import pairwise

import numpy as np
import pytest
from data.augmentation.eight import draws, eight, mixed, plain

from mattekit.data.augmentation.camera import JpegConfig, ResampleConfig, jpeg, resample

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

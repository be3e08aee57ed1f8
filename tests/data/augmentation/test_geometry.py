"""Flip, rotation, scale and room: what they do to each plane, how often and how far."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from data.augmentation.eight import ROW, composed, draws, eight, mixed, plain, rate

from mattekit.core.errors import BadData
from mattekit.core.types import Image, Sample
from mattekit.data.augmentation.geometry import (
    FlipConfig,
    RotateConfig,
    ScaleConfig,
    ShrinkToShowBackgroundConfig,
)

RATE = 0.034
"""Three standard deviations of a share of a half among 2,000 draws."""


def ramp() -> Image:
    """Red grows by 0.1 from column to column."""
    image = plain(0, 0, 0)
    image[..., 0] = np.arange(8, dtype=np.float32) / 10
    return image


def slope(sample: Sample) -> tuple[float, float]:
    """How much the red of the foreground grows along columns and rows, in the middle."""
    assert sample.foreground is not None
    red = sample.foreground[3:5, 3:5, 0] * 10
    return float(np.mean(red[:, 1] - red[:, 0])), float(np.mean(red[1] - red[0]))


def test_a_flip_mirrors_every_plane(rng: np.random.Generator) -> None:
    before = eight(foreground=mixed(1), background=mixed(2))
    after = FlipConfig(probability=1)(before, rng)
    assert after.alpha[0].tolist() == ROW[::-1].tolist()
    for name in ("image", "foreground", "background", "trimap"):
        assert np.array_equal(getattr(after, name), getattr(before, name)[:, ::-1])


@pytest.mark.parametrize(
    ("layer", "still"), [("background", "foreground"), ("subject", "background")]
)
def test_a_flip_of_one_layer_composes_the_picture_anew(
    layer: str, still: str, rng: np.random.Generator
) -> None:
    before = eight(foreground=mixed(1), background=mixed(2))
    after = FlipConfig(probability=1, layer=layer)(before, rng)
    assert np.array_equal(getattr(after, still), getattr(before, still))
    assert np.array_equal(
        after.alpha, before.alpha if layer == "background" else ROW[None, ::-1].repeat(8, 0)
    )
    assert np.array_equal(after.image, composed(after))
    assert not np.array_equal(after.image, before.image)


@pytest.mark.parametrize("probability", [0.5, 0.6])
def test_a_flip_comes_as_often_as_it_says(probability: float) -> None:
    before = eight()
    assert rate(draws(FlipConfig(probability=probability), before), before) == pytest.approx(
        probability, abs=RATE
    )


def test_rotation_moves_the_subject_over_a_still_background(rng: np.random.Generator) -> None:
    before = eight(foreground=ramp(), alpha=ramp()[..., 0], background=mixed(2))
    after = RotateConfig(probability=1)(before, rng)
    assert after.foreground is not None
    assert np.allclose(after.foreground[..., 0], after.alpha, atol=1e-6)
    assert np.array_equal(after.background, mixed(2))
    assert np.array_equal(after.image, composed(after))
    assert set(np.unique(after.trimap)) <= {0, 1, 2}


def test_rotation_comes_in_six_of_ten_draws_by_up_to_twenty_degrees_either_way() -> None:
    before = eight(foreground=ramp())
    after = draws(RotateConfig(), before)
    turned = [one for one in after if one is not before]
    assert len(turned) / len(after) == pytest.approx(0.6, abs=RATE)
    angles = [np.degrees(np.arctan2(down, right)) for right, down in map(slope, turned)]
    assert -20.1 < min(angles) < -19.5
    assert 19.5 < max(angles) < 20.1
    assert np.mean(angles) == pytest.approx(0, abs=1)
    assert np.std(angles) == pytest.approx(40 / np.sqrt(12), abs=0.5)


def test_half_the_size_averages_squares_and_leaves_the_rest_transparent(
    rng: np.random.Generator,
) -> None:
    before = eight(background=mixed(2))
    after = ScaleConfig(probability=1, factors=(0.5, 0.5))(before, rng)
    assert after.alpha[0].tolist() == [0] * 8
    assert after.alpha[2].tolist() == [0, 0, 0, 0.125, 0.875, 1, 0, 0]
    assert after.trimap is not None
    assert after.trimap[2, 5] == 2
    assert after.trimap[2, 6] == 0
    assert np.array_equal(after.image[:2], mixed(2)[:2])
    assert np.array_equal(after.image, composed(after))


def test_twice_the_size_shows_the_middle_at_half_the_slope(rng: np.random.Generator) -> None:
    after = ScaleConfig(probability=1, factors=(2, 2))(eight(foreground=ramp()), rng)
    assert slope(after) == pytest.approx((0.5, 0), abs=1e-5)
    assert after.size == (8, 8)


def enlarged_side(sample: Sample) -> int:
    return round(8 / slope(sample)[0])


def shrunken_side(sample: Sample) -> int:
    return int((sample.alpha[4] > 0).sum())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("factors", "side", "sides"),
    [((1.1, 1.5), enlarged_side, {9, 10, 11, 12}), ((0.5, 0.9), shrunken_side, {4, 5, 6, 7})],
)
def test_scale_comes_in_six_of_ten_draws_by_a_factor_from_the_range(
    factors: tuple[float, float], side: Callable[[Sample], int], sides: set[int]
) -> None:
    before = eight(foreground=ramp(), alpha=np.ones((8, 8), dtype=np.float32))
    after = draws(ScaleConfig(factors=factors), before)
    found = [side(one) for one in after if one is not before]  # whole pixels of a canvas of 8
    assert len(found) / len(after) == pytest.approx(0.6, abs=RATE)
    assert set(found) == sides
    assert np.mean(found) / 8 == pytest.approx(sum(factors) / 2, abs=0.02)


def test_a_photo_without_layers_is_turned_as_a_whole_with_mirrored_edges(
    rng: np.random.Generator,
) -> None:
    photo = eight(image=plain(0.5, 0.5, 0.5), foreground=None, background=None)
    after = RotateConfig(probability=1, layer="picture")(photo, rng)
    assert np.allclose(after.image, 0.5)
    with pytest.raises(BadData, match="set layer=picture"):
        RotateConfig(probability=1)(photo, rng)


def test_room_is_made_by_shrinking_until_the_background_shows(rng: np.random.Generator) -> None:
    full = eight(alpha=np.ones((8, 8), dtype=np.float32))
    after = ShrinkToShowBackgroundConfig(pixels=30)(
        full, rng
    )  # 8 -> 6 leaves 28 pixels, 8 -> 5 leaves 39
    assert (after.alpha == 1).sum() == 25
    assert (after.alpha == 0).sum() == 39
    assert np.array_equal(after.image, composed(after))


def test_room_that_is_there_is_left_and_room_that_cannot_be_made_ends(
    rng: np.random.Generator,
) -> None:
    roomy = eight()
    assert ShrinkToShowBackgroundConfig(pixels=24)(roomy, rng) is roomy
    assert ShrinkToShowBackgroundConfig(pixels=1000)(roomy, rng).size == (8, 8)


def test_a_sample_with_estimates_of_its_own_picture_is_refused(rng: np.random.Generator) -> None:
    with_estimates = replace(eight(), prior=np.zeros((8, 8, 5), dtype=np.float32))
    assert FlipConfig(probability=1)(with_estimates, rng).prior is not None
    with pytest.raises(BadData, match="classical estimates"):
        FlipConfig(probability=1, layer="background")(with_estimates, rng)

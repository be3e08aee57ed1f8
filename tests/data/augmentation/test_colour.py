"""Colour jitter: red that turns green, and numbers that follow the published distributions."""

from dataclasses import replace

import numpy as np
import pytest
from data.augmentation.eight import composed, draws, eight, mixed, plain

from mattekit.core.types import Image, Sample
from mattekit.data.augmentation.chance import TruncatedNormal
from mattekit.data.augmentation.colour import ColourConfig, recolour

OFF = {"hue_factor": 1.0, "hue_shift": 0.0, "saturation_factor": 1.0, "gamma": 1.0}
STILL = {name: TruncatedNormal(mean=value) for name, value in OFF.items()}


def changed(colour: tuple[float, float, float], **how: float) -> list[float]:
    image = recolour(plain(*colour), **(OFF | how))
    return [round(float(value), 4) for value in image[5, 5]]


def test_nothing_changes_where_nothing_is_asked_for() -> None:
    assert np.allclose(recolour(mixed(1), **OFF), mixed(1), atol=1e-5)


def test_a_third_of_the_circle_makes_red_green() -> None:
    assert changed((1, 0, 0), hue_shift=85) == [0, 1, 0]
    assert changed((0, 0, 1), hue_shift=85) == [1, 0, 0]


def test_twice_the_hue_of_yellow_is_green() -> None:
    assert changed((1, 1, 0), hue_factor=2) == [0, 1, 0]


def test_saturation_scales_the_distance_to_the_brightest_channel() -> None:
    assert changed((0.8, 0.4, 0.2), saturation_factor=0) == [0.8, 0.8, 0.8]
    assert changed((0.8, 0.4, 0.2), saturation_factor=0.5) == [0.8, 0.6, 0.5]
    assert changed((0.8, 0.4, 0.2), saturation_factor=9) == [0.8, 0.2667, 0]


def test_gamma_is_the_exponent_of_every_channel() -> None:
    assert changed((0.5, 0.2, 1), gamma=2) == [0.25, 0.04, 1]


def test_the_image_follows_the_layer_whose_colours_change(rng: np.random.Generator) -> None:
    before = eight(foreground=mixed(1), background=mixed(2))
    after = ColourConfig()(before, rng)
    assert not np.array_equal(after.foreground, before.foreground)
    assert np.array_equal(after.background, before.background)
    assert np.array_equal(after.image, composed(after))
    both = ColourConfig(layer="picture")(before, rng)
    assert not np.array_equal(both.background, before.background)
    assert np.array_equal(both.image, composed(both))


def test_a_photo_without_layers_changes_as_a_whole(rng: np.random.Generator) -> None:
    photo = eight(image=plain(0.5, 0.5, 0.5), foreground=None, background=None)
    gamma = ColourConfig(layer="picture", **(STILL | {"gamma": TruncatedNormal(mean=2)}))
    assert np.allclose(gamma(photo, rng).image, 0.25)
    with_colours = gamma(replace(photo, foreground=plain(0.4, 0.4, 0.4)), rng)
    assert np.allclose(with_colours.image, 0.25)
    assert with_colours.foreground is not None
    assert np.allclose(with_colours.foreground, 0.16)


def drawn(name: str, colour: Image) -> list[Image]:
    """The foreground's pixel in 2,000 draws of one of the four changes."""
    default = {field: getattr(ColourConfig(), field) for field in OFF}
    step = ColourConfig(**(STILL | {name: default[name]}))
    return [pixel(sample) for sample in draws(step, eight(foreground=colour))]


def pixel(sample: Sample) -> Image:
    assert sample.foreground is not None
    return sample.foreground[0, 0].astype(np.float64)


def check_near_one(values: list[float]) -> None:
    """A normal distribution of mean 1 and deviation 0.2 without what lies beyond 0.5 and 1.5."""
    assert 0.5 <= min(values) < 0.6
    assert 1.4 < max(values) <= 1.5 + 1e-4
    assert np.mean(values) == pytest.approx(1, abs=0.015)
    assert np.std(values) == pytest.approx(0.191, abs=0.01)


@pytest.mark.slow
def test_gamma_follows_its_distribution() -> None:
    check_near_one(
        [np.log(red) / np.log(0.5) for red, _, _ in drawn("gamma", plain(0.5, 0.5, 0.5))]
    )


@pytest.mark.slow
def test_the_factor_of_saturation_follows_its_distribution() -> None:
    pixels = drawn("saturation_factor", plain(0.8, 0.6, 0.4))
    check_near_one([(1 - blue / red) / 0.5 for red, _, blue in pixels])


@pytest.mark.slow
def test_the_factor_of_hue_follows_its_distribution() -> None:
    """Between green (120 degrees) and blue the blue channel grows by 1/60 a degree."""
    pixels = drawn("hue_factor", plain(1, 1, 0))  # 60 degrees: factors lead to 30 .. 90
    hues = [60 * green if green < 1 else 120 - 60 * red for red, green, _ in pixels]
    check_near_one([hue / 60 for hue in hues])


@pytest.mark.slow
def test_the_shift_of_hue_follows_its_distribution() -> None:
    pixels = drawn("hue_shift", plain(0, 1, 0))
    shifts = [(60 * blue - 60 * red) * 255 / 360 for red, _, blue in pixels]
    assert max(np.abs(shifts)) <= 51
    assert np.mean(shifts) == pytest.approx(0, abs=0.7)
    assert np.std(shifts) == pytest.approx(10, abs=0.5)


def test_a_truncated_normal_never_leaves_its_limits(rng: np.random.Generator) -> None:
    wide = TruncatedNormal(mean=3, deviation=10, limit=1)
    values = [wide.draw(rng) for _ in range(2000)]
    assert (min(values) >= 2, max(values) <= 4) == (True, True)
    assert np.std(values) > 0.5


@pytest.mark.parametrize("wrong", [(-1, 1), (0, 1), (1, 0), (1, 0.01)])
def test_an_impossible_distribution_is_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="limit"):
        TruncatedNormal(mean=1, deviation=wrong[0], limit=wrong[1])

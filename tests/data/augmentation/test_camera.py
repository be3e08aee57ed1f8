"""Camera effects: each alone, as often as it says, and always a picture of 8 bits."""

from typing import Any

import numpy as np
import pytest
from data.augmentation.eight import draws, eight, mixed, plain, rate

from mattekit.data.augmentation.camera import CameraConfig, demosaiced, exposed

RATES = {"exposure": 0.5, "blur": 0.3, "mosaic": 0.25, "noise": 0.7, "sharpen": 0.3, "jpeg": 0.55}
OFF: dict[str, Any] = dict.fromkeys(RATES, 0.0)


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


def test_gain_and_gamma_scatter_about_one() -> None:
    only = CameraConfig(**(OFF | {"exposure": 1.0}))
    values = [one.image[0, 0] for one in draws(only, eight(image=plain(1, 0.2, 0.2)))]
    dark = np.array([value[1] for value in values])
    assert np.median(dark) == pytest.approx(0.2, abs=0.01)
    assert np.std(np.log(dark)) == pytest.approx(0.15 * np.hypot(1, np.log(0.2)), rel=0.1)


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

"""Subjects before lit screens."""

import numpy as np
import pytest

from mattekit.core.errors import BadArgument
from mattekit.imaging.compose import over_linear
from mattekit.synthetic.screens import draw_stage, screen_scene


def test_a_scene_is_the_same_every_time_and_another_with_another_seed() -> None:
    first, again, other = (screen_scene(seed, (60, 80)) for seed in (3, 3, 4))
    assert (first.image == again.image).all()
    assert first.name == again.name
    assert np.abs(first.image - other.image).max() > 0.1


def test_its_planes_explain_it_but_for_spill_and_camera() -> None:
    for seed in range(4):
        scene = screen_scene(seed, (90, 120), kind="hair")
        mixed = over_linear(scene.foreground, scene.alpha[..., None], scene.background)
        assert np.abs(mixed - scene.image).mean() < 0.05
        empty = scene.alpha == 0
        assert np.abs(scene.background - scene.image)[empty].mean() < 0.03
        known = scene.trimap != 1
        assert set(np.unique(scene.alpha[known])) <= {0.0, 1.0}


def test_the_screen_rules_in_green_or_blue_and_subjects_do_not_have_its_hue() -> None:
    for seed in range(6):
        stage = draw_stage(np.random.default_rng(seed), (60, 80))
        channel = int(stage.screen.mean(axis=(0, 1)).argmax())
        assert channel in (1, 2)
        others = np.delete(stage.foreground, channel, axis=2).max(axis=2)
        alike = (stage.foreground[..., channel] > others + 0.03) * stage.alpha
        assert alike.sum() < 0.1 * max(stage.alpha.sum(), 1)


def test_a_scene_without_a_pixel_is_refused() -> None:
    with pytest.raises(BadArgument, match="no pixel"):
        screen_scene(1, (0, 5))

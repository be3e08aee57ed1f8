"""The scenes that `compact` learns from: the same every time, kept in a bank, turned as a whole."""

from pathlib import Path

import numpy as np
import pytest

from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Sample
from mattekit.data.sources import compact_scenes
from mattekit.data.sources.compact_scenes import CompactScenes, CompactScenesConfig, turned
from mattekit.imaging.files import write_image

SIDE = 64
PLANES = ("image", "alpha", "trimap", "foreground", "background", "prior")


def scenes(**changes: object) -> CompactScenes:
    return CompactScenesConfig(count=3, size=SIDE, **changes).open()  # type: ignore[arg-type]


def same(first: Sample, second: Sample, within: float = 0) -> bool:
    planes = [(getattr(first, name), getattr(second, name)) for name in PLANES]
    return all(np.abs(np.float32(a) - np.float32(b)).max() <= within for a, b in planes)


def test_a_scene_is_that_of_its_number_and_seed() -> None:
    one, again, other = (scenes(seed=seed).scene(1) for seed in (0, 0, 1))
    assert same(one, again)
    assert not same(one, other, within=0.2)
    assert not same(one, scenes().scene(2), within=0.2)


def test_every_scene_leaves_something_to_learn_from_and_something_to_learn() -> None:
    for number in range(3):
        sample = scenes().scene(number)
        assert sample.trimap is not None
        assert {BACKGROUND, UNKNOWN, FOREGROUND} == set(np.unique(sample.trimap))
        assert sample.image.shape == (SIDE, SIDE, 3)
        assert sample.prior is not None
        assert sample.prior.shape == (SIDE, SIDE, 10)


def test_the_bank_gives_back_what_was_drawn(tmp_path: Path, monkeypatch) -> None:
    drawn = scenes(bank=str(tmp_path)).scene(0)
    monkeypatch.setattr(CompactScenes, "drawn", lambda *_: pytest.fail("drawn a second time"))
    stored = scenes(bank=str(tmp_path)).scene(0)
    assert same(stored, drawn, within=0.51 / 255)
    assert stored.name == drawn.name


def test_colours_come_from_the_photographs_that_are_given(tmp_path: Path, monkeypatch) -> None:
    write_image(tmp_path / "red.png", np.full((80, 90, 3), [1, 0, 0], np.float32))
    monkeypatch.setattr(compact_scenes, "simulate_camera", lambda image, rng: image)
    source = scenes(photos=str(tmp_path))
    images = [source.scene(number).image for number in range(3)]
    reddest = max(float((image[..., 0] - image[..., 1:].max(axis=2)).mean()) for image in images)
    assert reddest > 0.3
    assert "1 photographs" in source.licence
    assert "no third-party material" in scenes().licence


def test_all_planes_are_turned_alike_and_all_colours_change_places_alike() -> None:
    scene = scenes().scene(0)
    composed = scene.alpha[..., None] * scene.foreground
    for seed in range(6):
        sample = turned(scene, np.random.default_rng(seed))
        again = sample.alpha[..., None] * sample.foreground
        assert again.sum() == pytest.approx(composed.sum(), rel=1e-4)
        assert sample.prior is not None
        assert scene.prior is not None
        difference = np.abs(sample.prior[..., 2:5] - sample.image).mean()
        assert difference == pytest.approx(
            np.abs(scene.prior[..., 2:5] - scene.image).mean(), rel=1e-4
        )

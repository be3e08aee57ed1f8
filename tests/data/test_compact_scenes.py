"""The scenes that `compact` learns from: each always the same, kept in a bank, mirrored."""

from pathlib import Path

import numpy as np
import pytest

from mattekit.classical.estimates import CHANNELS
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Sample
from mattekit.data.sources import compact_scenes
from mattekit.data.sources.compact_scenes import CompactScenes, CompactScenesConfig
from mattekit.imaging.files import write_image

SIDE = 64
PLANES = ("image", "alpha", "trimap", "foreground", "background", "prior")


def scenes(**changes: object) -> CompactScenes:
    return CompactScenesConfig(count=3, size=SIDE, **changes).open()  # type: ignore[arg-type]


def same(first: Sample, second: Sample, within: float = 0) -> bool:
    planes = [(getattr(first, name), getattr(second, name)) for name in PLANES]
    return all(np.abs(np.float32(a) - np.float32(b)).max() <= within for a, b in planes)


@pytest.mark.slow
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
        assert sample.prior.shape == (SIDE, SIDE, len(CHANNELS))


def test_the_bank_gives_back_what_was_drawn(tmp_path: Path, monkeypatch) -> None:
    drawn = scenes(bank=str(tmp_path)).scene(0)
    monkeypatch.setattr(CompactScenes, "drawn", lambda *_: pytest.fail("drawn a second time"))
    stored = scenes(bank=str(tmp_path)).scene(0)
    assert same(stored, drawn, within=0.51 / 255)
    assert stored.name == drawn.name


def test_a_bank_keeps_scenes_of_other_photographs_apart(tmp_path: Path) -> None:
    bank = str(tmp_path / "bank")
    plain = scenes(bank=bank).scene(0)
    write_image(tmp_path / "photos" / "red.png", np.full((80, 90, 3), [1, 0, 0], np.float32))
    assert not same(scenes(bank=bank, photos=str(tmp_path / "photos")).scene(0), plain, within=0.2)


def test_colours_come_from_the_photographs_that_are_given(tmp_path: Path, monkeypatch) -> None:
    write_image(tmp_path / "red.png", np.full((80, 90, 3), [1, 0, 0], np.float32))
    monkeypatch.setattr(compact_scenes, "simulate_camera", lambda image, rng: image)
    source = scenes(photos=str(tmp_path))
    images = [source.scene(number).image for number in range(3)]
    reddest = max(float((image[..., 0] - image[..., 1:].max(axis=2)).mean()) for image in images)
    assert reddest > 0.3
    assert "1 third-party pictures" in source.licence
    assert "no third-party material" in scenes().licence


def test_pairs_are_photographs_and_nothing_else(tmp_path: Path, monkeypatch) -> None:
    for name, colour in (("red", [1, 0, 0]), ("blue", [0, 0, 1])):
        write_image(tmp_path / f"{name}.png", np.full((80, 90, 3), colour, np.float32))
    monkeypatch.setattr(compact_scenes, "simulate_camera", lambda image, rng: image)
    monkeypatch.setattr(compact_scenes, "subject_of_kind", lambda *_: pytest.fail("a subject"))
    monkeypatch.setattr(compact_scenes, "foreground_colours", lambda *_: pytest.fail("drawn"))
    monkeypatch.setattr(compact_scenes, "background_picture", lambda *_: pytest.fail("drawn"))
    source = scenes(photos=str(tmp_path), pairs=1.0, bank=str(tmp_path / "bank"))
    alphas = [source.scene(number).alpha for number in range(3)]
    assert all(0.01 < alpha.mean() < 0.99 for alpha in alphas)
    assert source.scene(0).image[..., 1].max() < 0.1, "neither photograph has green"
    assert [path.name for path in (tmp_path / "bank").glob("0-000000-64-*-1.npz")]
    with pytest.raises(ValueError, match="name their folder with photos"):
        scenes(pairs=0.5)


@pytest.mark.slow
def test_soft_shapes_come_from_the_sprites_that_are_given(tmp_path: Path, monkeypatch) -> None:
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (64, 1))
    write_image(tmp_path / "ramp.png", np.repeat(ramp[..., None], 3, axis=2))
    monkeypatch.setattr(compact_scenes, "SPRITES", 1.0)
    monkeypatch.setattr(compact_scenes, "subject_of_kind", lambda *_: pytest.fail("another kind"))
    source = scenes(sprites=str(tmp_path))
    alphas = [source.scene(number).alpha for number in range(3)]
    assert max(float(((alpha > 0.1) & (alpha < 0.9)).mean()) for alpha in alphas) > 0.1
    assert "1 third-party pictures" in source.licence


@pytest.mark.slow
def test_all_planes_are_mirrored_alike_and_never_turned() -> None:
    source = scenes()
    scene = source.scene(0)
    seen = set()
    for seed in range(8):
        sample = source.sample(0, np.random.default_rng(seed))
        mirrored = not np.array_equal(sample.image, scene.image)
        seen.add(mirrored)
        for name in PLANES:
            before, after = getattr(scene, name), getattr(sample, name)
            assert np.array_equal(after, before[:, ::-1] if mirrored else before)
    assert seen == {True, False}

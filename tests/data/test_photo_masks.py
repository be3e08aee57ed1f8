"""Photographs with masks: paired by stem, put over others, and some without a subject."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mattekit.core.errors import BadData
from mattekit.core.types import Plane
from mattekit.data.sources.photo_masks import PhotoMasksConfig, PhotoMasksSource
from mattekit.imaging.files import write_alpha, write_image

RED, BLUE, GREEN = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, 1.0, 0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A red square on blue, twice as wide as high, and a green wall."""
    image = np.full((40, 80, 3), BLUE, np.float32)
    image[10:30, 20:60] = RED
    write_image(tmp_path / "photos" / "square.png", image)
    write_image(tmp_path / "photos" / "wall.png", np.full((30, 30, 3), GREEN, np.float32))
    write_alpha(tmp_path / "masks" / "square.png", (image[..., 0] > 0).astype(np.float32))
    (tmp_path / "without.txt").write_text("# no subject\nwall\ta green wall\n")
    return tmp_path


def source(folder: Path, **options: Any) -> PhotoMasksSource:
    plain: dict[str, Any] = {"composited": 0, "without_subject": 0, "part": (1, 1), "size": 64}
    return PhotoMasksConfig(
        photos=(str(folder / "photos"),),
        masks=(str(folder / "masks"),),
        without=(str(folder / "without.txt"),),
        **plain | options,
    ).open()


def colours(image: Plane, where: Plane) -> Plane:
    return image[where].mean(axis=0)


def test_photo_and_mask_are_stretched_alike(folder: Path) -> None:
    sample = source(folder).sample(0, np.random.default_rng(0))
    assert (sample.size, sample.name) == ((64, 64), "square")
    np.testing.assert_allclose(colours(sample.image, sample.alpha == 1), RED, atol=0.02)
    np.testing.assert_allclose(colours(sample.image, sample.alpha == 0), BLUE, atol=0.02)
    assert sample.alpha.mean() == pytest.approx(0.25, abs=0.01)


def test_a_subject_is_put_over_another_photograph(folder: Path) -> None:
    composited = source(folder, composited=1)
    samples = [composited.sample(0, np.random.default_rng(seed)) for seed in range(16)]
    over_wall = [s for s in samples if colours(s.image, s.alpha == 0)[1] > 0.9]
    assert 0 < len(over_wall) < 16
    for sample in over_wall:
        np.testing.assert_allclose(colours(sample.image, sample.alpha > 0.99), RED, atol=0.05)
        assert not sample.ambiguous
    assert any(sample.ambiguous for sample in samples)


@pytest.fixture
def cutouts(folder: Path) -> Path:
    """A folder with a green square on nothing."""
    alpha = np.zeros((30, 40), np.float32)
    alpha[5:25, 10:30] = 1
    colours = np.full((30, 40, 3), GREEN, np.float32)
    write_image(folder / "cutouts" / "stamp.png", colours, alpha=alpha)
    return folder / "cutouts"


def test_a_subject_cut_out_before_is_put_over_a_photograph(folder: Path, cutouts: Path) -> None:
    composited = source(folder, composited=1, of_cutouts=1, cutouts=(str(cutouts),))
    for seed in range(8):
        sample = composited.sample(0, np.random.default_rng(seed))
        assert sample.name == "stamp"
        np.testing.assert_allclose(colours(sample.image, sample.alpha > 0.99), GREEN, atol=0.05)


def test_a_share_of_the_composites_shows_cut_outs(folder: Path, cutouts: Path) -> None:
    half = source(folder, composited=1, of_cutouts=0.5, cutouts=(str(cutouts),))
    names = [half.sample(0, np.random.default_rng(seed)).name for seed in range(40)]
    assert 10 < names.count("stamp") < 30
    photo_alone = source(folder, composited=0, cutouts=(str(cutouts),))
    assert photo_alone.sample(0, np.random.default_rng(0)).name == "square"


def test_a_cut_out_without_transparency_is_refused(folder: Path, cutouts: Path) -> None:
    write_image(cutouts / "stamp.png", np.full((30, 40, 3), GREEN, np.float32))
    opaque = source(folder, composited=1, of_cutouts=1, cutouts=(str(cutouts),))
    with pytest.raises(BadData, match=r"stamp\.png has no transparency"):
        opaque.sample(0, np.random.default_rng(0))


def test_a_photograph_without_a_subject_has_an_empty_mask(folder: Path) -> None:
    sample = source(folder, without_subject=1).sample(0, np.random.default_rng(0))
    assert sample.name == "wall"
    assert not sample.alpha.any()


def test_a_part_keeps_most_of_the_subject(folder: Path) -> None:
    parts = source(folder, part=(0.5, 0.6))
    for seed in range(20):
        assert parts.sample(0, np.random.default_rng(seed)).alpha.max() == 1


def test_what_does_not_belong_together_is_refused(folder: Path) -> None:
    write_alpha(folder / "masks" / "wall.png", np.ones((30, 60), np.float32))
    with pytest.raises(BadData, match=r"wall\.png has another aspect ratio than .*wall\.png"):
        source(folder).sample(1, np.random.default_rng(0))
    write_alpha(folder / "masks" / "lost.png", np.ones((8, 8), np.float32))
    with pytest.raises(BadData, match="no photograph for the mask lost"):
        source(folder)

"""Scenes: exact planes, the same every time, no two alike, any size."""

import cv2
import numpy as np
import pytest
from synthetic.recorded import SCENES, environment, recorded, small_planes

from mattekit.core.errors import BadArgument
from mattekit.core.types import BACKGROUND, FOREGROUND, Alpha
from mattekit.imaging.compose import over
from mattekit.synthetic import KINDS, scene
from mattekit.synthetic.kinds import random_kind

SIZE = (72, 96)
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)


@EVERY_KIND
def test_the_image_is_exactly_foreground_over_background(kind: str) -> None:
    sample = scene(1, SIZE, kind=kind)
    assert sample.foreground is not None
    assert sample.background is not None
    composite = over(sample.foreground, sample.alpha[..., None], sample.background)
    assert sample.image.dtype == composite.dtype == np.float32
    np.testing.assert_array_equal(sample.image, composite)


@EVERY_KIND
def test_every_kind_has_soft_pixels_subject_and_background(kind: str) -> None:
    alpha = scene(2, SIZE, kind=kind).alpha
    assert ((alpha > 0.02) & (alpha < 0.98)).mean() > 0.003
    assert 0.02 < alpha.mean() < 0.98


@EVERY_KIND
def test_the_trimap_labels_no_soft_pixel_as_known(kind: str) -> None:
    sample = scene(3, SIZE, kind=kind)
    assert sample.trimap is not None
    assert (sample.alpha[sample.trimap == BACKGROUND] == 0).all()
    assert (sample.alpha[sample.trimap == FOREGROUND] == 1).all()


@EVERY_KIND
def test_foreground_colours_go_on_beyond_the_outline(kind: str) -> None:
    sample = scene(4, SIZE, kind=kind)
    assert sample.foreground is not None
    near = cv2.blur(sample.alpha, (5, 5)) > 0
    without = sample.foreground[near & (sample.alpha == 0)].mean(axis=0)
    faint = sample.foreground[(sample.alpha > 0) & (sample.alpha < 0.3)].mean(axis=0)
    assert np.abs(without - faint).max() < 0.15


@pytest.mark.slow
@EVERY_KIND
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (23, 31)])
def test_planes_have_any_size_asked_for_and_stay_in_range(kind: str, size: tuple[int, int]) -> None:
    sample = scene(5, size, kind=kind)
    for plane in (sample.image, sample.foreground, sample.background):
        assert plane is not None
        assert plane.shape == (*size, 3)
        assert plane.min() >= 0
        assert plane.max() <= 1
    assert sample.alpha.shape == size
    assert 0 <= sample.alpha.min() <= sample.alpha.max() <= 1


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_picture() -> None:
    first, again, other = (scene(seed, 48, kind="hair") for seed in (6, 6, 7))
    assert first.name == again.name == "hair-000006"
    assert first.image.tobytes() == again.image.tobytes()
    assert np.abs(first.image - other.image).mean() > 0.01


@pytest.mark.parametrize("kind", SCENES)
def test_scenes_are_those_recorded(kind: str) -> None:
    """To the byte in the recorded environment, within 1/255 elsewhere."""
    planes, digest = small_planes(kind)
    then = recorded()
    assert np.abs(planes - then[kind]).max() <= 1 / 255
    if environment() == str(then["environment"]):
        assert digest == str(then[f"{kind}-digest"])


def correlations(alphas: list[Alpha]) -> np.ndarray:
    flat = np.stack([alpha.ravel() for alpha in alphas]).astype(np.float64)
    return np.corrcoef(flat) - np.eye(len(alphas))


@pytest.mark.slow
def test_no_two_of_60_scenes_have_nearly_the_same_alpha() -> None:
    assert correlations([scene(seed, 64).alpha for seed in range(60)]).max() < 0.9


@pytest.mark.slow
def test_no_two_of_200_scenes_have_nearly_the_same_alpha() -> None:
    assert correlations([scene(seed, 64).alpha for seed in range(200)]).max() < 0.9


def test_every_kind_comes_and_the_shares_are_kept() -> None:
    rng = np.random.default_rng(0)
    drawn = [random_kind(rng) for _ in range(4000)]
    total = sum(kind.share for kind in KINDS.values())
    for name, kind in KINDS.items():
        assert drawn.count(name) / 4000 == pytest.approx(kind.share / total, rel=0.5)


def test_a_size_is_a_side_or_height_and_width() -> None:
    assert scene(8, 20).size == (20, 20)
    assert scene(8, (20, 30)).size == (20, 30)


def test_an_unknown_kind_and_an_empty_size_are_refused_in_a_sentence() -> None:
    with pytest.raises(BadArgument, match="no synthetic kind 'hare'; choose one of hair,"):
        scene(1, 32, kind="hare")
    with pytest.raises(BadArgument, match="0x5 pixels"):
        scene(1, (5, 0))

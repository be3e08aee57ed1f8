"""Closed-form matting, exact and reduced."""

import numpy as np
import pytest

from mattekit.classical import closed_form as module
from mattekit.classical import laplacian
from mattekit.classical.closed_form import closed_form
from mattekit.core.errors import BadTrimap
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Image, Sample, Trimap
from mattekit.imaging.compose import over
from mattekit.imaging.picture import to_depth
from mattekit.imaging.trimap import make_trimap


@pytest.fixture(scope="module")
def disc() -> Sample:
    """A disc with a soft edge, red on blue: every window lies on one line of colours."""
    rows, columns = np.indices((48, 64))
    distance = np.hypot(rows - 24, columns - 30)
    alpha = np.clip((16 - distance) / 4 + 0.5, 0, 1).astype(np.float32)
    foreground = np.broadcast_to(np.float32([0.9, 0.2, 0.1]), (48, 64, 3))
    background = np.broadcast_to(np.float32([0.1, 0.3, 0.8]), (48, 64, 3))
    image = over(foreground, alpha[..., None], background)
    return Sample(image=image, alpha=alpha, trimap=make_trimap(alpha, 2, 2))


@pytest.fixture(scope="module")
def noisy(disc: Sample) -> Image:
    noise = np.random.default_rng(5).normal(0, 0.05, disc.image.shape)
    return (disc.image + noise).clip(0, 1).astype(np.float32)


def with_pymatting(image: Image, trimap: Trimap) -> Image:
    from pymatting import estimate_alpha_cf

    return estimate_alpha_cf(image.astype(np.float64), trimap / 2)


def test_a_picture_on_one_line_of_colours_gives_its_alpha_back(disc: Sample) -> None:
    result = closed_form(disc.image, disc.trimap)
    assert np.abs(result.alpha - disc.alpha).max() < 1e-3


@pytest.mark.slow
def test_the_full_solution_equals_that_of_pymatting(disc: Sample, noisy: Image) -> None:
    ours = closed_form(noisy, disc.trimap).alpha
    assert np.abs(ours - with_pymatting(noisy, disc.trimap)).max() < 5e-4


@pytest.mark.slow
def test_strands_are_solved_as_pymatting_does(strands: Sample) -> None:
    ours = closed_form(strands.image, strands.trimap).alpha
    assert np.abs(ours - with_pymatting(strands.image, strands.trimap)).max() < 5e-4


def test_strips_do_not_change_the_solution(
    disc: Sample, noisy: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = closed_form(noisy, disc.trimap).alpha
    monkeypatch.setattr(laplacian, "STRIP_UNKNOWN", 100)
    assert np.abs(closed_form(noisy, disc.trimap).alpha - whole).max() < 1e-5


def test_two_subjects_far_apart_are_both_solved(disc: Sample) -> None:
    image = np.concatenate([disc.image, disc.image], axis=1)
    trimap = np.concatenate([disc.trimap, disc.trimap], axis=1)
    alpha = closed_form(image, trimap).alpha
    assert np.abs(alpha - np.concatenate([disc.alpha, disc.alpha], axis=1)).max() < 1e-3


def test_samples_of_eight_bits_are_taken_as_they_are(disc: Sample) -> None:
    alpha = closed_form(to_depth(disc.image, 8), disc.trimap).alpha
    assert np.abs(alpha - disc.alpha).max() < 0.02


@pytest.mark.parametrize("quality", ["full", "fast"])
def test_known_pixels_are_kept(disc: Sample, noisy: Image, quality: str) -> None:
    alpha = closed_form(noisy, disc.trimap, quality=quality).alpha
    assert (alpha[disc.trimap == FOREGROUND] == 1).all()
    assert (alpha[disc.trimap == BACKGROUND] == 0).all()


def test_the_reduced_solution_follows_the_colours_of_the_full_picture(disc: Sample) -> None:
    alpha = closed_form(disc.image, disc.trimap, quality="fast").alpha
    assert np.abs(alpha - disc.alpha).mean() < 0.01


def test_too_many_unknown_pixels_are_solved_at_reduced_size_and_one_line_says_so(
    disc: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_UNKNOWN", 200)
    result = closed_form(disc.image, disc.trimap)
    assert len(result.warnings) == 1
    assert "solved at 1/2 of the size" in result.warnings[0]
    assert np.abs(result.alpha - disc.alpha).mean() < 0.01


def test_little_memory_leads_to_the_reduced_solution(disc: Sample) -> None:
    result = closed_form(disc.image, disc.trimap, max_memory=module.BASE_MEMORY + 2**20)
    assert "solved at" in result.warnings[0]


def test_a_trimap_without_unknown_pixels_is_the_alpha_with_a_remark(disc: Sample) -> None:
    trimap = np.where(disc.alpha > 0.5, FOREGROUND, BACKGROUND).astype(np.uint8)
    result = closed_form(disc.image, trimap)
    assert (result.alpha == (disc.alpha > 0.5)).all()
    assert "unknown" in result.warnings[0]


@pytest.mark.parametrize("label", [FOREGROUND, BACKGROUND])
def test_a_trimap_without_one_of_both_kinds_is_refused(disc: Sample, label: int) -> None:
    trimap = np.where(disc.trimap == label, UNKNOWN, disc.trimap).astype(np.uint8)
    with pytest.raises(BadTrimap, match="mark some"):
        closed_form(disc.image, trimap)


def test_a_trimap_of_another_size_is_refused(disc: Sample) -> None:
    with pytest.raises(BadTrimap, match="64x48"):
        closed_form(disc.image, disc.trimap[:-1])


def test_a_constant_picture_with_hardly_anything_known_is_solved_or_said_not_to_be() -> None:
    image = np.full((20, 20, 3), 0.5, np.float32)
    trimap = np.full((20, 20), UNKNOWN, np.uint8)
    trimap[0, 0], trimap[19, 19] = FOREGROUND, BACKGROUND
    result = closed_form(image, trimap)
    assert np.isfinite(result.alpha).all()


@pytest.mark.parametrize("size", [(1, 9), (2, 9), (3, 3), (9, 2)])
def test_tiny_pictures_are_solved_too(size: tuple[int, int]) -> None:
    trimap = np.full(size, UNKNOWN, np.uint8)
    trimap[0, 0], trimap[-1, -1] = FOREGROUND, BACKGROUND
    alpha = closed_form(np.random.default_rng(1).random((*size, 3), np.float32), trimap).alpha
    assert ((alpha >= 0) & (alpha <= 1)).all()

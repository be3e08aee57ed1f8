"""RSSN: each part alone, as published, and noise that stays within the range."""

import sys
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from data.augmentation.eight import composed, draws, eight, mixed, plain, rate

from mattekit.core.errors import BadArgument, BadData
from mattekit.core.types import Image, Sample
from mattekit.data.augmentation.camera import add_noise, noise_field
from mattekit.data.augmentation.rssn import BM3D_LICENCE, RssnConfig, box_blur, denoise
from mattekit.imaging.picture import to_depth

OFF: dict[str, Any] = {"denoise": 0.0, "blur": 0.0, "noise": 0.0}
RATE = 0.034


def layers(sample: Sample) -> tuple[Image, Image]:
    assert sample.foreground is not None
    assert sample.background is not None
    return sample.foreground, sample.background


def test_the_published_probabilities_and_parameters_are_the_defaults() -> None:
    rssn = RssnConfig()
    assert (rssn.denoise, rssn.blur, rssn.noise) == (0.5, 0.5, 0.5)
    assert (rssn.sides, rssn.noise_sigma) == ((20, 30, 40, 50, 60), 10)


def test_denoising_takes_both_layers_together(rng: np.random.Generator) -> None:
    before = eight(foreground=mixed(1), background=mixed(2))
    after = RssnConfig(**(OFF | {"denoise": 1.0, "sigma": 40.0}))(before, rng)
    assert np.array_equal(layers(after)[0], denoise(mixed(1), sigma=40 / 255))
    assert np.array_equal(layers(after)[1], denoise(mixed(2), sigma=40 / 255))
    assert layers(after)[1].std() < mixed(2).std()
    assert np.array_equal(after.image, composed(after))


def test_the_blur_averages_squares_of_the_background_alone(rng: np.random.Generator) -> None:
    background = plain(0, 0, 0)
    background[4, 4] = 0.9
    before = eight(foreground=mixed(1), background=background)
    after = RssnConfig(**(OFF | {"blur": 1.0, "sides": (3,)}))(before, rng)
    blurred = layers(after)[1][..., 0]
    assert blurred[3:6, 3:6].tolist() == pytest.approx(np.full((3, 3), 0.1), abs=1e-6)
    assert blurred.sum() == pytest.approx(0.9, abs=1e-5)
    assert np.array_equal(after.foreground, mixed(1))
    assert np.array_equal(after.image, composed(after))


def test_one_field_of_noise_lies_over_image_foreground_and_background(
    rng: np.random.Generator,
) -> None:
    before = eight(foreground=plain(0.5, 0.5, 0.5), background=plain(0.4, 0.4, 0.4))
    after = RssnConfig(**(OFF | {"noise": 1.0}))(before, rng)
    fields = [
        getattr(after, name) - getattr(before, name)
        for name in ("image", "foreground", "background")
    ]
    assert all(np.allclose(one, other, atol=1e-6) for one, other in pairwise(fields))
    assert np.allclose(after.image, composed(after), atol=1e-6)


@pytest.mark.slow
def test_noise_never_wraps_around_in_8_bits() -> None:
    before = eight(foreground=plain(*[250 / 255] * 3), background=plain(*[5 / 255] * 3))
    for after in draws(RssnConfig(**(OFF | {"noise": 1.0})), before):
        foreground, background = layers(after)
        assert to_depth(foreground, 8).min() > 180
        assert to_depth(background, 8).max() < 75
        assert to_depth(after.image, 8)[:, :2].max() < 75


@pytest.mark.parametrize(
    ("part", "plane"),
    [
        ("blur", "background"),
        ("noise", "image"),
        pytest.param("denoise", "foreground", marks=pytest.mark.slow),
    ],
)
def test_each_part_comes_in_half_of_the_draws(part: str, plane: str) -> None:
    before = eight(foreground=mixed(1), background=mixed(2))
    after = draws(RssnConfig(**(OFF | {part: 0.5, "sigma": 60.0})), before)
    assert rate(after, before, plane) == pytest.approx(0.5, abs=RATE)


@pytest.mark.slow
def test_every_side_of_the_blur_is_as_likely() -> None:
    sides = RssnConfig().sides
    side_of = {box_blur(mixed(2), side).tobytes(): side for side in sides}
    after = draws(RssnConfig(**(OFF | {"blur": 1.0})), eight(background=mixed(2)))
    found = [side_of[layers(one)[1].tobytes()] for one in after]
    assert [found.count(side) / len(found) for side in sides] == pytest.approx([0.2] * 5, abs=0.03)


@pytest.mark.slow
def test_the_noise_has_its_deviation_and_no_mean() -> None:
    before = eight(foreground=plain(0.5, 0.5, 0.5), background=plain(0.5, 0.5, 0.5))
    images = np.stack([one.image for one in draws(RssnConfig(**(OFF | {"noise": 1.0})), before)])
    assert images.mean() == pytest.approx(0.5, abs=3e-4)
    assert images.std() == pytest.approx(10 / 255, rel=0.01)


def test_a_photo_without_layers_is_refused(rng: np.random.Generator) -> None:
    photo = eight(image=mixed(1), foreground=None, background=None)
    with pytest.raises(BadData, match="no foreground and background"):
        RssnConfig(denoise=1)(photo, rng)


def picture() -> np.ndarray:
    """Two smooth halves with an edge between them."""
    ramp = np.linspace(0.1, 0.3, 72, dtype=np.float32)
    image = np.repeat(np.tile(ramp, (64, 1))[..., None], 3, axis=2)
    image[:, 36:] = 1 - image[:, 36:]
    return image


@pytest.mark.parametrize("grey_steps", [5, 10, 20])
def test_non_local_means_takes_most_of_the_noise_and_keeps_the_edge(
    grey_steps: int, rng: np.random.Generator
) -> None:
    clean, sigma = picture(), grey_steps / 255
    denoised = denoise(add_noise(clean, noise_field(clean.shape, sigma, rng)), sigma=sigma)
    assert denoised.dtype == np.float32
    assert np.abs(denoised - clean).mean() < 0.4 * sigma * np.sqrt(2 / np.pi)
    step = denoised[:, 36].mean() - denoised[:, 35].mean()
    assert step == pytest.approx(clean[0, 36, 0] - clean[0, 35, 0], abs=0.05)


def test_steps_finer_than_8_bits_survive() -> None:
    ramp = np.linspace(0.5, 0.51, 64, dtype=np.float32)
    image = np.repeat(np.tile(ramp, (64, 1))[..., None], 3, axis=2)
    assert len(np.unique(denoise(image, sigma=1e-4))) > 30


def test_bm3d_is_handed_the_image_and_sigma(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = ModuleType("bm3d")
    stand_in.bm3d_rgb = lambda image, sigma: image.astype(np.float64) + sigma  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bm3d", stand_in)
    image = np.full((4, 4, 3), 0.5, np.float32)
    denoised = denoise(image, method="bm3d", sigma=0.1)
    assert denoised.dtype == np.float32
    np.testing.assert_allclose(denoised, 0.6, atol=1e-6)


def test_bm3d_without_its_package_says_how_to_get_it_and_that_it_is_not_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "bm3d", None)  # type: ignore[arg-type]
    with pytest.raises(BadArgument, match=r"non-commercial use only\); run: pip install bm3d"):
        denoise(picture(), method="bm3d")
    assert "non-commercial" in BM3D_LICENCE


def test_a_sigma_of_nothing_is_refused() -> None:
    with pytest.raises(BadArgument, match="10 / 255"):
        denoise(picture(), sigma=0.0)

import sys
from types import ModuleType

import numpy as np
import pytest

from mattekit.core.errors import BadArgument
from mattekit.data.augmentation.camera import add_noise, noise_field
from mattekit.data.augmentation.rssn import BM3D_LICENCE, denoise


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

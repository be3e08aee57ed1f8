"""The pyramid and the 3x3 Laplacian."""

import pytest
import torch

from mattekit.core.errors import BadArgument
from mattekit.core.tensors import Batch, Prediction
from mattekit.losses.laplacian import (
    LaplacianL1Config,
    laplacian_pyramid,
    pyramid_l1,
    smoothing_kernel,
)


def test_the_kernel_of_gfm_is_the_published_one() -> None:
    kernel = smoothing_kernel("gfm")
    rows = [
        [0.0021, 0.0218, 0.0575, 0.0218, 0.0021],
        [0.0218, 0.0415, 0.0772, 0.0415, 0.0218],
        [0.0575, 0.0772, 0.1128, 0.0772, 0.0575],
    ]
    for row, expected in zip(kernel, rows, strict=False):
        assert row.tolist() == pytest.approx(expected, abs=5e-5)
    assert kernel.sum().item() == pytest.approx(1)


def test_the_gaussian_kernel_is_a_product_of_its_profiles() -> None:
    kernel = smoothing_kernel("gaussian")
    torch.testing.assert_close(kernel, kernel.sum(1)[:, None] * kernel.sum(0)[None, :])
    assert (kernel[2, 2] / kernel[2, 1]).item() == pytest.approx(2.718281828**0.5)


def test_a_pyramid_of_a_constant_holds_nothing_but_its_rest() -> None:
    *bands, rest = laplacian_pyramid(torch.full((1, 1, 64, 96), 0.25), "gaussian")
    assert [band.shape[-1] for band in bands] == [96, 48, 24, 12, 6]
    assert max(band.abs().max().item() for band in bands) < 1e-7
    assert rest.shape == (1, 1, 2, 3)
    assert rest.unique().tolist() == pytest.approx([0.25])


def test_levels_count_alike() -> None:
    predicted, true = torch.full((1, 1, 32, 32), 0.75), torch.full((1, 1, 32, 32), 0.5)
    assert pyramid_l1(predicted, true, kernel="gaussian").value().item() == pytest.approx(0.25)


def test_a_crop_too_small_for_the_pyramid_is_refused() -> None:
    with pytest.raises(BadArgument, match="at least 32 pixels, but this one has 40x31"):
        laplacian_pyramid(torch.zeros(1, 1, 31, 40), "gaussian")


def test_one_wrong_pixel_has_a_laplacian_of_eight() -> None:
    true, trimap = torch.zeros(1, 1, 5, 5), torch.full((1, 1, 5, 5), 0.5)
    predicted = true.clone()
    predicted[..., 2, 2] = 1
    batch = Batch(image=torch.zeros(1, 3, 5, 5), alpha=true, trimap=trimap)
    loss = LaplacianL1Config(region="whole")(Prediction(alpha=predicted), batch)
    assert loss.value().item() == pytest.approx(8 / 25)

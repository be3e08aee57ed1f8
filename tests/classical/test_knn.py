"""KNN matting."""

import numpy as np
import pytest

from mattekit.classical.knn import BYTES_PER_PIXEL, BYTES_PER_UNKNOWN, knn
from mattekit.classical.linear import BASE_MEMORY
from mattekit.core.errors import BadTrimap, TooLarge
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Sample


@pytest.mark.slow
def test_knn_equals_pymatting_where_the_trimap_is_unknown(strands: Sample) -> None:
    from pymatting import estimate_alpha_knn

    trimap = strands.trimap
    theirs = estimate_alpha_knn(strands.image.astype(np.float64), trimap / 2)
    ours = knn(strands.image, trimap).alpha
    unknown = trimap == UNKNOWN
    assert np.abs(ours - theirs)[unknown].mean() < 1e-3
    errors = [np.abs(alpha - strands.alpha)[unknown].sum() for alpha in (ours, theirs)]
    assert abs(errors[0] - errors[1]) < 0.01 * errors[1]
    assert (ours[trimap == FOREGROUND] == 1).all()
    assert (ours[trimap == BACKGROUND] == 0).all()


def test_a_picture_that_does_not_fit_the_memory_is_refused_with_both_numbers(
    strands: Sample,
) -> None:
    with pytest.raises(TooLarge, match=r"needs about 0\.2 GB .* may use 0\.1"):
        knn(strands.image, strands.trimap, max_memory=100 * 2**20)


def test_it_is_unknown_pixels_that_need_memory(strands: Sample) -> None:
    unknown = int(np.count_nonzero(strands.trimap == UNKNOWN))
    limit = BASE_MEMORY + BYTES_PER_PIXEL * strands.trimap.size + BYTES_PER_UNKNOWN * unknown
    assert knn(strands.image, strands.trimap, max_memory=limit).alpha.shape == strands.alpha.shape
    nearly_all = np.full_like(strands.trimap, UNKNOWN)
    nearly_all[0], nearly_all[-1] = FOREGROUND, BACKGROUND
    with pytest.raises(TooLarge):
        knn(strands.image, nearly_all, max_memory=limit)


def test_a_trimap_without_unknown_pixels_is_the_alpha(strands: Sample) -> None:
    trimap = np.where(strands.alpha > 0.5, FOREGROUND, BACKGROUND).astype(np.uint8)
    assert (knn(strands.image, trimap).alpha * 2 == trimap).all()


def test_a_trimap_without_background_is_refused(strands: Sample) -> None:
    trimap = np.maximum(strands.trimap, 1).astype(np.uint8)
    with pytest.raises(BadTrimap, match="background"):
        knn(strands.image, trimap)


def test_fewer_pixels_than_neighbours_are_enough() -> None:
    image = np.linspace(0, 1, 12, dtype=np.float32)[None, :, None].repeat(3, 2)
    trimap = np.uint8([[0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2]])
    alpha = knn(image, trimap).alpha
    assert ((alpha >= 0) & (alpha <= 1)).all()

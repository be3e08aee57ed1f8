"""KNN matting."""

import numpy as np
import pytest

from mattekit.classical.knn import knn
from mattekit.core.errors import BadTrimap, TooLarge
from mattekit.core.types import BACKGROUND, FOREGROUND, Sample


def test_knn_equals_pymatting_where_the_trimap_is_unknown(strands: Sample) -> None:
    from pymatting import estimate_alpha_knn

    trimap = strands.trimap
    theirs = estimate_alpha_knn(strands.image.astype(np.float64), trimap / 2)
    ours = knn(strands.image, trimap).alpha
    assert np.abs(ours - theirs)[trimap == 1].max() < 1e-3
    assert (ours[trimap == FOREGROUND] == 1).all()
    assert (ours[trimap == BACKGROUND] == 0).all()


def test_a_picture_that_does_not_fit_the_memory_is_refused_with_both_numbers(
    strands: Sample,
) -> None:
    with pytest.raises(TooLarge, match=r"needs about 0\.3 GB .* may take 0\.2"):
        knn(strands.image, strands.trimap, max_memory=200 * 2**20)


def test_a_trimap_without_unknown_pixels_is_the_alpha(strands: Sample) -> None:
    trimap = np.where(strands.alpha > 0.5, FOREGROUND, BACKGROUND).astype(np.uint8)
    assert (knn(strands.image, trimap).alpha * 2 == trimap).all()


def test_a_trimap_without_background_is_refused(strands: Sample) -> None:
    trimap = np.maximum(strands.trimap, 1).astype(np.uint8)
    with pytest.raises(BadTrimap, match="background"):
        knn(strands.image, trimap)

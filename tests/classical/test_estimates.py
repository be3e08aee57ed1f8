"""The estimates that a network corrects: which channel is what, and that they are any good."""

import numpy as np
import pytest
from inference.disc import soft_disc

from mattekit.classical.closed_form import closed_form
from mattekit.classical.estimates import CHANNELS, estimates
from mattekit.core.errors import BadTrimap
from mattekit.core.types import FOREGROUND, UNKNOWN
from mattekit.imaging.picture import to_depth


@pytest.fixture(scope="module")
def picture():
    return soft_disc((61, 75))


def test_there_is_a_plane_at_the_size_of_the_picture_for_every_channel(picture):
    planes = estimates(picture.image, picture.trimap)
    assert planes.shape == (61, 75, len(CHANNELS))
    assert planes.dtype == np.float32
    assert planes.min() >= 0
    assert planes.max() <= 1


def test_both_alphas_keep_the_known_pixels(picture):
    planes = estimates(picture.image, picture.trimap)
    known = picture.trimap != UNKNOWN
    for channel in (0, 1):
        expected = (picture.trimap[known] == FOREGROUND).astype(np.float32)
        assert np.array_equal(planes[..., channel][known], expected)


def test_the_second_alpha_is_near_closed_form_at_full_size(picture):
    planes = estimates(picture.image, picture.trimap)
    full = closed_form(picture.image, picture.trimap).alpha
    unknown = picture.trimap == UNKNOWN
    assert np.abs(planes[..., 1] - full)[unknown].mean() < 0.1


def test_eight_bits_give_the_same_estimates_as_floats(picture):
    bytes_ = to_depth(picture.image, 8)
    of_bytes = estimates(bytes_, picture.trimap)
    of_floats = estimates(bytes_.astype(np.float32) / 255, picture.trimap)
    np.testing.assert_allclose(of_bytes, of_floats, atol=1e-3)


def test_a_label_of_few_pixels_is_not_lost_at_the_small_size(picture):
    trimap = np.where(picture.trimap == FOREGROUND, UNKNOWN, picture.trimap).astype(np.uint8)
    row, column = np.argwhere(picture.trimap == FOREGROUND)[0]
    trimap[row // 2 * 2 + 1, column // 2 * 2 + 1] = FOREGROUND
    assert np.isfinite(estimates(picture.image, trimap)).all()


def test_a_trimap_without_foreground_is_refused(picture):
    trimap = np.where(picture.trimap == FOREGROUND, UNKNOWN, picture.trimap).astype(np.uint8)
    with pytest.raises(BadTrimap, match="foreground"):
        estimates(picture.image, trimap)

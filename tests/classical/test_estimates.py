"""The estimates that a network corrects: which channel is what, and that they are any good."""

import numpy as np
import pytest
from inference.disc import soft_disc

from mattekit.classical.closed_form import closed_form
from mattekit.classical.estimates import CHANNELS, CHANNELS_1, Problem, estimates
from mattekit.classical.information_flow import information_flow
from mattekit.core.errors import BadTrimap
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN
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


def test_other_channels_are_given_in_the_order_asked_for(picture):
    planes = estimates(picture.image, picture.trimap, CHANNELS_1)
    assert planes.shape == (61, 75, len(CHANNELS_1))
    assert planes.min() >= 0
    assert planes.max() <= 1
    shared = [name for name in CHANNELS_1 if name in CHANNELS]
    assert np.array_equal(
        planes[..., [CHANNELS_1.index(name) for name in shared]],
        estimates(picture.image, picture.trimap, shared),
    )


def test_the_information_flow_alpha_is_that_of_the_method_at_the_small_size(picture):
    problem = Problem(picture.image, picture.trimap)
    alone = information_flow(problem.small, problem.labels).alpha
    assert np.abs(problem.information_flow() - alone).max() < 1e-4


def test_an_alpha_is_followed_where_its_weight_is_large_and_not_where_it_is_zero(picture):
    problem = Problem(picture.image, picture.trimap)
    wrong, unknown = np.full(problem.labels.shape, 0.3, np.float32), problem.unknown
    nowhere = problem.drawn_towards(wrong, np.zeros_like(wrong))
    everywhere = problem.drawn_towards(wrong, np.full_like(wrong, 1e3))
    assert np.abs(nowhere - problem.closed_form()).max() < 1e-4
    assert np.abs(everywhere - wrong)[unknown].max() < 0.01


def test_both_alphas_keep_the_known_pixels(picture):
    planes = estimates(picture.image, picture.trimap)
    known = picture.trimap != UNKNOWN
    for channel in (0, 1):
        expected = (picture.trimap[known] == FOREGROUND).astype(np.float32)
        assert np.array_equal(planes[..., channel][known], expected)


def test_the_closed_form_alpha_is_near_that_at_full_size(picture):
    planes = estimates(picture.image, picture.trimap, CHANNELS_1)
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


@pytest.mark.parametrize("size", [(1, 2), (1, 9), (3, 3), (7, 2)])
def test_tiny_pictures_have_estimates_too(size):
    trimap = np.full(size, UNKNOWN, np.uint8)
    trimap[0, 0], trimap[-1, -1] = FOREGROUND, BACKGROUND
    planes = estimates(np.random.default_rng(1).random((*size, 3), np.float32), trimap)
    assert ((planes >= 0) & (planes <= 1)).all()


def test_known_pixels_that_are_lost_at_the_small_size_are_an_error_with_advice(picture):
    trimap = np.full((60, 74), UNKNOWN, np.uint8)
    trimap[20, 20], trimap[20, 21] = FOREGROUND, BACKGROUND  # of one small pixel
    with pytest.raises(BadTrimap, match="mark more"):
        estimates(picture.image[:60, :74], trimap)

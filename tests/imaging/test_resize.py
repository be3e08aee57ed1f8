import cv2
import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mattekit.core.errors import BadArgument
from mattekit.imaging.resize import Kernel, contain, cover, fit_within, resample, resize

sides = st.integers(1, 60)


@given(sides, sides, sides, sides)
def test_any_size_can_be_reached_and_values_stay_within_their_range(
    height: int, width: int, new_height: int, new_width: int
) -> None:
    plane = np.random.default_rng(height).random((height, width), dtype=np.float32)
    resized = resize(plane, (new_height, new_width))
    assert resized.shape == (new_height, new_width)
    assert plane.min() - 1e-5 <= resized.min() <= resized.max() <= plane.max() + 1e-5


@given(sides, sides, sides, sides)
def test_an_opaque_plane_stays_exactly_opaque(
    height: int, width: int, new_height: int, new_width: int
) -> None:
    assert (resize(np.ones((height, width), np.float32), (new_height, new_width)) == 1).all()


def test_shrinking_by_a_whole_factor_takes_the_mean() -> None:
    plane = np.arange(24, dtype=np.float32).reshape(4, 6)
    mean = plane.reshape(2, 2, 3, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(resize(plane, (2, 3)), mean, atol=1e-5)


def test_growing_is_bilinear_between_centres_of_pixels() -> None:
    grown = resize(np.float32([[0, 1]]), (1, 4))
    np.testing.assert_allclose(grown, [[0, 0.25, 0.75, 1]], atol=1e-6)


def test_shrinking_one_side_and_growing_the_other_treats_each_by_itself() -> None:
    plane = np.float32([[0, 1], [1, 0], [0, 1], [1, 0]])
    np.testing.assert_allclose(resize(plane, (2, 4)), np.full((2, 4), 0.5), atol=1e-6)


def test_labels_are_never_mixed(rng: np.random.Generator) -> None:
    trimap = rng.choice(np.uint8([0, 2]), (37, 41))
    for size in ((20, 20), (80, 75)):
        assert set(np.unique(resize(trimap, size, "labels"))) == {0, 2}


def test_bytes_stay_bytes_and_colours_keep_their_channels() -> None:
    picture = np.full((9, 9, 3), 200, np.uint8)
    small = resize(picture, (4, 5))
    assert small.dtype == np.uint8
    assert small.shape == (4, 5, 3)
    assert (small == 200).all()


def test_a_plane_with_one_channel_keeps_its_third_axis() -> None:
    assert resize(np.zeros((6, 6, 1), np.float32), (3, 4)).shape == (3, 4, 1)


def test_an_empty_size_is_refused() -> None:
    with pytest.raises(BadArgument, match="4x6 to 5x0"):
        resize(np.zeros((6, 4), np.float32), (0, 5))


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 3000))
def test_fitting_within_never_enlarges_and_keeps_the_proportions(
    height: int, width: int, longest: int
) -> None:
    fitted = fit_within((height, width), longest)
    assert max(fitted) == min(longest, max(height, width))
    scale = max(fitted) / max(height, width)
    assert abs(fitted[0] - height * scale) <= 1
    assert abs(fitted[1] - width * scale) <= 1


@given(sides, sides, sides, sides)
def test_all_ways_of_fitting_give_the_size_asked_for(
    height: int, width: int, new_height: int, new_width: int
) -> None:
    image = np.full((height, width, 3), 0.5, np.float32)
    size = (new_height, new_width)
    for fitted in (cover(image, size), contain(image, size), resize(image, size)):
        assert fitted.shape == (*size, 3)
        assert fitted.dtype == np.float32
    assert np.allclose(cover(image, size), 0.5)


def test_cover_cuts_the_sides_off_equally() -> None:
    wide = np.tile(np.linspace(0, 1, 80, dtype=np.float32)[:, None], (20, 1, 3))
    covered = cover(wide, (20, 20))
    np.testing.assert_allclose(covered, wide[:, 30:50], atol=1e-6)


def test_contain_centres_the_whole_image_on_black() -> None:
    contained = contain(np.ones((20, 80, 3), np.float32), (80, 80))
    assert (contained[30:50] == 1).all()
    assert contained.sum() == 3 * 20 * 80


def test_any_number_of_channels_is_resized_as_each_alone(rng: np.random.Generator) -> None:
    plane = rng.random((8, 12, 11), dtype=np.float32)
    for size in ((4, 6), (5, 20), (16, 24)):
        each = [resize(plane[..., channel], size) for channel in range(11)]
        assert np.allclose(resize(plane, size), np.stack(each, axis=-1), atol=1e-6)


@pytest.mark.parametrize("kernel", ["pillow-bicubic", "opencv-bicubic", "opencv-bilinear"])
def test_a_kernel_is_that_of_its_library(kernel: Kernel, rng: np.random.Generator) -> None:
    image = rng.integers(256, size=(9, 7, 3), dtype=np.uint8)
    if kernel == "pillow-bicubic":
        picture = PIL.Image.fromarray(image).resize((16, 20), PIL.Image.Resampling.BICUBIC)
        expected = np.asarray(picture)
    else:
        how = cv2.INTER_CUBIC if kernel == "opencv-bicubic" else cv2.INTER_LINEAR
        expected = cv2.resize(image, (16, 20), interpolation=how)
    assert (resample(image, (20, 16), kernel) == expected).all()

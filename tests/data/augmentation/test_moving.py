"""Turning and zooming: quarter turns and halves by hand, edges, labels."""

import numpy as np
import pytest

from mattekit.data.augmentation.geometry import rotate, zoom

PLANE = np.arange(64, dtype=np.float32).reshape(8, 8) / 64


def test_a_quarter_turn_is_anticlockwise_about_the_middle() -> None:
    assert np.allclose(rotate(PLANE, degrees=90, border="zero"), np.rot90(PLANE), atol=1e-6)
    colours = np.stack([PLANE, 1 - PLANE, PLANE], axis=-1)
    assert np.allclose(
        rotate(colours, degrees=-90, border="zero"), np.rot90(colours, -1), atol=1e-6
    )


def test_a_turn_keeps_labels_and_brings_in_nothing_or_the_mirrored_plane() -> None:
    labels = np.full((8, 8), 2, dtype=np.uint8)
    assert set(np.unique(rotate(labels, "labels", degrees=45, border="zero"))) == {0, 2}
    ones = np.ones((8, 8), dtype=np.float32)
    assert rotate(ones, degrees=45, border="zero")[0, 0] == 0
    assert (rotate(ones, degrees=30, border="reflect") == 1).all()  # exactly: opaque stays opaque


def test_zooming_in_shows_the_middle() -> None:
    plane = np.zeros((8, 8), dtype=np.float32)
    plane[2:6, 2:6] = 1
    near = zoom(plane, factor=2, border="zero")
    assert near.shape == (8, 8)
    assert (near[1:7, 1:7] == 1).all()
    assert (near[0] < 1).all()


@pytest.mark.parametrize(("border", "corner"), [("zero", 0.0), ("reflect", 1.0)])
def test_zooming_out_fills_up_around(border: str, corner: float) -> None:
    far = zoom(np.ones((8, 8), dtype=np.float32), factor=0.5, border=border)
    assert far[2:6, 2:6].tolist() == np.ones((4, 4)).tolist()
    assert far[0, 0] == corner
    assert far.sum() == (16 if border == "zero" else 64)


def test_an_odd_rest_goes_below_and_to_the_right() -> None:
    far = zoom(np.ones((8, 8), dtype=np.float32), factor=0.6, border="zero")  # 8 -> 5
    assert np.flatnonzero(far[4]).tolist() == [1, 2, 3, 4, 5]


def test_more_than_four_channels_and_pictures_that_are_not_square_keep_their_shape() -> None:
    plane = np.ones((6, 9, 11), dtype=np.float32)
    assert rotate(plane, degrees=20, border="zero").shape == plane.shape
    assert zoom(plane, factor=1.3, border="zero").shape == plane.shape
    assert zoom(plane, factor=0.7, border="reflect").shape == plane.shape

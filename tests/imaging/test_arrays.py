"""What may be given as a photo, a mask or a trimap in memory, and what is said of anything else."""

import io
from typing import Any

import numpy as np
import PIL.Image
import pytest
from imaging.specimens import ALPHA, GREY, RGB, codes, grey3, saved

from mattekit.core.errors import BadArgument, BadImage, BadTrimap
from mattekit.imaging.arrays import as_image, as_mask, as_picture, is_array, labels_of
from mattekit.imaging.files import open_picture

LABELS = np.repeat(np.uint8([[0, 1, 2]]), 4, axis=0)
SOFT = np.float32([[0, 0.25, 1]])


class Interface:
    """An object of another library that shows its memory as NumPy does."""

    def __init__(self, plane: np.ndarray) -> None:
        self.plane = plane
        self.__array_interface__ = plane.__array_interface__


def cut_short() -> PIL.Image.Image:
    """Opened by PIL, which reads the pixels when they are asked for."""
    return PIL.Image.open(io.BytesIO(saved(PIL.Image.effect_noise((64, 64), 99), "PNG")[:-999]))


@pytest.mark.parametrize("bits", [8, 16])
def test_whole_numbers_keep_their_depth(bits: int) -> None:
    assert np.array_equal(as_image(codes(RGB, bits)), codes(RGB, bits))
    assert np.array_equal(as_image(codes(GREY, bits)), grey3(codes(GREY, bits)))
    picture = as_picture(codes(np.dstack([RGB, ALPHA]), bits))
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha, codes(ALPHA, bits))
    assert np.array_equal(picture.colours, codes(RGB, bits))


def test_floats_become_float32_and_lose_the_overshoot_of_resampling() -> None:
    wild = RGB.copy()
    wild[0, 0] = [-0.0005, 0.5, 1.0005]
    image = as_image(wild)
    assert image.dtype == np.float32
    assert image[0, 0].tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "CMYK", "1", "I;16"])
def test_a_pil_image_is_a_photo(mode: str) -> None:
    shown = PIL.Image.fromarray(codes(RGB, 8))
    image = PIL.Image.fromarray(codes(GREY, 16)) if mode == "I;16" else shown.convert(mode)
    expected = codes(GREY, 16) if mode == "I;16" else np.asarray(image.convert("RGB"))
    found = as_image(image)
    assert np.array_equal(found, grey3(expected) if expected.ndim == 2 else expected)


def test_an_object_with_an_array_interface_is_an_array() -> None:
    shown = Interface(codes(RGB, 8))
    assert is_array(shown)
    assert np.array_equal(as_image(shown), codes(RGB, 8))
    assert not is_array("photo.png")
    assert not is_array(b"\x89PNG")


@pytest.mark.parametrize(
    ("photo", "sentence"),
    [
        (RGB * 255, r"values from 0 to 255; expected floats in \[0, 1\]; divide by 255 first"),
        (RGB - 0.5, r"values from -0\.5 to 0\.5; .*scale or clip it first"),
        (np.where(RGB > 0.8, np.nan, RGB), "not finite numbers"),
        (np.where(RGB > 0.8, np.inf, RGB), "not finite numbers"),
        (np.dstack([RGB, ALPHA]), r"has an alpha channel.*photo\[\.\.\., :3\]"),
        (PIL.Image.new("RGBA", (4, 4)), "has an alpha channel.*convert"),
        (codes(RGB, 8).astype(np.int64), "is of int64; expected floats"),
        (codes(RGB, 8).transpose(2, 0, 1), r"shape \(3, 12, 17\).*channels come last"),
        (np.zeros((2, 3, 4, 3), np.uint8), r"shape \(2, 3, 4, 3\)"),
        (np.zeros((0, 3, 3), np.uint8), r"shape \(0, 3, 3\)"),
        (object(), "shape"),
        (PIL.Image.fromarray(np.full((4, 4), 9000, np.int32)), "is of int32"),
        (cut_short(), "cannot be read: .*truncated"),
    ],
)
def test_what_is_no_photo_is_refused_with_what_was_found(photo: Any, sentence: str) -> None:
    with pytest.raises(BadImage, match=sentence):
        as_image(photo)


@pytest.mark.parametrize(
    "mask",
    [
        np.array([[False, True]]),
        np.array([[0, 1]]),
        np.array([[0, 1]], np.uint8),
        np.array([[0, 255]], np.uint8),
        np.array([[0, 255]], np.int32),
        np.array([[0, 65535]], np.uint16),
        np.array([[0.0, 1.0]]),
        np.array([[[0, 1]]]),
        np.array([[[0], [1]]]),
        PIL.Image.fromarray(np.array([[0, 255]], np.uint8)),
        PIL.Image.fromarray(np.array([[False, True]])),
        Interface(np.array([[0, 255]], np.uint8)),
    ],
)
def test_masks_of_every_kind_mean_the_same(mask: Any) -> None:
    found = as_mask(mask)
    assert found.dtype == np.float32
    assert found.tolist() == [[0, 1]]


def test_soft_masks_stay_soft() -> None:
    assert np.array_equal(as_mask(SOFT.astype(np.float64)), SOFT)
    assert as_mask(np.uint8([[0, 51, 255]])).tolist() == [[0, np.float32(0.2), 1]]


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        (np.array([[0, 3, 20]]), "whole numbers from 0 to 20.*labels == 3"),
        (np.array([[-1, 1]]), "whole numbers from -1 to 1"),
        (SOFT * 255, "values from 0 to 255; .*divide by 255"),
        (np.float32([[0, np.nan]]), "not finite"),
        (np.zeros((4, 4, 3), np.uint8), r"shape \(4, 4, 3\); expected one channel"),
        (np.array([["a"]]), "expected booleans"),
    ],
)
def test_what_is_no_mask_is_refused(mask: Any, sentence: str) -> None:
    with pytest.raises(BadArgument, match=sentence):
        as_mask(mask)


@pytest.mark.parametrize(
    "trimap",
    [
        LABELS,
        LABELS.astype(np.int64),
        LABELS.astype(np.float32),
        np.uint8([0, 128, 255])[LABELS],
        np.int64([0, 128, 255])[LABELS],
        np.uint16([0, 128, 255])[LABELS],
        np.uint16([0, 32768, 65535])[LABELS],
        np.array([0, 0.5, 1])[LABELS],
        PIL.Image.fromarray(np.uint8([0, 128, 255])[LABELS]),
    ],
)
def test_trimaps_of_every_kind_give_the_labels(trimap: Any) -> None:
    labels, _ = labels_of(trimap)
    assert labels.dtype == np.uint8
    assert np.array_equal(labels, LABELS)
    assert labels_of(trimap)[1] == ()


def test_a_smoothed_trimap_is_read_with_a_warning() -> None:
    labels, warnings = labels_of(np.uint8([[0, 60, 128, 255]]))
    assert labels.tolist() == [[0, 1, 1, 2]]
    assert ["1 of 4 pixels" in warning for warning in warnings] == [True]
    with pytest.raises(BadTrimap, match="1 of 4"):
        labels_of(np.uint8([[0, 60, 128, 255]]), strict=True)


@pytest.mark.parametrize(
    ("trimap", "sentence"),
    [
        (LABELS > 0, "is a mask"),
        (np.array([[0, 1, 300]]), "values from 0 to 300"),
        (LABELS + np.uint8(1), "holds only the values .*, as labels are"),
        (LABELS + np.uint16(1), "holds only the values .*, as labels are"),
        (np.array([[-1, 1]]), "values from -1 to 1"),
        (np.float32([[0, 1, 255]]), "values from 0 to 255"),
        (np.zeros((3, 4, 3), np.uint8), "expected one channel"),
    ],
)
def test_what_is_no_trimap_is_refused(trimap: Any, sentence: str) -> None:
    with pytest.raises(BadTrimap, match=sentence):
        labels_of(trimap)


def test_a_picture_in_memory_and_its_file_are_read_alike(tmp_path: Any) -> None:
    image = PIL.Image.fromarray(codes(np.dstack([RGB, ALPHA]), 8))
    image.save(tmp_path / "photo.png")
    picture, opened = as_picture(image), open_picture(tmp_path / "photo.png")
    assert np.array_equal(picture.colours, opened.colours)
    assert picture.alpha is not None
    assert opened.alpha is not None
    assert np.array_equal(picture.alpha, opened.alpha)

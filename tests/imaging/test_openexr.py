"""Linear light in and out: nothing clipped, premultiplied or straight as said, windows honoured."""

import io
import struct
import sys

import numpy as np
import OpenEXR
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from imaging.specimens import ALPHA, RGB, decoded, exr

from mattekit.core.errors import BadImage, MissingExtra, TooLarge
from mattekit.imaging.files import encode_image, open_picture, read_alpha
from mattekit.imaging.picture import Picture

LIGHT = decoded(RGB).astype(np.float32)
HALF_STEP = 2.0**-11


def linear_of(picture: Picture) -> np.ndarray:
    assert picture.linear is not None
    return picture.linear


@pytest.mark.parametrize(("bits", "tolerance"), [(16, HALF_STEP), (32, 0)])
@pytest.mark.parametrize("straight", [False, True])
def test_values_above_1_survive_reading_and_writing(
    bits: int, tolerance: float, straight: bool
) -> None:
    bright = LIGHT * 4
    alpha = ALPHA.astype(np.float32)
    options = {"bits": bits, "linear": True, "straight": straight}
    picture = open_picture(encode_image(bright, format="exr", alpha=alpha, **options))
    relative = max(2 * tolerance, 1e-6)
    np.testing.assert_allclose(linear_of(picture), bright, rtol=relative, atol=1e-4 * relative)
    np.testing.assert_allclose(picture.alpha_window(), alpha, rtol=relative)
    assert linear_of(picture).max() > 3
    assert picture.image().max() == 1


@given(arrays(np.float32, (4, 5, 3), elements=st.floats(-8, 1000, width=32)))
def test_linear_floats_come_back_to_the_bit(light: np.ndarray) -> None:
    data = encode_image(light, format="exr", bits=32, linear=True)
    assert np.array_equal(linear_of(open_picture(data)), light)


def test_coded_colours_are_written_as_light_and_come_back() -> None:
    image = RGB.astype(np.float32)
    picture = open_picture(encode_image(image, format="exr", bits=32))
    np.testing.assert_allclose(picture.image(), image, atol=1e-6)
    np.testing.assert_allclose(linear_of(picture), LIGHT, atol=1e-6)


def written(**options: bool) -> tuple[str, np.ndarray]:
    """What the header says of alpha, and the colours in a file with alpha."""
    alpha = ALPHA.astype(np.float32)
    data = encode_image(LIGHT, format="exr", alpha=alpha, bits=32, linear=True, **options)
    with OpenEXR.File(io.BytesIO(data)) as file:
        return file.header()["mattekit:alpha"], file.channels()["RGBA"].pixels[..., :3]


def test_colours_are_multiplied_by_alpha_unless_straight_ones_are_asked_for() -> None:
    said, stored = written()
    assert said == "premultiplied"
    np.testing.assert_allclose(stored, LIGHT * ALPHA[..., None], atol=1e-6)
    said, stored = written(straight=True)
    assert said == "straight"
    np.testing.assert_allclose(stored, LIGHT, atol=1e-6)


def test_grey_and_alpha_are_multiplied_as_well() -> None:
    grey, alpha = LIGHT[..., 0].copy(), ALPHA.astype(np.float32)
    data = encode_image(grey, format="exr", alpha=alpha, bits=32, linear=True)
    with OpenEXR.File(io.BytesIO(data)) as file:
        np.testing.assert_allclose(file.channels()["Y"].pixels, grey * alpha, atol=1e-6)
    np.testing.assert_allclose(linear_of(open_picture(data))[..., 0], grey, atol=1e-5)


def test_half_floats_do_not_overflow_to_infinity() -> None:
    data = encode_image(np.full((2, 2, 3), 1e6, np.float32), format="exr", linear=True)
    assert linear_of(open_picture(data)).max() == 65504


def test_an_alpha_is_written_as_it_is_without_any_curve() -> None:
    alpha = ALPHA.astype(np.float32)
    assert np.array_equal(
        read_alpha(encode_image(alpha, format="exr", bits=32, linear=True)), alpha
    )


@pytest.mark.parametrize(("left", "top"), [(3, 2), (-4, -3), (-5, 4)])
def test_data_are_placed_in_and_cut_to_the_display_window(left: int, top: int) -> None:
    height, width = LIGHT.shape[:2]
    first, last = np.array([left, top], "i4"), np.array([left + width - 1, top + height - 1], "i4")
    display = (np.array([0, 0], "i4"), np.array([9, 8], "i4"))
    picture = open_picture(exr({"RGB": LIGHT}, dataWindow=(first, last), displayWindow=display))
    expected = np.zeros((9, 10, 3))
    for row, column in np.ndindex(9, 10):
        inside = 0 <= row - top < height and 0 <= column - left < width
        if inside:
            expected[row, column] = LIGHT[row - top, column - left]
    np.testing.assert_allclose(linear_of(picture), expected, atol=1e-6)


def test_data_that_miss_the_display_window_leave_it_empty() -> None:
    height, width = LIGHT.shape[:2]
    data = (np.array([50, 50], "i4"), np.array([49 + width, 49 + height], "i4"))
    display = (np.array([0, 0], "i4"), np.array([9, 8], "i4"))
    assert not linear_of(
        open_picture(exr({"RGB": LIGHT}, dataWindow=data, displayWindow=display))
    ).any()


def test_a_huge_display_window_around_few_data_is_too_large() -> None:
    display = (np.array([0, 0], "i4"), np.array([99_999, 99_999], "i4"))
    height, width = LIGHT.shape[:2]
    data = (np.array([0, 0], "i4"), np.array([width - 1, height - 1], "i4"))
    with pytest.raises(TooLarge, match=r"10000\.0 megapixels"):
        open_picture(exr({"RGB": LIGHT}, dataWindow=data, displayWindow=display))


def test_channels_beside_the_picture_are_not_decoded() -> None:
    extra = {f"light{number:02}": LIGHT[..., 0].copy() for number in range(20)}
    data = exr({"RGB": LIGHT, **extra})
    pixels = LIGHT.shape[0] * LIGHT.shape[1]
    np.testing.assert_array_equal(linear_of(open_picture(data, max_pixels=pixels)), LIGHT)


def test_the_first_part_of_several_is_read() -> None:
    kind = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    parts = [
        OpenEXR.Part({**kind, "name": name}, {"RGB": light})
        for name, light in (("first", LIGHT), ("second", LIGHT / 2))
    ]
    file = io.BytesIO()
    OpenEXR.File(parts).write(file)
    picture = open_picture(file.getvalue())
    np.testing.assert_array_equal(linear_of(picture), LIGHT)
    assert ["more than one picture" in warning for warning in picture.warnings] == [True]


def test_a_damaged_file_prints_nothing_to_pythons_streams(
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = exr({"RGB": LIGHT})
    with pytest.raises(BadImage, match="damaged"):
        open_picture(data[:-200] + b"#" * 200)
    assert capsys.readouterr() == ("", "")


def test_colours_of_other_primaries_are_converted() -> None:
    wide = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)  # ACEScg
    white = np.ones((3, 3, 3), np.float32)
    red = np.float32([[[1, 0, 0]]])
    picture = open_picture(exr({"RGB": white}, chromaticities=wide))
    np.testing.assert_allclose(linear_of(picture), 1, atol=1e-3)  # white stays white
    picture = open_picture(exr({"RGB": red}, chromaticities=wide))
    expected = [1.7051, -0.1302, -0.0240]  # first column of the published AP1 to Rec.709 matrix
    np.testing.assert_allclose(linear_of(picture)[0, 0], expected, atol=2e-3)


def test_infinite_and_undefined_values_are_replaced_with_a_warning() -> None:
    light = LIGHT.copy()
    light[0, 0], light[1, 1] = np.inf, np.nan
    picture = open_picture(exr({"RGB": light}))
    assert np.isfinite(linear_of(picture)).all()
    assert linear_of(picture)[1, 1].tolist() == [0, 0, 0]
    assert "infinite or undefined" in picture.warnings[0]


def test_an_alpha_that_is_not_a_number_somewhere_is_refused() -> None:
    alpha = np.full(LIGHT.shape[:2], 0.5, np.float32)
    alpha[0, 0] = np.inf
    assert read_alpha(exr({"RGB": LIGHT, "A": alpha}))[0, 0] == 1
    alpha[2, 1:4] = np.nan
    with pytest.raises(BadImage, match="3 of its values are not numbers"):
        read_alpha(exr({"RGB": LIGHT, "A": alpha}))


def test_colours_that_are_known_nowhere_are_black() -> None:
    alpha = np.zeros(LIGHT.shape[:2], np.float32)
    assert not linear_of(open_picture(exr({"RGB": LIGHT, "A": alpha}))).any()


def test_channels_of_fewer_samples_are_refused() -> None:
    data = exr({"RGB": LIGHT[:, :16].copy()})
    full = b"B\0" + struct.pack("<iB3xii", 2, 0, 1, 1)  # name, float, not linear, samplings
    halved = b"B\0" + struct.pack("<iB3xii", 2, 0, 2, 2)
    assert data.count(full) == 1
    with pytest.raises(BadImage, match="reduced colour channels"):
        open_picture(data.replace(full, halved))


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data = exr({"RGB": LIGHT})
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    with pytest.raises(MissingExtra, match=r"mattekit\[exr\]"):
        open_picture(data)
    with pytest.raises(MissingExtra, match=r"mattekit\[exr\]"):
        encode_image(LIGHT, format="exr")

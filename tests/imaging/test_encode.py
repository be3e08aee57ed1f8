"""Writing: rounded, tagged, whole or not at all, and readable by other programs."""

import io
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from imaging.specimens import ALPHA, RGB

from mattekit.core.errors import BadArgument, BadOutput
from mattekit.core.types import Alpha, Image
from mattekit.imaging.files import (
    encode_image,
    open_picture,
    read_alpha,
    read_trimap,
    write_alpha,
    write_image,
    write_trimap,
)
from mattekit.imaging.formats.encode import WRITABLE

IMAGE: Image = RGB.astype(np.float32)
MATTE: Alpha = ALPHA.astype(np.float32)

shares = st.floats(0, 1, width=32)
LOSSLESS = [("png", 8), ("png", 16), ("tiff", 8), ("tiff", 16), ("webp", 8)]
sizes = st.tuples(st.integers(1, 7), st.integers(1, 70))
EACH_LOSSLESS = pytest.mark.parametrize(("format", "bits"), LOSSLESS)


@EACH_LOSSLESS
@given(data=st.data(), size=sizes)
def test_colours_and_alpha_come_back_within_half_a_step(
    format: str, bits: int, data: st.DataObject, size: tuple[int, int]
) -> None:
    image = data.draw(arrays(np.float32, (*size, 3), elements=shares))
    alpha = data.draw(arrays(np.float32, size, elements=shares))
    picture = open_picture(encode_image(image, format=format, alpha=alpha, bits=bits))
    half = 0.5 / (2**bits - 1) + 1e-6
    assert picture.bits == bits
    assert picture.warnings == ()
    np.testing.assert_allclose(picture.image(), image, atol=half)  # also where alpha is 0
    np.testing.assert_allclose(picture.alpha_window(), alpha, atol=half)


@pytest.mark.parametrize(("format", "bits"), [*LOSSLESS, ("bmp", 8)])
@given(data=st.data(), size=sizes)
def test_whole_numbers_come_back_unchanged(
    format: str, bits: int, data: st.DataObject, size: tuple[int, int]
) -> None:
    kind = np.uint8 if bits == 8 else np.uint16
    top = np.iinfo(kind).max
    planes = data.draw(arrays(kind, (*size, 3), elements=st.integers(0, top)))
    picture = open_picture(encode_image(planes, format=format, bits=bits))
    assert np.array_equal(picture.colours, planes)


@pytest.mark.parametrize(("format", "bits"), [*LOSSLESS, ("bmp", 8)])
@given(data=st.data(), size=sizes)
def test_an_alpha_written_as_grey_comes_back_within_half_a_step(
    format: str, bits: int, data: st.DataObject, size: tuple[int, int]
) -> None:
    alpha = data.draw(arrays(np.float32, size, elements=shares))
    read = read_alpha(encode_image(alpha, format=format, bits=bits))
    np.testing.assert_allclose(read, alpha, atol=0.5 / (2**bits - 1) + 1e-6)


@pytest.mark.parametrize(("bits", "white"), [(8, 255), (16, 65535)])
def test_values_are_rounded_and_not_cut_off(bits: int, white: int) -> None:
    steps = np.float32([[9.4, 9.6, white - 0.4, white - 0.6]]) / np.float32(white)
    written = open_picture(encode_image(steps, format="png", bits=bits)).colours[0, :, 0]
    assert written.tolist() == [9, 10, white, white - 1]


def test_values_outside_0_and_1_are_cut_and_do_not_wrap() -> None:
    wild = np.float32([[[-0.5, 1.5, 0.5]]])
    assert open_picture(encode_image(wild, format="png")).colours.tolist() == [[[0, 255, 128]]]


def test_8_and_16_bits_are_converted_into_each_other_exactly() -> None:
    every = np.arange(256, dtype=np.uint8).reshape(1, 256, 1).repeat(3, axis=2)
    deep = open_picture(encode_image(every, format="png", bits=16)).colours
    assert np.array_equal(deep, every.astype(np.uint16) * 257)
    assert np.array_equal(open_picture(encode_image(deep, format="png")).colours, every)


def test_jpeg_is_close() -> None:
    picture = open_picture(encode_image(IMAGE, format="jpeg"))
    np.testing.assert_allclose(picture.image(), IMAGE, atol=12 / 255)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("format", ["png", "tiff"])
def test_colours_are_marked_as_srgb_and_alphas_are_not(format: str, bits: int) -> None:
    mark = b"sRGB" if format == "png" else b"acsp"  # a chunk, and the signature of a profile
    assert mark in encode_image(IMAGE, format=format, bits=bits)
    assert mark in encode_image(IMAGE, format=format, alpha=MATTE, bits=bits)
    assert mark not in encode_image(MATTE, format=format, bits=bits)


@EACH_LOSSLESS
def test_the_same_picture_gives_the_same_bytes(format: str, bits: int) -> None:
    first, second = (encode_image(IMAGE, format=format, alpha=MATTE, bits=bits) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("bits", [8, 16])
def test_other_libraries_read_our_tiff(bits: int) -> None:
    rows = np.random.default_rng(0).random((150, 40, 4), dtype=np.float32)  # several strips
    data = encode_image(rows[..., :3], format="tiff", alpha=rows[..., 3], bits=bits)
    codes = np.rint(rows * (2**bits - 1))
    page = tifffile.TiffFile(io.BytesIO(data)).pages[0]
    assert np.array_equal(page.asarray(), codes)
    assert page.extrasamples == (tifffile.EXTRASAMPLE.UNASSALPHA,)
    by_opencv = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if bits == 16:  # 8 bits it multiplies by alpha
        assert np.array_equal(by_opencv[..., [2, 1, 0, 3]], codes)
    by_pillow = PIL.Image.open(io.BytesIO(data))
    by_pillow.load()
    assert by_pillow.mode == "RGBA"
    assert by_pillow.info["icc_profile"][36:40] == b"acsp"


@pytest.mark.parametrize("suffix", [*WRITABLE, ".PNG", ".Tiff"])
def test_the_format_follows_the_suffix(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"picture{suffix}"
    write_image(path, IMAGE)
    np.testing.assert_allclose(open_picture(path).image(), IMAGE, atol=12 / 255)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".webp"])
def test_trimaps_come_back_as_they_were(suffix: str, tmp_path: Path) -> None:
    labels = np.random.default_rng(1).integers(0, 3, (20, 30), dtype=np.uint8)
    write_trimap(tmp_path / f"trimap{suffix}", labels)
    assert np.array_equal(read_trimap(tmp_path / f"trimap{suffix}", strict=True), labels)


@pytest.mark.parametrize("suffix", [".jpg", ".exr"])
def test_a_trimap_is_not_written_where_its_labels_would_not_stay(
    suffix: str, tmp_path: Path
) -> None:
    with pytest.raises(BadArgument, match="write PNG"):
        write_trimap(tmp_path / f"trimap{suffix}", np.ones((3, 3), np.uint8))


@pytest.mark.parametrize("suffix", [".png", ".exr"])
def test_an_alpha_is_written_to_a_file_in_16_bits(suffix: str, tmp_path: Path) -> None:
    write_alpha(tmp_path / f"alpha{suffix}", MATTE, bits=16)
    np.testing.assert_allclose(read_alpha(tmp_path / f"alpha{suffix}"), MATTE, atol=3e-4)


@pytest.mark.parametrize("suffix", [".jpg", ".bmp"])
def test_a_format_without_transparency_says_so(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match="cannot hold transparency; write PNG"):
        write_image(tmp_path / f"cutout{suffix}", IMAGE, alpha=MATTE)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("format", "bits"), [("webp", 16), ("jpeg", 16), ("bmp", 16), ("png", 32), ("tiff", 12)]
)
def test_a_depth_that_a_format_does_not_have_is_refused(format: str, bits: int) -> None:
    with pytest.raises(BadArgument, match=f"(?i){format} holds 8"):
        encode_image(IMAGE, format=format, bits=bits)


def test_linear_colours_are_coded_for_formats_of_codes() -> None:
    light = np.float32([[[0.21586, 4.0, 0.0]]])
    written = open_picture(encode_image(light, format="png", linear=True))
    assert written.colours.tolist() == [[[128, 255, 0]]]


def test_an_alpha_of_another_size_is_refused() -> None:
    with pytest.raises(BadArgument, match="is 16x12 and the image 17x12"):
        encode_image(IMAGE, format="png", alpha=MATTE[:, 1:])


def test_values_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(BadArgument, match="not numbers"):
        encode_image(np.float32([[np.nan]]), format="png")


def test_an_unknown_suffix_names_those_that_are_written(tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match=r"\.png, \.jpg"):
        write_image(tmp_path / "picture.gif", IMAGE)


def test_a_picture_too_long_for_webp_says_where_it_fits() -> None:
    with pytest.raises(BadArgument, match="at most 16383 pixels"):
        encode_image(np.zeros((1, 16384, 3), np.uint8), format="webp")


@pytest.mark.parametrize("place", ["{}/taken.png", "{}/file/picture.png"])
def test_a_place_that_cannot_be_written_is_one_sentence(place: str, tmp_path: Path) -> None:
    (tmp_path / "taken.png").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(BadOutput, match=r"^[^\n]*$"):
        write_image(place.format(tmp_path), IMAGE)


FULL_DISK = """
import resource, sys
import numpy as np
from mattekit.core.errors import BadOutput
from mattekit.imaging.files import write_image
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
try:
    write_image(sys.argv[1], noise)
except BadOutput as error:
    print(error)
"""


@pytest.mark.slow
@pytest.mark.posix
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    write_image(path, IMAGE)
    before = path.read_bytes()
    child = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=True
    )
    assert child.stdout.startswith(f"cannot write {path}: ")
    assert child.stdout.count("\n") == 1
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["picture.png"]


@pytest.mark.parametrize(
    ("image", "alpha", "says"),
    [
        (np.full((4, 5, 3), 120, np.int64), None, "the picture is of int64; expected floats"),
        (np.full((4, 5, 3), 120, np.float32), None, "the picture has values up to 120; expected"),
        (np.zeros((4, 5, 3)), np.ones((4, 5), np.bool_), "the alpha is of bool; expected floats"),
        (np.zeros((4, 5, 3)), np.full((4, 5), 255, np.int32), "the alpha is of int32"),
    ],
)
def test_what_would_be_written_in_another_range_is_refused(
    image: np.ndarray, alpha: np.ndarray | None, says: str, tmp_path: Path
) -> None:
    with pytest.raises(BadArgument, match=says):
        write_image(tmp_path / "out.png", image, alpha=alpha)
    assert not [*tmp_path.iterdir()]

"""The front door: sources, alphas and trimaps out of any file, and what cannot be read."""

import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
from imaging.specimens import ALPHA, GREY, RGB, SPECIMENS, chunk, codes, grey3, png, saved

import mattekit
from mattekit.core.errors import BadImage, BadTrimap, TooLarge
from mattekit.imaging.files import (
    encode_image,
    open_picture,
    open_trimap,
    read_alpha,
    read_image,
    read_trimap,
)
from mattekit.imaging.resize import resize
from mattekit.imaging.sources import SUFFIXES
from mattekit.imaging.trimap import to_pixels

PHOTO = saved(PIL.Image.fromarray(codes(RGB, 8)), "PNG")
MATTE = codes(ALPHA, 8)
OPAQUE = np.full_like(MATTE, 255)
LABELS = np.repeat(np.uint8([[0, 1, 2]]), 5, axis=0).repeat(40, axis=1)


def as_png(plane: np.ndarray) -> bytes:
    return saved(PIL.Image.fromarray(plane), "PNG")


def test_a_picture_is_read_from_a_path_a_string_bytes_and_an_open_file(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(PHOTO)
    with path.open("rb") as file:
        kinds = (bytes, bytearray, memoryview, io.BytesIO)
        for source in (path, str(path), file, *(kind(PHOTO) for kind in kinds)):
            np.testing.assert_allclose(read_image(source), codes(RGB, 8) / 255, atol=1e-6)


class Broken:
    """An open file whose connection is lost."""

    def read(self) -> bytes:
        raise ConnectionResetError("the connection is lost")


def closed() -> io.BytesIO:
    file = io.BytesIO(PHOTO)
    file.close()
    return file


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (io.StringIO("text"), "open as text; open it with the mode 'rb'"),
        (Broken(), "cannot be read: the connection is lost"),
        (closed(), "cannot be read: I/O operation on closed file"),
    ],
)
def test_what_cannot_be_a_picture_is_refused_with_what_can(source: Any, sentence: str) -> None:
    with pytest.raises(BadImage, match=sentence):
        mattekit.cutout(source)


@pytest.mark.slow
def test_what_no_annotation_allows_is_refused_with_what_can_be_a_picture() -> None:
    """In a process of its own, where annotations are not checked."""
    program = "import mattekit\nmattekit.cutout([[0, 255]])"
    refusal = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "BadImage: a picture cannot be read from list; give a path" in refusal.stderr


@pytest.mark.posix
def test_a_picture_is_read_from_a_pipe_which_has_no_size(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(PHOTO,))
    writer.start()
    assert open_picture(pipe).size == RGB.shape[:2]
    writer.join()


def test_what_a_file_holds_counts_and_not_what_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "really-a-png.jpg"
    path.write_bytes(PHOTO)
    assert open_picture(path).size == RGB.shape[:2]


def bad_files(folder: Path) -> list[tuple[Path, str]]:
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("not a picture at all")
    gif = saved(PIL.Image.fromarray(codes(RGB, 8)).quantize(8), "GIF")
    (folder / "animation.gif").write_bytes(gif)
    (folder / "folder.png").mkdir()
    (folder / "loop.png").symlink_to(folder / "loop.png")
    return [
        (folder / "missing.png", "does not exist"),
        (folder / "empty.png", "is empty"),
        (folder / "text.png", "not a picture of a kind that is read"),
        (folder / "animation.gif", "save it as PNG"),
        (folder / "folder.png", "is a folder"),
        (folder / "text.png" / "inside.png", "not a directory"),
        (folder / "loop.png", "cannot be opened"),
        (folder / ("x" * 300 + ".png"), "name too long"),
        (Path("a\0b.png"), "cannot be the name of a file"),
        *([(memory, "cannot be read")] if (memory := Path("/proc/self/mem")).exists() else []),
    ]


@pytest.mark.posix
@pytest.mark.parametrize("read", [open_picture, read_alpha, read_trimap])
def test_what_is_no_picture_is_refused_in_one_sentence_with_its_name(
    read: Callable[[Path], object], tmp_path: Path
) -> None:
    for path, reason in bad_files(tmp_path):
        with pytest.raises(BadImage) as refusal:
            read(path)
        sentence = str(refusal.value)
        assert reason in sentence
        assert repr(str(path)).strip("'") in sentence
        assert "\n" not in sentence


def claiming(width: int, height: int) -> bytes:
    """A PNG whose header names another size than it has pixels for."""
    header = width.to_bytes(4) + height.to_bytes(4) + PHOTO[24:29]
    return PHOTO[:8] + chunk(b"IHDR", header) + PHOTO[33:]


def test_a_header_that_promises_too_many_pixels_is_refused_before_decoding() -> None:
    with pytest.raises(TooLarge, match=r"3000\.0 megapixels \(60000x50000\).* limit of 150\.0"):
        open_picture(claiming(60_000, 50_000))


def test_a_raised_limit_is_not_cut_by_pillows_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 50)  # an error from twice that on
    assert open_picture(PHOTO, max_pixels=10_000).size == RGB.shape[:2]
    assert PIL.Image.MAX_IMAGE_PIXELS == 50


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (as_png(MATTE), MATTE / 255),
        (png(codes(ALPHA, 16), 16, 0), codes(ALPHA, 16) / 65535),
        (as_png(grey3(MATTE)), MATTE / 255),
        (as_png(np.dstack([codes(RGB, 8), MATTE])), MATTE / 255),
        (as_png(np.dstack([grey3(MATTE), OPAQUE])), MATTE / 255),
        (as_png(np.dstack([codes(GREY, 8), MATTE])), MATTE / 255),
        (as_png(MATTE > 128), (MATTE > 128) * 1.0),
    ],
    ids=["grey", "16-bit grey", "RGB", "RGBA", "opaque RGBA", "grey and alpha", "1-bit"],
)
def test_an_alpha_is_the_alpha_channel_or_else_the_grey(data: bytes, expected: np.ndarray) -> None:
    alpha = read_alpha(data)
    assert alpha.dtype == np.float32
    np.testing.assert_allclose(alpha, expected, atol=1e-6)


def test_an_alpha_in_jpeg_is_read_though_its_greys_are_not_quite_grey() -> None:
    data = saved(PIL.Image.fromarray(grey3(MATTE)), "JPEG", quality=80)
    np.testing.assert_allclose(read_alpha(data), MATTE / 255, atol=0.1)


@pytest.mark.parametrize("read", [read_alpha, read_trimap])
def test_a_photo_given_for_an_alpha_or_a_trimap_is_refused(
    read: Callable[[bytes], object],
) -> None:
    with pytest.raises(BadImage, match="the picture is in colour; expected the greys of"):
        read(PHOTO)


def test_trimaps_are_read_from_every_lossless_format_and_depth() -> None:
    pixels = to_pixels(LABELS)
    files = [as_png(pixels), as_png(grey3(pixels)), saved(PIL.Image.fromarray(pixels), "BMP")]
    files.append(saved(PIL.Image.fromarray(pixels), "TIFF"))
    files.append(saved(PIL.Image.fromarray(pixels), "WEBP", lossless=True))
    files.append(png(pixels.astype(np.uint16) * 257, 16, 0))
    files.append(png(pixels.astype(np.uint16), 16, 0))  # values of 8 bits in 16
    files.append(png((LABELS > 0) * 1 + (LABELS > 1) * 2, 2, 0))  # greys 0, 85 and 255
    for data in files:
        assert np.array_equal(read_trimap(data), LABELS)


def test_a_smoothed_trimap_is_read_with_a_warning_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "smooth.png"
    smooth = to_pixels(LABELS).copy()
    smooth[:, 38:40] = 64
    path.write_bytes(as_png(smooth))
    trimap, warnings = open_trimap(path)
    assert (trimap[:, 38:40] == 1).all()
    assert [str(path) in warning and "10 of 600" in warning for warning in warnings] == [True]
    with pytest.raises(BadTrimap, match=f"{path}: 10 of 600"):
        read_trimap(path, strict=True)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("first", [0, 1])
def test_labels_in_a_file_are_refused_with_its_name(tmp_path: Path, first: int, bits: int) -> None:
    path = tmp_path / "labels.png"
    labels = (LABELS + np.uint8(first)).astype(f"u{bits // 8}")
    path.write_bytes(png(labels, bits, 0))
    found = f"{path}: the trimap holds only the values {[first, first + 1, first + 2]}, as labels"
    with pytest.raises(BadTrimap, match=re.escape(found)):
        read_trimap(path)


def test_a_black_trimap_with_noise_stays_one(tmp_path: Path) -> None:
    values = np.zeros((10, 10), np.uint8)
    values[3:5, 3:5] = 3
    path = tmp_path / "black.png"
    path.write_bytes(as_png(values))
    assert not read_trimap(path).any()


@pytest.mark.parametrize("format", ["png", "tiff"])
def test_what_pillow_finds_damaged_is_refused_even_if_opencv_makes_a_picture_of_it(
    format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = encode_image(RGB.astype(np.float32), format=format, bits=16)
    middle = len(whole) // 2 if format == "png" else len(whole) - 50
    damaged = whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
    half_grey = np.full(RGB.shape, 32768, np.uint16)
    monkeypatch.setattr(cv2, "imdecode", lambda data, flags: half_grey)
    assert open_picture(whole).size == RGB.shape[:2]
    with pytest.raises(BadImage, match="damaged"):
        open_picture(damaged)


def test_every_suffix_that_is_announced_can_be_read() -> None:
    endings = {"JPEG": ".jpg .jpeg", "TIFF": ".tif .tiff", "HEIC": ".heic .heif", "OpenEXR": ".exr"}
    formats = {specimen.format for specimen in SPECIMENS}
    named = [endings.get(name, f".{name.lower()}").split() for name in formats]
    assert sorted(SUFFIXES) == sorted(suffix for suffixes in named for suffix in suffixes)


def test_a_jpeg_is_decoded_at_no_less_than_what_is_enough() -> None:
    ramp = np.linspace(0, 1, 96, dtype=np.float32)
    encoded = encode_image(np.broadcast_to(ramp[None, :, None], (64, 96, 3)).copy(), format="jpeg")
    whole = open_picture(encoded)
    for enough, size in (((64, 96), (64, 96)), ((33, 48), (64, 96)), ((32, 40), (32, 48))):
        assert open_picture(encoded, at_least=enough).size == size
    half = open_picture(encoded, at_least=(32, 48)).image()
    assert np.allclose(half, resize(whole.image(), (32, 48)), atol=2 / 255)
    assert open_picture(encoded, at_least=(8, 12)).size == (8, 12)


def test_what_is_enough_is_meant_of_the_upright_picture() -> None:
    image = PIL.Image.fromarray(np.zeros((64, 96, 3), dtype=np.uint8))
    exif = image.getexif()
    exif[274] = 6  # to be turned by a quarter
    file = io.BytesIO()
    image.save(file, "JPEG", exif=exif)
    assert open_picture(file.getvalue(), at_least=(48, 32)).size == (48, 32)
    assert open_picture(file.getvalue(), at_least=(32, 48)).size == (96, 64)


def test_a_png_is_decoded_whole_whatever_is_enough() -> None:
    encoded = encode_image(np.zeros((64, 96, 3), dtype=np.float32), format="png")
    assert open_picture(encoded, at_least=(8, 8)).size == (64, 96)


def test_a_refusal_of_bytes_says_the_picture_once() -> None:
    with pytest.raises(TooLarge, match=r"^the picture has .* megapixels"):
        open_picture(PHOTO, max_pixels=10)

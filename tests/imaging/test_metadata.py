"""How a picture was held, and what of the camera's notes survives."""

import io
from collections.abc import Callable

import numpy as np
import PIL.Image
import pillow_heif
import pytest
import tifffile
from imaging.specimens import ALPHA, RGB, chunk, codes, png, saved
from PIL.ExifTags import GPS, IFD, Base

from mattekit.core.errors import BadArgument
from mattekit.imaging.files import open_picture, read_alpha, read_trimap, write_image
from mattekit.imaging.trimap import to_pixels

# Where the first row and the first column of the file lie in the upright picture (EXIF 2.32, 4.6.4)
STORED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda upright: upright,  # top, left
    2: lambda upright: upright[:, ::-1],  # top, right
    3: lambda upright: upright[::-1, ::-1],  # bottom, right
    4: lambda upright: upright[::-1],  # bottom, left
    5: lambda upright: upright.swapaxes(0, 1),  # left, top
    6: lambda upright: np.rot90(upright),  # right, top
    7: lambda upright: np.rot90(upright, 2).swapaxes(0, 1),  # right, bottom
    8: lambda upright: np.rot90(upright, -1),  # left, bottom
}
EACH_ORIENTATION = pytest.mark.parametrize("orientation", STORED)


def exif_with(orientation: int) -> PIL.Image.Exif:
    exif = PIL.Image.Exif()
    exif[Base.Orientation] = orientation
    exif[Base.Model] = "Box camera"
    return exif


def tiff(samples: np.ndarray, orientation: int, **options: object) -> bytes:
    file = io.BytesIO()
    tags = [(274, "H", 1, orientation, True)]
    kind = "rgb" if samples.ndim == 3 else "minisblack"
    tifffile.imwrite(file, samples, photometric=kind, extratags=tags, **options)
    return file.getvalue()


def by_pillow(samples: np.ndarray, format: str, orientation: int, **options: object) -> bytes:
    image = PIL.Image.fromarray(np.ascontiguousarray(samples))
    return saved(image, format, exif=exif_with(orientation), **options)


def heic(samples: np.ndarray, orientation: int) -> bytes:
    file = io.BytesIO()
    image = PIL.Image.fromarray(np.ascontiguousarray(samples))
    exif = exif_with(orientation).tobytes()
    pillow_heif.from_pillow(image).save(file, quality=100, chroma=444, exif=exif)
    return file.getvalue()


def deep_png(samples: np.ndarray, orientation: int) -> bytes:
    notes = exif_with(orientation).tobytes().removeprefix(b"Exif\0\0")
    return png(samples, 16, 2, chunk(b"eXIf", notes))


BEST = {"quality": 100, "subsampling": 0}
WRITERS: dict[str, tuple[Callable[[np.ndarray, int], bytes], int, float]] = {
    "JPEG": (lambda plane, way: by_pillow(plane, "JPEG", way, **BEST), 8, 12 / 255),
    "PNG": (lambda plane, way: by_pillow(plane, "PNG", way), 8, 1e-6),
    "16-bit PNG": (deep_png, 16, 1e-6),
    "WebP": (lambda plane, way: by_pillow(plane, "WEBP", way, lossless=True), 8, 1e-6),
    "AVIF": (
        lambda plane, way: by_pillow(plane, "AVIF", way, quality=100, subsampling="4:4:4"),
        8,
        12 / 255,
    ),
    "HEIC": (heic, 8, 12 / 255),
    "TIFF": (tiff, 8, 1e-6),
    "deflated TIFF": (lambda plane, way: tiff(plane, way, compression="zlib"), 8, 1e-6),
    "16-bit TIFF": (tiff, 16, 1e-6),
}


@EACH_ORIENTATION
@pytest.mark.parametrize("kind", WRITERS)
def test_pictures_come_out_upright(kind: str, orientation: int) -> None:
    write, bits, tolerance = WRITERS[kind]
    upright = codes(RGB, bits)
    data = write(STORED[orientation](upright), orientation)
    picture = open_picture(data)
    assert picture.size == upright.shape[:2]
    np.testing.assert_allclose(picture.image(), upright / (2**bits - 1), atol=tolerance)


@EACH_ORIENTATION
def test_alphas_and_trimaps_come_out_upright_as_well(orientation: int) -> None:
    alpha = codes(ALPHA, 8)
    data = by_pillow(STORED[orientation](alpha), "PNG", orientation)
    np.testing.assert_allclose(read_alpha(data), alpha / 255, atol=1e-6)
    trimap = (codes(ALPHA, 8) // 86).astype(np.uint8)
    data = by_pillow(STORED[orientation](to_pixels(trimap)), "PNG", orientation)
    assert np.array_equal(read_trimap(data), trimap)


@EACH_ORIENTATION
def test_the_alpha_of_a_16_bit_tiff_turns_with_its_colours(orientation: int) -> None:
    rgba = codes(np.dstack([RGB, ALPHA]), 16)
    stored = STORED[orientation](rgba)
    picture = open_picture(tiff(stored, orientation, extrasamples=["unassalpha"]))
    assert picture.alpha is not None
    assert np.array_equal(np.dstack([picture.colours, picture.alpha]), rgba)


@pytest.mark.parametrize("bits", [8, 16])
def test_png_notes_that_stand_behind_the_pixels_count_as_well(bits: int) -> None:
    notes = chunk(b"eXIf", exif_with(6).tobytes().removeprefix(b"Exif\0\0"))
    end = chunk(b"IEND", b"")
    data = png(STORED[6](codes(RGB, bits)), bits, 2).replace(end, notes + end)
    assert np.array_equal(open_picture(data).colours, codes(RGB, bits))


@pytest.mark.parametrize("nonsense", [0, 9, 77])
def test_an_orientation_that_does_not_exist_is_upright(nonsense: int) -> None:
    data = by_pillow(codes(RGB, 8), "PNG", nonsense)
    assert np.array_equal(open_picture(data).colours, codes(RGB, 8))


def test_damaged_exif_data_are_no_reason_to_refuse_the_picture() -> None:
    image = PIL.Image.fromarray(codes(RGB, 8))
    data = saved(image, "PNG", exif=b"Exif\0\0MM\0\x2a\0\0\xff\xff broken")
    picture = open_picture(data)
    assert np.array_equal(picture.colours, codes(RGB, 8))
    assert picture.exif == b""


def noted() -> PIL.Image.Exif:
    """What a camera notes, with tags that describe the old file among it."""
    exif = exif_with(6)
    exif[Base.Artist] = "A. Photographer"
    exif[Base.ImageWidth] = 4000
    exif.get_ifd(IFD.Exif)[Base.ISOSpeedRatings] = 400
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] = "N"
    return exif


@pytest.mark.parametrize(
    ("suffix", "bits"),
    [(".png", 8), (".png", 16), (".tif", 8), (".tif", 16), (".jpg", 8), (".webp", 8)],
)
def test_the_notes_are_kept_when_asked_for_and_never_the_orientation(
    suffix: str, bits: int, tmp_path: object
) -> None:
    image = PIL.Image.fromarray(codes(RGB, 8))
    picture = open_picture(saved(image, "JPEG", exif=noted()))
    path = f"{tmp_path}/kept{suffix}"
    write_image(path, picture.colours, bits=bits, exif=picture.exif)
    again = open_picture(path)
    assert again.size == picture.size  # no second turn
    kept = PIL.Image.Exif()
    kept.load(again.exif)
    assert kept[Base.Model] == "Box camera"
    assert kept[Base.Artist] == "A. Photographer"
    assert kept.get_ifd(IFD.Exif)[Base.ISOSpeedRatings] == 400
    assert kept.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] == "N"
    assert not {Base.Orientation, Base.ImageWidth} & set(kept)


@pytest.mark.parametrize("bits", [8, 16])
def test_the_notes_of_a_tiff_are_kept_without_its_strips(bits: int) -> None:
    tags = [(274, "H", 1, 6, True), (272, "s", 0, "Box camera", True)]
    file = io.BytesIO()
    tifffile.imwrite(file, codes(RGB, bits), photometric="rgb", extratags=tags, software="none")
    kept = PIL.Image.Exif()
    kept.load(open_picture(file.getvalue()).exif)
    assert kept[Base.Model] == "Box camera"
    assert not {Base.StripOffsets, Base.ImageWidth, Base.Orientation} & set(kept)


def test_without_being_asked_nothing_of_the_camera_is_written(tmp_path: object) -> None:
    picture = open_picture(saved(PIL.Image.fromarray(codes(RGB, 8)), "JPEG", exif=noted()))
    write_image(f"{tmp_path}/plain.png", picture.colours)
    assert open_picture(f"{tmp_path}/plain.png").exif == b""


def test_notes_too_long_for_jpeg_say_so(tmp_path: object) -> None:
    long = b"Exif\0\0" + b"x" * 70_000
    with pytest.raises(BadArgument, match="is 70006 bytes; JPEG allows at most 65533"):
        write_image(f"{tmp_path}/long.jpg", codes(RGB, 8), exif=long)


def test_the_preview_in_the_jpeg_of_a_phone_is_not_a_second_picture() -> None:
    photo = PIL.Image.fromarray(codes(RGB, 8))
    data = saved(photo, "MPO", save_all=True, append_images=[photo.resize((4, 4))])
    assert open_picture(data).warnings == ()


@pytest.mark.parametrize("suffix", [".bmp", ".exr"])
def test_a_format_without_room_for_notes_says_so(suffix: str, tmp_path: object) -> None:
    with pytest.raises(BadArgument, match="cannot hold EXIF data"):
        write_image(f"{tmp_path}/no{suffix}", codes(RGB, 8), exif=noted().tobytes())

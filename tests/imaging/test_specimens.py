"""Every format, depth and arrangement of channels, read right or refused with a sentence."""

import cv2
import numpy as np
import pytest
from imaging.specimens import RGB, SPECIMENS, Specimen
from PIL import ImageFile, TiffImagePlugin
from pillow_heif.as_plugin import HeifImageFile

from mattekit.core.errors import BadImage, TooLarge
from mattekit.imaging.files import open_picture, read_image

READ = [specimen for specimen in SPECIMENS if specimen.colours is not None]
REFUSED = [specimen for specimen in SPECIMENS if specimen.colours is None]
ONE_PICTURE = [specimen for specimen in READ if specimen.remark != "more than one picture"]


def name(specimen: Specimen) -> str:
    return specimen.name


@pytest.mark.parametrize("specimen", READ, ids=name)
def test_a_file_is_read_with_its_colours_depth_and_alpha(specimen: Specimen) -> None:
    picture = open_picture(specimen.data)
    assert specimen.colours is not None
    assert picture.size == specimen.colours.shape[:2]
    assert picture.bits == specimen.bits
    np.testing.assert_allclose(picture.image(), specimen.colours, atol=specimen.tolerance)
    assert (picture.alpha is None) == (specimen.alpha is None)
    if specimen.alpha is not None:
        tolerance = max(specimen.tolerance, 1e-3)
        np.testing.assert_allclose(picture.alpha_window(), specimen.alpha, atol=tolerance)
    assert len(picture.warnings) == bool(specimen.remark)
    assert all(specimen.remark in warning for warning in picture.warnings)


@pytest.mark.parametrize("specimen", REFUSED, ids=name)
def test_what_is_not_read_is_refused_with_a_sentence(specimen: Specimen) -> None:
    with pytest.raises(BadImage) as refusal:
        open_picture(specimen.data)
    assert specimen.remark in str(refusal.value)


@pytest.mark.parametrize("specimen", READ, ids=name)
def test_the_number_of_pixels_is_limited(specimen: Specimen) -> None:
    assert specimen.colours is not None
    height, width = specimen.colours.shape[:2]
    assert open_picture(specimen.data, max_pixels=height * width).size == (height, width)
    with pytest.raises(TooLarge, match=f"{width}x{height}.*--max-pixels"):
        open_picture(specimen.data, max_pixels=height * width - 1)


@pytest.mark.parametrize("specimen", READ, ids=name)
def test_the_size_is_read_without_decoding_a_pixel(
    specimen: Specimen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a pixel was decoded")

    for kind in (ImageFile.ImageFile, TiffImagePlugin.TiffImageFile, HeifImageFile):
        monkeypatch.setattr(kind, "load", refuse)
    monkeypatch.setattr(cv2, "imdecode", refuse)
    assert specimen.colours is not None
    with pytest.raises(TooLarge):
        open_picture(specimen.data, max_pixels=10)


@pytest.mark.parametrize("specimen", ONE_PICTURE, ids=name)
@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_a_file_cut_short_is_refused(specimen: Specimen, share: float) -> None:
    with pytest.raises(BadImage, match=r"^the picture: "):
        open_picture(specimen.data[: int(len(specimen.data) * share)])


def test_the_list_holds_every_format_that_is_read() -> None:
    formats = {"AVIF", "BMP", "HEIC", "JPEG", "OpenEXR", "PNG", "TIFF", "WebP"}
    assert {specimen.format for specimen in SPECIMENS} == formats


def test_an_image_is_the_colours_as_floats() -> None:
    png = next(specimen for specimen in READ if specimen.name == "PNG 16-bit RGBA")
    image = read_image(png.data)
    assert image.dtype == np.float32
    np.testing.assert_allclose(image, RGB, atol=1e-5)

"""Colours of other profiles become sRGB; LittleCMS is the judge of what is computed here."""

import io
import zlib

import cv2
import numpy as np
import PIL.Image
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from imaging import icc
from imaging.specimens import ALPHA, GREY, RGB, chunk, codes, png, saved
from PIL import ImageCms

from mattekit.core.errors import BadImage
from mattekit.imaging.compose import to_srgb
from mattekit.imaging.files import open_picture, read_alpha, read_trimap
from mattekit.imaging.formats.profiles import evaluate_curve, srgb_profile

CURVES = {
    "gamma 1.8": icc.gamma_curve(1.8),
    "gamma 2.2": icc.parametric_curve(0, 2.2),
    "sRGB": icc.SRGB_CURVE,
    "table": icc.table_curve(np.linspace(0, 1, 33) ** 2.0),
    "identity": b"curv\0\0\0\0\0\0\0\0",
}
COLORANTS = {"P3": icc.DISPLAY_P3, "ProPhoto": icc.PROPHOTO, "sRGB": icc.SRGB}
PROFILES = {
    f"{colorants}, {curve}": icc.matrix_profile(COLORANTS[colorants], CURVES[curve])
    for colorants in COLORANTS
    for curve in CURVES
}
EACH_PROFILE = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


def by_littlecms(rgb: np.ndarray, profile: bytes) -> np.ndarray:
    """8-bit colours in sRGB, as LittleCMS has them."""
    return np.asarray(
        ImageCms.profileToProfile(
            PIL.Image.fromarray(rgb),
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )
    )


def colourful() -> np.ndarray:
    """All combinations of nine codes in the three channels, 27 x 27 pixels."""
    ramp = np.linspace(0, 255, 9).astype(np.uint8)
    return np.stack(np.meshgrid(ramp, ramp, ramp), axis=-1).reshape(27, 27, 3)


@EACH_PROFILE
def test_16_bits_agree_with_littlecms_within_a_step_of_8_bits(profile: bytes) -> None:
    rgb = colourful()
    deep = tifffile_bytes(rgb.astype(np.uint16) * 257, profile)
    picture = open_picture(deep)
    assert picture.bits == 16
    difference = np.abs(picture.image() * 255 - by_littlecms(rgb, profile))
    assert difference.max() <= 1.01


@EACH_PROFILE
def test_8_bits_go_through_littlecms(profile: bytes) -> None:
    rgb = colourful()
    picture = open_picture(saved(PIL.Image.fromarray(rgb), "PNG", icc_profile=profile))
    assert np.abs(picture.colours.astype(int) - by_littlecms(rgb, profile)).max() <= 1
    assert picture.warnings == ()


@pytest.mark.parametrize("bits", [8, 16])
def test_an_srgb_profile_changes_nothing_at_all(bits: int) -> None:
    rgb = codes(RGB, bits)
    profiles = [srgb_profile(), PROFILES["sRGB, sRGB"]]
    for profile in profiles:
        picture = open_picture(tifffile_bytes(rgb, profile))
        assert np.array_equal(picture.colours, rgb)


def tifffile_bytes(rgb: np.ndarray, profile: bytes) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, rgb, photometric="rgb", iccprofile=profile)
    return file.getvalue()


@pytest.mark.parametrize("bits", [8, 16])
def test_the_profile_of_a_grey_picture_is_applied_to_its_colours(bits: int) -> None:
    grey = codes(GREY, bits)
    profile = icc.grey_profile(icc.gamma_curve(1.0))
    compressed = chunk(b"iCCP", b"linear\0\0" + zlib.compress(profile))
    picture = open_picture(png(grey, bits, 0, compressed))
    light = grey / (2**bits - 1)
    coded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(picture.image()[..., 0], coded, atol=1.5 / 255)


@pytest.mark.parametrize("bits", [8, 16])
def test_the_profile_of_grey_with_alpha_is_one_of_grey(bits: int) -> None:
    planes = codes(np.dstack([GREY, ALPHA]), bits)
    profile = icc.grey_profile(icc.gamma_curve(1.0))
    compressed = chunk(b"iCCP", b"linear\0\0" + zlib.compress(profile))
    picture = open_picture(png(planes, bits, 4, compressed))
    assert picture.warnings == ()
    assert picture.image()[6].mean() > GREY[6].mean() + 0.1


@pytest.mark.parametrize("curve", [icc.parametric_curve(0, -2.0), b"curv\0\0\0\0\0\0\1\0"])
def test_a_curve_without_meaning_is_a_warning(curve: bytes) -> None:
    picture = open_picture(tifffile_bytes(codes(RGB, 16), icc.matrix_profile(icc.SRGB, curve)))
    assert np.array_equal(picture.colours, codes(RGB, 16))
    assert ["cannot be used" in warning for warning in picture.warnings] == [True]


def test_alphas_and_trimaps_are_not_colours_and_keep_their_values() -> None:
    profile = icc.grey_profile(icc.gamma_curve(1.0))
    alpha = PIL.Image.fromarray(codes(ALPHA, 8))
    read = read_alpha(saved(alpha, "PNG", icc_profile=profile))
    np.testing.assert_allclose(read, codes(ALPHA, 8) / 255, atol=1e-6)
    trimap = PIL.Image.fromarray(np.uint8([[0, 128, 255]] * 3))
    assert read_trimap(saved(trimap, "PNG", icc_profile=profile)).tolist() == [[0, 1, 2]] * 3


def test_the_alpha_beside_converted_colours_keeps_its_values() -> None:
    rgba = np.dstack([codes(RGB, 16), codes(ALPHA, 16)])
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        rgba,
        photometric="rgb",
        extrasamples=["unassalpha"],
        iccprofile=PROFILES["P3, gamma 2.2"],
    )
    picture = open_picture(file.getvalue())
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha, rgba[..., 3])
    assert not np.array_equal(picture.colours, rgba[..., :3])


def test_16_bits_with_a_profile_of_tables_are_refused_or_reduced_when_allowed() -> None:
    data = tifffile_bytes(codes(RGB, 16), icc.table_profile(b"RGB ", 3))
    with pytest.raises(BadImage, match="convert it to sRGB first"):
        open_picture(data)
    picture = open_picture(data, allow_8bit=True)
    assert picture.bits == 8
    assert "reduced to 8 bits" in picture.warnings[0]
    expected = by_littlecms(codes(RGB, 8), icc.table_profile(b"RGB ", 3))
    np.testing.assert_allclose(picture.colours, expected, atol=2)
    assert np.array_equal(picture.colours[..., 0], picture.colours[..., 2])


def test_reducing_to_8_bits_takes_the_alpha_along() -> None:
    file = io.BytesIO()
    rgba = np.dstack([codes(RGB, 16), codes(ALPHA, 16)])
    profile = icc.table_profile(b"RGB ", 3)
    options = {"photometric": "rgb", "extrasamples": ["unassalpha"], "iccprofile": profile}
    tifffile.imwrite(file, rgba, **options)
    picture = open_picture(file.getvalue(), allow_8bit=True)
    assert picture.alpha is not None
    assert np.array_equal(picture.alpha, codes(ALPHA, 8))


def test_cmyk_is_converted_by_its_profile() -> None:
    ink = PIL.Image.fromarray(np.dstack([codes(RGB, 8), codes(GREY, 8)]), "CMYK")
    profile = icc.table_profile(b"CMYK", 4)
    picture = open_picture(saved(ink, "TIFF", icc_profile=profile))
    assert picture.warnings == ()
    light = 1 - np.asarray(ink).mean(axis=-1) / 255  # the share of CIE lightness
    luminance = np.where(light > 0.08, ((light + 0.16) / 1.16) ** 3, light / 9.033)
    grey = 255 * to_srgb(luminance.astype(np.float32))
    np.testing.assert_allclose(picture.colours, np.repeat(grey[..., None], 3, axis=2), atol=3)


def test_inverted_cmyk_is_read_as_another_decoder_reads_it() -> None:
    ink = PIL.Image.fromarray(np.dstack([255 - codes(RGB, 8), 0 * codes(GREY, 8)]), "CMYK")
    data = saved(ink, "JPEG", quality=95, subsampling=0)
    by_opencv = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    difference = np.abs(open_picture(data).colours.astype(int) - by_opencv)
    assert difference.max() <= 2


@pytest.mark.parametrize(
    "profile",
    [b"nothing of the kind", PROFILES["P3, sRGB"][:150], icc.grey_profile(icc.gamma_curve(2.2))],
    ids=["noise", "cut short", "of grey"],
)
@pytest.mark.parametrize("bits", [8, 16])
def test_a_profile_that_cannot_be_used_is_a_warning(profile: bytes, bits: int) -> None:
    rgb = codes(RGB, bits)
    picture = open_picture(tifffile_bytes(rgb, profile))
    assert np.array_equal(picture.colours, rgb)
    assert ["cannot be used" in warning for warning in picture.warnings] == [True]


@given(st.floats(0, 1))
def test_parametric_curves_follow_their_definitions(x: float) -> None:
    g, a, b, c, d, e, f = 2.0, 0.75, 0.25, 0.5, 0.25, 0.125, 0.0625
    definitions = [
        x**g,
        (a * x - b) ** g if x >= b / a else 0,
        (a * x - b) ** g + c if x >= b / a else c,
        (a * x + b) ** g if x >= d else c * x,
        (a * x + b) ** g + e if x >= d else c * x + f,
    ]
    values = [[g], [g, a, -b], [g, a, -b, c], [g, a, b, c, d], [g, a, b, c, d, e, f]]
    for kind, parameters in enumerate(values):
        tag = icc.parametric_curve(kind, *parameters)
        assert evaluate_curve(tag, np.array([x]))[0] == pytest.approx(definitions[kind], abs=1e-4)


def test_the_profile_of_written_files_does_not_change_with_the_time() -> None:
    assert srgb_profile() == srgb_profile()
    assert ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile())).profile.xcolor_space == "RGB "

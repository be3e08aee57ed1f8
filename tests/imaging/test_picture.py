import numpy as np
import pytest
from imaging.specimens import ALPHA, RGB, codes, decoded

from mattekit.imaging.compose import to_srgb
from mattekit.imaging.picture import Picture, apply_existing_alpha, to_depth, to_float

BLUE = (0.0, 0.2, 1.0)


def picture_of(bits: int) -> Picture:
    return Picture(colours=codes(RGB, bits), alpha=codes(ALPHA, bits))


@pytest.mark.parametrize("bits", [8, 16])
def test_planes_stay_in_the_depth_of_the_file_until_a_window_is_taken(bits: int) -> None:
    picture = picture_of(bits)
    assert picture.bits == bits
    window = picture.window(slice(2, 5), slice(3, 9))
    assert window.dtype == np.float32
    assert np.array_equal(window, picture.image()[2:5, 3:9])
    opacity = picture.alpha_window(slice(2, 5), slice(3, 9))
    assert np.array_equal(opacity, picture.alpha_window()[2:5, 3:9])


def test_a_window_can_be_changed_without_changing_the_picture() -> None:
    picture = Picture(colours=RGB.astype(np.float32))
    picture.window(slice(None), slice(None))[:] = 0
    assert picture.image().max() > 0.5


def test_a_picture_without_alpha_is_opaque() -> None:
    assert (Picture(colours=codes(RGB, 8)).alpha_window(slice(0, 4)) == 1).all()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_every_code_survives_becoming_a_float(kind: type[np.unsignedinteger]) -> None:
    every = np.arange(np.iinfo(kind).max + 1, dtype=kind)[:, None]
    floats = to_float(every)
    assert floats[0, 0] == 0
    assert floats[-1, 0] == 1
    assert np.array_equal(to_depth(floats, np.iinfo(kind).bits), every)


def test_an_alpha_is_ignored_with_a_warning_where_it_is_not_opaque() -> None:
    ignored = apply_existing_alpha(picture_of(8), "ignore")
    assert ignored.alpha is None
    assert np.array_equal(ignored.colours, codes(RGB, 8))
    assert ["transparent parts" in warning for warning in ignored.warnings] == [True]
    opaque = Picture(colours=codes(RGB, 8), alpha=np.full(ALPHA.shape, 255, np.uint8))
    assert apply_existing_alpha(opaque, "ignore").warnings == ()


def test_an_alpha_to_be_multiplied_stays() -> None:
    picture = picture_of(8)
    assert apply_existing_alpha(picture, "multiply") is picture


@pytest.mark.parametrize("bits", [8, 16])
def test_a_transparent_photo_is_put_on_a_colour(bits: int) -> None:
    composite = apply_existing_alpha(picture_of(bits), "composite", BLUE)
    expected = RGB * ALPHA[..., None] + np.array(BLUE) * (1 - ALPHA[..., None])
    assert composite.alpha is None
    assert composite.bits == bits
    np.testing.assert_allclose(composite.image(), expected, atol=1.5 / (2**bits - 1))


def test_linear_colours_are_put_on_a_colour_in_linear_light_without_clipping() -> None:
    light = (4 * decoded(RGB)).astype(np.float32)
    alpha = ALPHA.astype(np.float32)
    picture = Picture(colours=to_srgb(light.clip(0, 1)), alpha=alpha, linear=light)
    composite = apply_existing_alpha(picture, "composite", BLUE)
    behind = decoded(np.array(BLUE))
    expected = light * ALPHA[..., None] + behind * (1 - ALPHA[..., None])
    assert composite.linear is not None
    np.testing.assert_allclose(composite.linear, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(decoded(composite.image()), expected.clip(0, 1), atol=1e-4)

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mattekit.imaging.compose import (
    checkerboard,
    named_colour,
    over,
    over_linear,
    premultiply,
    to_linear,
    to_srgb,
    union,
    unpremultiply,
)

shares = st.floats(0, 1, width=32)
images = arrays(np.float32, (3, 4, 3), elements=shares)
alphas = arrays(np.float32, (3, 4), elements=shares)


@given(foreground=images, background=images)
def test_over_gives_the_foreground_at_alpha_1_and_the_background_at_alpha_0(
    foreground: np.ndarray, background: np.ndarray
) -> None:
    ones = np.ones((3, 4, 1), dtype=np.float32)
    assert np.array_equal(over(foreground, ones, background), foreground)
    assert np.array_equal(over(foreground, 0 * ones, background), background)


@given(foreground=images, alpha=alphas, background=images)
def test_over_lies_between_foreground_and_background(
    foreground: np.ndarray, alpha: np.ndarray, background: np.ndarray
) -> None:
    composite = over(foreground, alpha[..., None], background)
    assert composite.dtype == np.float32
    assert (composite >= np.minimum(foreground, background) - 1e-6).all()
    assert (composite <= np.maximum(foreground, background) + 1e-6).all()


@given(foreground=images, alpha=alphas, background=images)
def test_over_of_tensors_equals_over_of_arrays(
    foreground: np.ndarray, alpha: np.ndarray, background: np.ndarray
) -> None:
    planes = (foreground, alpha[..., None], background)
    composite = over(*(torch.from_numpy(plane) for plane in planes))
    np.testing.assert_allclose(composite.numpy(), over(*planes), atol=1e-7)


@given(alpha=alphas, image=images)
def test_multiplying_and_dividing_by_alpha_gives_the_colours_back(
    alpha: np.ndarray, image: np.ndarray
) -> None:
    alpha = np.where(alpha < 1e-3, np.float32(0), alpha)
    back = unpremultiply(premultiply(image, alpha), alpha)
    np.testing.assert_allclose(back[alpha > 0], image[alpha > 0], rtol=1e-5, atol=1e-6)
    assert not back[alpha == 0].any()


@given(alpha1=alphas, alpha2=alphas)
def test_the_union_is_what_stacking_two_layers_covers(
    alpha1: np.ndarray, alpha2: np.ndarray
) -> None:
    np.testing.assert_allclose(union(alpha1, alpha2), over(1.0, alpha1, alpha2), atol=1e-6)


@pytest.mark.parametrize(
    ("code", "light"), [(0, 0), (0.04045, 0.0031308), (0.5, 0.2140411), (1, 1), (1.2, 1.5168)]
)
def test_the_srgb_curve_has_its_published_values(code: float, light: float) -> None:
    assert to_linear(np.float32([code]))[0] == pytest.approx(light, rel=1e-4)
    assert to_srgb(np.float32([light]))[0] == pytest.approx(code, rel=1e-4)


@given(arrays(np.float32, 20, elements=st.floats(-2, 8, width=32)))
def test_linear_and_srgb_are_inverse_beyond_0_and_1_too(values: np.ndarray) -> None:
    np.testing.assert_allclose(to_linear(to_srgb(values)), values, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("end", [0, 1])
def test_black_and_white_stay_exact_through_both_curves(end: int) -> None:
    assert to_linear(np.float32([end]))[0] == end
    assert to_srgb(np.float32([end]))[0] == end


def test_mixing_in_linear_light_is_brighter_than_mixing_codes() -> None:
    white, black = np.ones((1, 1, 3), np.float32), np.zeros((1, 1, 3), np.float32)
    half = np.full((1, 1, 1), 0.5, np.float32)
    assert over_linear(white, half, black)[0, 0, 0] == pytest.approx(0.7353570, abs=1e-5)


def test_the_checkerboard_changes_every_square() -> None:
    board = checkerboard((40, 50))
    assert board.shape == (40, 50, 3)
    assert board.dtype == np.float32
    assert board[0, 0, 0] == board[15, 15, 0] != board[0, 16, 0] == board[16, 0, 0]


def test_a_colour_may_come_without_the_sign_that_begins_a_comment_in_a_shell() -> None:
    assert np.array_equal(named_colour("ff8800"), named_colour("#ff8800"))

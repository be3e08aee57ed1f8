"""What the metrics make of constant, empty, damaged and differently stored mattes."""

import numpy as np
import pytest

from mattekit.core.errors import BadArgument, BadImage, BadTrimap
from mattekit.metrics import METRICS, PROTOCOLS, measure, sad
from mattekit.metrics.protocols import choose_protocol

ERRORS = [metric.name for metric in METRICS.values() if metric.default]
ZERO = dict.fromkeys(ERRORS, 0.0)


def soft(rng: np.random.Generator, size: tuple[int, int] = (13, 17)) -> np.ndarray:
    return rng.random(size)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_equal_constant_mattes_have_no_error(protocol: str, value: float) -> None:
    matte = np.full((9, 7), value)
    assert measure(matte, matte, np.ones((9, 7), np.uint8), protocol) == ZERO


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_constant_prediction_has_finite_errors(protocol: str, rng: np.random.Generator) -> None:
    found = measure(np.zeros((13, 17)), soft(rng), np.ones((13, 17), np.uint8), protocol)
    assert all(np.isfinite(value) for value in found.values())
    assert found["sad"] > 0
    assert found["grad"] > 0


@pytest.mark.parametrize("protocol", ["official", "gca"])
def test_without_unknown_pixels_every_metric_is_zero(
    protocol: str, rng: np.random.Generator
) -> None:
    all_known = np.full((13, 17), 2, np.uint8)
    assert measure(soft(rng), soft(rng), all_known, protocol) == ZERO


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_picture_of_one_pixel_is_measured(protocol: str) -> None:
    found = measure(np.array([[0.2]]), np.array([[1.0]]), np.ones((1, 1), np.uint8), protocol)
    assert found["mad"] == pytest.approx(0.8)


@pytest.mark.parametrize("metric", ERRORS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_matting_error_is_zero_at_the_truth_and_the_same_for_mirrored_pictures(
    metric: str, protocol: str, rng: np.random.Generator
) -> None:
    predicted, true = soft(rng), soft(rng)
    trimap = np.ones((13, 17), np.uint8)
    planes = (predicted, true, trimap)
    assert measure(true, true, trimap, protocol, metrics=[metric])[metric] < 1e-20
    turned = [np.ascontiguousarray(plane[:, ::-1]) for plane in planes]
    assert measure(*turned, protocol, metrics=[metric]) == pytest.approx(
        measure(*planes, protocol, metrics=[metric]), rel=1e-6
    )


@pytest.mark.parametrize("metric", ERRORS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_matting_error_is_symmetric_in_prediction_and_truth(
    metric: str, protocol: str, rng: np.random.Generator
) -> None:
    one, other, everywhere = soft(rng), soft(rng), np.ones((13, 17), np.uint8)
    assert measure(one, other, everywhere, protocol, metrics=[metric]) == pytest.approx(
        measure(other, one, everywhere, protocol, metrics=[metric])
    )


def test_sad_ignores_known_pixels_when_region_is_unknown(rng: np.random.Generator) -> None:
    predicted, true = soft(rng), soft(rng)
    trimap = rng.integers(0, 3, (13, 17)).astype(np.uint8)
    changed = np.where(trimap == 1, predicted, rng.random((13, 17)))
    assert sad(predicted, true, trimap) == sad(changed, true, trimap)


def test_the_regions_of_gfm_add_up_to_its_whole(rng: np.random.Generator) -> None:
    predicted, true = soft(rng), soft(rng)
    trimap = rng.integers(0, 3, (13, 17)).astype(np.uint8)
    parts = [
        sad(predicted, true, trimap, "gfm", region)
        for region in ("foreground", "background", "unknown")
    ]
    assert sum(parts) == pytest.approx(sad(predicted, true, protocol="gfm"))


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535)])
def test_integer_mattes_are_read_as_shares_of_their_full_range(
    dtype: type, top: int, rng: np.random.Generator
) -> None:
    stored = rng.integers(0, top + 1, (13, 17)).astype(dtype)
    true = soft(rng)
    expected = measure(stored / top, true, protocol="gfm")
    assert measure(stored, true, protocol="gfm") == pytest.approx(expected)


def test_float32_and_float64_mattes_give_the_same_numbers(rng: np.random.Generator) -> None:
    predicted, true = soft(rng).astype(np.float32), soft(rng).astype(np.float32)
    expected = measure(predicted.astype(np.float64), true.astype(np.float64), protocol="gfm")
    assert measure(predicted, true, protocol="gfm") == expected


def test_measuring_leaves_its_arguments_alone(rng: np.random.Generator) -> None:
    predicted, true = soft(rng), soft(rng)
    trimap = rng.integers(0, 3, (13, 17)).astype(np.uint8)
    before = predicted.copy(), true.copy(), trimap.copy()
    measure(predicted, true, trimap)
    assert all(map(np.array_equal, before, (predicted, true, trimap)))


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_values_that_are_not_numbers_are_refused_and_counted(wrong: float) -> None:
    matte = np.zeros((4, 4))
    matte[1, 1:3] = wrong
    with pytest.raises(BadImage, match="predicted matte has 2 values that are not numbers"):
        sad(matte, np.zeros((4, 4)), protocol="gfm")


def test_values_out_of_range_are_refused_with_the_range_found() -> None:
    with pytest.raises(BadImage, match=r"true matte has values from 0 to 255; .* by 255"):
        sad(np.zeros((2, 2)), np.array([[0.0, 255.0], [3.0, 1.0]]), protocol="gfm")
    with pytest.raises(BadImage, match=r"from -0.01 to 1"):
        sad(np.array([[-0.01, 1.0]]), np.zeros((1, 2)), protocol="gfm")


def test_rounding_just_outside_the_range_is_clipped() -> None:
    assert sad(np.full((2, 2), 1 + 1e-7), np.ones((2, 2)), protocol="gfm") == 0


def test_signed_integers_are_refused() -> None:
    with pytest.raises(BadImage, match="holds int64 numbers"):
        sad(np.zeros((2, 2), np.int64), np.zeros((2, 2)), protocol="gfm")


def test_colour_pictures_and_empty_ones_are_refused() -> None:
    with pytest.raises(BadImage, match=r"shape \(4, 4, 3\); give one channel"):
        sad(np.zeros((4, 4, 3)), np.zeros((4, 4)), protocol="gfm")
    with pytest.raises(BadImage, match=r"shape \(0, 4\)"):
        sad(np.zeros((0, 4)), np.zeros((0, 4)), protocol="gfm")


def test_different_sizes_are_refused_with_both_sizes() -> None:
    with pytest.raises(BadImage, match="predicted matte is 5x4 pixels and the true matte 4x4"):
        sad(np.zeros((4, 5)), np.zeros((4, 4)), protocol="gfm")
    with pytest.raises(BadImage, match="trimap is 4x3 pixels"):
        sad(np.zeros((4, 4)), np.zeros((4, 4)), np.ones((3, 4), np.uint8))


def test_a_missing_trimap_is_refused_where_the_protocol_needs_one() -> None:
    with pytest.raises(BadTrimap, match="'official' needs a trimap"):
        sad(np.zeros((4, 4)), np.zeros((4, 4)))
    with pytest.raises(BadTrimap, match="'gfm, region unknown' needs a trimap"):
        sad(np.zeros((4, 4)), np.zeros((4, 4)), None, "gfm", "unknown")


@pytest.mark.parametrize(
    "trimap", [np.full((4, 4), 128, np.uint8), np.full((4, 4), 0.5), np.ones((4, 4, 1), np.uint8)]
)
def test_a_trimap_that_does_not_hold_labels_is_refused(trimap: np.ndarray) -> None:
    with pytest.raises(BadTrimap, match="give uint8 labels 0 background, 1 unknown, 2 foreground"):
        sad(np.zeros((4, 4)), np.zeros((4, 4)), trimap)


def test_an_unknown_protocol_or_metric_is_answered_with_the_list() -> None:
    with pytest.raises(BadArgument, match="choose one of official, gfm, dim-2019, gca"):
        sad(np.zeros((2, 2)), np.zeros((2, 2)), None, "matlab")
    with pytest.raises(BadArgument, match="choose from sad, mse, mad, grad, conn"):
        measure(np.zeros((2, 2)), np.zeros((2, 2)), protocol="gfm", metrics=["ssim"])


def test_the_printed_name_tells_what_was_changed() -> None:
    assert choose_protocol("official").title == "official"
    assert choose_protocol("official", "whole").title == "official, region whole"
    changed = choose_protocol("official", paste=False).title
    assert changed == "official, known pixels as predicted"

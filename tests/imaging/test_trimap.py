import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mattekit.core.errors import BadArgument, BadTrimap
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN
from mattekit.imaging.arrays import snap
from mattekit.imaging.trimap import (
    band,
    check_trimap,
    ellipse_band,
    legacy,
    make_trimap,
    paste_known,
    random_band,
    to_pixels,
)

shapes = array_shapes(min_dims=2, max_dims=2, max_side=16)
values = st.sampled_from([0.0, 0.0, 1.0, 1.0, 0.25, 1 / 255, 254 / 255])
alphas = arrays(np.float32, shapes, elements=st.builds(np.float32, values))
widths = st.integers(0, 6)


def edge(length: int = 40, at: int = 20) -> np.ndarray:
    """A mask whose right part, from the column `at`, is the subject."""
    return np.tile(np.arange(length) >= at, (5, 1))


@given(alpha=alphas, inner=widths, outer=widths)
def test_a_trimap_never_calls_a_soft_pixel_known(alpha: np.ndarray, inner: int, outer: int) -> None:
    trimap = band(alpha, inner=inner, outer=outer)
    assert (alpha[trimap == FOREGROUND] == 1).all()
    assert (alpha[trimap == BACKGROUND] == 0).all()


@pytest.mark.slow
@given(alpha=alphas, inner=widths, outer=widths)
def test_the_band_is_what_the_distances_to_all_other_pixels_say(
    alpha: np.ndarray, inner: int, outer: int
) -> None:
    rows, columns = np.indices(alpha.shape)
    expected = np.full(alpha.shape, UNKNOWN)
    for row, column in np.ndindex(alpha.shape):
        distance = np.hypot(rows - row, columns - column)
        if alpha[row, column] == 1 and (distance[alpha != 1] > inner + 1e-4).all():
            expected[row, column] = FOREGROUND
        if alpha[row, column] == 0 and (distance[alpha != 0] > outer + 1e-4).all():
            expected[row, column] = BACKGROUND
    assert np.array_equal(band(alpha, inner=inner, outer=outer), expected)


def test_inner_and_outer_widths_are_pixels_on_either_side_of_a_straight_edge() -> None:
    row = make_trimap(edge(), inner=3, outer=7)[2]
    assert np.flatnonzero(row == UNKNOWN).tolist() == list(range(13, 23))


def test_nearly_opaque_pixels_are_known_within_the_tolerance() -> None:
    alpha = np.float32([[0.004, 0.5, 0.996]])
    assert band(alpha, inner=0, outer=0).tolist() == [[1, 1, 1]]
    assert band(alpha, inner=0, outer=0, tolerance=0.005).tolist() == [[0, 1, 2]]


@pytest.mark.parametrize(
    "plane",
    [np.full((4, 4), 7, np.int64), np.float32([[0, 255]]), np.zeros((4, 4, 3), np.float32)],
)
def test_an_alpha_that_is_not_in_0_to_1_is_refused(plane: np.ndarray) -> None:
    with pytest.raises(BadArgument):
        make_trimap(plane, 1, 1)


def test_an_alpha_of_undefined_values_is_refused() -> None:
    for make in (make_trimap, band):
        with pytest.raises(BadArgument):
            make(np.float32([[0, np.nan, 1]]), inner=1, outer=1)


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int64, np.float64])
def test_masks_of_any_type_give_the_same_trimap(kind: type) -> None:
    expected = make_trimap(edge(), 3, 7)
    assert np.array_equal(make_trimap(edge().astype(kind), 3, 7), expected)
    assert np.array_equal(make_trimap(edge() * np.uint8(255), 3, 7), expected)


@pytest.mark.parametrize("width", [np.nan, np.inf, -1])
def test_a_width_that_is_no_length_is_refused(width: float) -> None:
    for inner, outer in ((width, 1), (1, width)):
        with pytest.raises(BadArgument, match=f"cannot be {width} pixels wide"):
            make_trimap(edge(), inner, outer)


def test_random_widths_are_independent_and_cover_their_range(rng: np.random.Generator) -> None:
    trimaps = [random_band(edge(), rng, minimum=2, maximum=5)[2] for _ in range(300)]
    inner = [int((row[20:] == UNKNOWN).sum()) for row in trimaps]
    outer = [int((row[:20] == UNKNOWN).sum()) for row in trimaps]
    assert set(inner) == set(outer) == {2, 3, 4, 5}
    assert len(set(zip(inner, outer, strict=True))) == 16


def test_random_trimaps_repeat_with_the_seed() -> None:
    first, second = (
        random_band(edge(), np.random.default_rng(7), minimum=1, maximum=15) for _ in range(2)
    )
    assert np.array_equal(first, second)


def test_a_range_of_widths_upside_down_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(BadArgument, match="from 5 to 2"):
        random_band(edge(), rng, minimum=5, maximum=2)


def test_legacy_bands_are_off_centre_as_published() -> None:
    mask = np.tile((np.arange(190) >= 45) & (np.arange(190) < 145), (140, 1))
    found = set()
    for seed in range(200):
        row = legacy(mask, np.random.default_rng(seed))[70]
        inside = int((row[45:95] == UNKNOWN).sum())  # on the left edge
        found.add((int((row[:45] == UNKNOWN).sum()), inside))
    steps = range(5, 15)
    published = {(0, n) for n in steps} | {(n, n) for n in steps}  # kernels of 2 and of 3
    assert published <= found
    assert all(2 * outside == inside for outside, inside in found - published)  # and of 4


@given(alpha=alphas, seed=st.integers(0, 99))
def test_legacy_never_calls_a_soft_pixel_known(alpha: np.ndarray, seed: int) -> None:
    trimap = legacy(alpha, np.random.default_rng(seed))
    soft = (alpha > 0) & (alpha < 1)
    assert (trimap[soft] == UNKNOWN).all()


def test_the_ellipses_of_gfm_reach_12_pixels_and_24_or_25() -> None:
    mask = np.tile(np.arange(160) >= 80, (160, 1))
    row = ellipse_band(mask)[80]
    assert np.flatnonzero(row == UNKNOWN).tolist() == list(range(68, 92))
    unknown = ellipse_band(mask, 50)[80] == UNKNOWN
    assert sorted([int(unknown[:80].sum()), int(unknown[80:].sum())]) == [24, 25]


@given(arrays(np.uint8, shapes, elements=st.integers(0, 255)).filter(lambda v: v.max() > 3))
def test_values_up_to_10_are_background_and_from_245_foreground(pixels: np.ndarray) -> None:
    trimap, _ = snap(pixels)
    expected = np.where(pixels <= 10, BACKGROUND, np.where(pixels >= 245, FOREGROUND, UNKNOWN))
    assert np.array_equal(trimap, expected)


@given(arrays(np.uint8, shapes, elements=st.integers(0, 2)))
def test_labels_survive_being_written_as_pixels(trimap: np.ndarray) -> None:
    assert np.array_equal(snap(to_pixels(trimap))[0], trimap)
    assert snap(to_pixels(trimap), strict=True)[1] == ()


def test_a_trimap_with_smoothed_edges_is_read_with_one_warning_and_its_count() -> None:
    pixels = np.repeat(np.uint8([0, 128, 255]), 100).reshape(3, 100)
    pixels[0, :3] = 60
    assert snap(pixels)[1] == ()  # exactly 1 %
    pixels[0, :4] = 60
    trimap, warnings = snap(pixels)
    assert (trimap[0, :4] == UNKNOWN).all()
    assert len(warnings) == 1
    assert "4 of 300 pixels" in warnings[0]
    with pytest.raises(BadTrimap, match="4 of 300 pixels"):
        snap(pixels, strict=True)


@pytest.mark.parametrize("top", [1, 2])
def test_labels_saved_as_pixels_are_refused_instead_of_read_as_background(top: int) -> None:
    with pytest.raises(BadTrimap, match="expected 0 for background, 128"):
        snap(np.uint8([[0, 1, top]]))


@given(arrays(np.float32, (5, 6), elements=st.floats(0, 1, width=32)), st.data())
def test_pasting_keeps_the_unknown_alpha_and_sets_the_rest(
    alpha: np.ndarray, data: st.DataObject
) -> None:
    trimap = data.draw(arrays(np.uint8, (5, 6), elements=st.integers(0, 2)))
    pasted = paste_known(alpha, trimap)
    assert np.array_equal(pasted[trimap == UNKNOWN], alpha[trimap == UNKNOWN])
    assert (pasted[trimap == FOREGROUND] == 1).all()
    assert (pasted[trimap == BACKGROUND] == 0).all()


def test_a_trimap_of_another_size_than_the_picture_is_refused_with_both_sizes() -> None:
    with pytest.raises(BadTrimap, match="the trimap is 5x4 and the picture 6x4"):
        check_trimap(np.ones((4, 5), np.uint8), (4, 6))


def test_a_trimap_without_unknown_pixels_is_a_warning() -> None:
    known = np.uint8([[0, 2]])
    assert "no unknown" in check_trimap(known, (1, 2))[0]
    assert check_trimap(np.uint8([[0, 1]]), (1, 2)) == ()


@pytest.mark.parametrize(
    ("labels", "missing"), [([[0, 1]], "no foreground"), ([[2, 1]], "no background")]
)
def test_a_method_that_needs_both_classes_is_told_which_is_missing(
    labels: list[list[int]], missing: str
) -> None:
    with pytest.raises(BadTrimap, match=missing):
        check_trimap(np.uint8(labels), (1, 2), needs_both=True)

"""Finishing: mended, cropped, framed and resized; the shadow kept."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mattekit.core.errors import BadArgument, NoSubject, TooLarge
from mattekit.core.matte import Matte
from mattekit.core.types import Alpha, Plane
from mattekit.cutouts.cutout import Cutout
from mattekit.cutouts.finishing import FinishingOptions, check_result, finish, moved_edge
from mattekit.imaging.compose import over, to_linear

SIZE = (100, 160)
COLOUR = (200, 120, 40)


def disc(radius: float = 20) -> Alpha:
    rows, columns = np.indices(SIZE)
    return (np.hypot(rows - 50, columns - 60) < radius).astype(np.float32)


def cut(alpha: Alpha, colours: Plane | None = None) -> Cutout:
    if colours is None:
        colours = np.tile(np.uint8(COLOUR), (*SIZE, 1))
    trimap = np.where(alpha > 0.5, 2, 0).astype(np.uint8)
    return Cutout(matte=Matte(alpha=alpha), colours=colours, trimap=trimap, model="test")


def finished(alpha: Alpha, **options: object) -> Cutout:
    one = cut(alpha)
    return finish(one, one.colours, FinishingOptions(**options))  # type: ignore[arg-type]


def sizes(one: Cutout) -> set[tuple[int, ...]]:
    return {one.alpha.shape, one.colours.shape[:2], one.trimap.shape}


def test_without_options_nothing_changes() -> None:
    one = cut(disc())
    assert not FinishingOptions().changes
    same = finish(one, one.colours, FinishingOptions())
    assert np.array_equal(same.alpha, one.alpha)
    assert np.array_equal(same.colours, one.colours)


def test_a_crop_with_a_margin_holds_the_whole_subject() -> None:
    tight = finished(disc(), crop=True)
    assert sizes(tight) == {(39, 39)}
    roomy = finished(disc(), crop=True, margin="10%")
    assert sizes(roomy) == {(47, 47)}
    assert roomy.alpha.sum() == disc().sum()


def test_a_margin_beyond_the_photo_is_transparent() -> None:
    wide = finished(disc(), crop=True, margin=70)
    assert sizes(wide) == {(179, 179)}
    assert not wide.alpha[:50].any()
    assert (wide.colours == COLOUR).all()


@pytest.mark.parametrize("options", [{"margin": 9e4}, {"size": 20_000}, {"canvas": (1, 10**6)}])
def test_a_result_that_is_too_large_is_refused_before_it_is_made(options: dict[str, Any]) -> None:
    with pytest.raises(TooLarge, match=r"megapixels .*more than the limit"):
        finished(disc(), **options)


@pytest.mark.parametrize(
    "options",
    [
        {"size": 20_000},
        {"margin": 9e4},
        {"canvas": (1, 10**6)},
        {"canvas": (99_999, 99_999), "crop": True},
        {"crop": True, "margin": 9e4},
        {"crop": True, "square": True, "size": 20_000},
    ],
)
def test_a_result_that_is_too_large_in_any_case_is_refused_before_the_matting(
    options: dict[str, Any],
) -> None:
    with pytest.raises(TooLarge, match=r"megapixels .*more than the limit"):
        check_result(FinishingOptions(**options), (99, 999), max_pixels=900_000)


def test_a_result_is_not_refused_before_the_matting_for_what_its_subject_decides() -> None:
    for options in (
        FinishingOptions(size=1000),
        FinishingOptions(crop=True, size=20_000),
        FinishingOptions(crop=True, margin="90%", square=True),
        FinishingOptions(canvas=(300, 400), margin=10),
    ):
        check_result(options, (99, 999), max_pixels=900_000)


@pytest.mark.parametrize("radius", [10, 30])
def test_a_square_is_square_and_centred(radius: int) -> None:
    alpha = disc(radius)
    alpha[50:52, 60:140] = 1  # a handle
    square = finished(alpha, crop=True, square=True, margin=4)
    height, width = square.alpha.shape
    assert height == width
    rows = np.flatnonzero(square.alpha.any(axis=1))
    assert abs(rows[0] - (height - 1 - rows[-1])) <= 1


def test_the_longest_side_and_a_canvas_have_the_size_asked_for() -> None:
    assert sizes(finished(disc(), crop=True, size=20)) == {(20, 20)}
    assert sizes(finished(disc(), crop=True, size=78)) == {(78, 78)}
    assert sizes(finished(disc(), size=80)) == {(50, 80)}
    canvas = finished(disc(), canvas=(60, 90), margin="5%")
    assert sizes(canvas) == {(60, 90)}
    rows, columns = np.nonzero(canvas.alpha > 0.5)
    assert (rows.mean(), columns.mean()) == pytest.approx((29.5, 44.5), abs=1)
    assert np.ptp(rows) > 48


def test_colours_outside_of_the_subject_do_not_bleed_into_a_smaller_result() -> None:
    colours = np.zeros((*SIZE, 3), np.uint8)
    colours[disc() > 0] = COLOUR
    one = cut(disc(), colours)
    small = finish(one, colours, FinishingOptions(size=40))
    visible = small.alpha > 0.1
    assert np.abs(small.colours[visible] - np.array(COLOUR)).max() <= 2


def test_an_empty_cut_out_cannot_be_cropped() -> None:
    with pytest.raises(NoSubject, match="cannot be cropped"):
        finished(np.zeros(SIZE, np.float32), crop=True)


def test_small_holes_are_filled_and_large_ones_stay() -> None:
    alpha = disc(30)
    alpha[48:52, 58:62] = 0
    alpha[35:50, 70:78] = 0
    filled = finished(alpha, fill_holes=True).alpha
    assert (filled[48:52, 58:62] == 1).all()
    assert (filled[35:50, 70:78] == 0).all()


def test_a_filled_hole_shows_the_photo_and_not_colours_made_up_from_around_it() -> None:
    photo = np.random.default_rng(5).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    alpha = disc(30)
    alpha[46:52, 56:64] = 0.1
    filled = finish(cut(alpha), photo, FinishingOptions(fill_holes=True))
    hole = np.s_[46:52, 56:64]
    assert np.array_equal(filled.colours[hole], photo[hole])
    assert (filled.colours[30:40, 56:64] == COLOUR).all()


@pytest.mark.parametrize(
    "options",
    [{"canvas": (99_999, 99_999)}, {"size": 99_999}, {"crop": True, "margin": 99_999}],
)
def test_a_result_larger_than_a_photo_may_be_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(TooLarge, match=r"has .* megapixels .*, more than the limit of 150"):
        finished(disc(), **options)


def test_islands_are_dropped_and_soft_edges_of_the_subject_stay() -> None:
    alpha = disc()
    alpha[50, 80:90] = 0.4
    alpha[5:9, 5:9] = 0.9
    kept = finished(alpha, drop_islands=True).alpha
    assert not kept[:12, :12].any()
    assert (kept[50, 80:90] == np.float32(0.4)).all()


def test_the_edge_moves_by_pixels_and_feather_softens_it() -> None:
    area = disc().sum()
    for pixels in (3.0, -3.0, 1.5):
        wanted = np.pi * (20 + pixels) ** 2
        assert moved_edge(disc(), pixels).sum() == pytest.approx(wanted, rel=0.06)
    soft = finished(disc(), feather=4.0).alpha
    assert soft.sum() == pytest.approx(area, rel=0.03)
    assert ((soft > 0.05) & (soft < 0.95)).sum() > 300


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_an_edge_that_grows_far_shows_the_photo_and_one_that_grows_little_does_not(
    kind: type,
) -> None:
    white = 1 if kind is np.float32 else np.iinfo(kind).max
    photo = (np.random.default_rng(5).random((*SIZE, 3)) * white).astype(kind)
    alpha, own = disc(), np.full_like(photo, white)
    alpha[50, 80] = 0.5
    near = finish(cut(alpha, own), photo, FinishingOptions(grow=8))
    assert (near.colours == white).all()
    far = finish(cut(alpha, own), photo, FinishingOptions(grow=12))
    ring = (far.alpha == 1) & (alpha == 0)
    assert np.array_equal(far.colours[ring], photo[ring])
    assert (far.colours[alpha == 1] == white).all()
    assert far.colours.dtype == kind
    assert far.colours[50, 80] == pytest.approx((photo[50, 80].astype(float) + white) / 2, abs=1)


def test_an_edge_that_moves_far_is_round_and_takes_no_minutes() -> None:
    assert moved_edge(disc(10), 35).sum() == pytest.approx(np.pi * 45**2, rel=0.03)
    begun = time.process_time()
    assert (moved_edge(disc(), 600) == 1).all()
    assert not moved_edge(disc(), -600).any()
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(("text", "says"), [("3em", "'3em' is not a valid margin"), ("-2", "-2")])
def test_a_margin_that_is_none_is_refused(text: str, says: str) -> None:
    with pytest.raises(BadArgument, match=says):
        FinishingOptions(crop=True, margin=text)


def test_a_kept_shadow_is_black_where_the_ground_is_darker() -> None:
    ground = np.full((*SIZE, 3), 200, np.uint8)
    ground[60:68, 70:95] = 100  # the shadow
    ground[disc() > 0] = COLOUR
    one = cut(disc(), ground)
    kept = finish(one, ground, FinishingOptions(shadow="keep"))
    assert kept.alpha[64, 86] == pytest.approx(0.5, abs=0.2)
    assert (kept.colours[64, 86] <= 5).all()
    assert kept.alpha[30, 100] == pytest.approx(0, abs=0.03)
    assert np.array_equal(kept.colours[disc() > 0], one.colours[disc() > 0])
    on_white = kept.on(np.ones(3, np.float32))
    assert on_white[64, 86, 0] < 0.75
    plain = finish(one, ground, FinishingOptions(shadow="none"))
    assert plain.alpha[64, 86] == 0


def test_in_linear_light_a_kept_shadow_is_as_dark_as_it_was_seen() -> None:
    ground = np.full((*SIZE, 3), 200, np.uint8)
    ground[58:72, 62:105] = 100
    ground[disc() > 0] = COLOUR
    light = to_linear(ground.astype(np.float32) / 255)
    lit = light[5, 5]
    kept = finish(replace(cut(disc(), light), linear=True), light, FinishingOptions(shadow="keep"))
    again = over(kept.colours, kept.alpha[..., None], np.broadcast_to(lit, light.shape))
    assert again[64, 86, 0] == pytest.approx(light[64, 86, 0], rel=0.5)
    assert again[64, 86, 0] < 0.4 * lit[0]

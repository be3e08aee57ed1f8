"""The main job as a function: hints in every form, results, errors."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

import mattekit
from mattekit.core.errors import BadArgument, BadImage, BadTrimap, BadWeights
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Plane, Sample
from mattekit.cutouts.cutout import Cutout, cut_picture, cutout
from mattekit.cutouts.preview import preview
from mattekit.imaging.compose import over
from mattekit.imaging.files import read_alpha, read_image, write_alpha, write_image, write_trimap
from mattekit.imaging.picture import Picture, to_depth
from mattekit.imaging.trimap import make_trimap, to_pixels
from mattekit.inference.matting import build_matting
from mattekit.inference.tile import Tile
from mattekit.subject.bands import from_mask
from mattekit.subject.hints import Trimap


@pytest.fixture(scope="module")
def disc() -> Sample:
    """An orange disc with a soft edge on blue, grained."""
    rows, columns = np.indices((44, 60))
    alpha = np.clip((13 - np.hypot(rows - 22, columns - 30)) / 3 + 0.5, 0, 1).astype(np.float32)
    colours = np.array([[0.9, 0.5, 0.1], [0.1, 0.2, 0.7]], np.float32)
    grain = np.random.default_rng(8).normal(0, 0.02, (44, 60, 3))
    image = (over(colours[0], alpha[..., None], colours[1]) + grain).clip(0, 1)
    return Sample(image=image.astype(np.float32), alpha=alpha, trimap=make_trimap(alpha, 2, 2))


def error(cut: Cutout, disc: Sample) -> float:
    return float(np.abs(cut.alpha - disc.alpha).mean())


@pytest.mark.parametrize("model", ["closed-form", "knn"])
def test_a_trimap_gives_the_alpha_and_the_clean_colours(disc: Sample, model: str) -> None:
    cut = cutout(disc.image, trimap=disc.trimap, model=model)
    assert error(cut, disc) < 0.02
    assert cut.model == model
    soft = (disc.alpha > 0.2) & (disc.alpha < 0.9)
    assert np.abs(cut.foreground[soft] - [0.9, 0.5, 0.1]).mean() < 0.06


def test_a_trimap_in_pixel_values_is_understood(disc: Sample) -> None:
    labels = cutout(disc.image, trimap=disc.trimap, model="closed-form")
    pixels = cutout(disc.image, trimap=to_pixels(disc.trimap), model="closed-form")
    assert (labels.alpha == pixels.alpha).all()


@pytest.mark.parametrize("kind", [np.bool_, np.uint8, np.float32])
def test_a_mask_of_any_kind_is_enough(disc: Sample, kind: type) -> None:
    mask = (disc.alpha > 0.5).astype(kind) * kind(255 if kind is np.uint8 else 1)
    assert error(cutout(disc.image, mask=mask.astype(kind), model="closed-form"), disc) < 0.02


def test_strokes_are_enough(disc: Sample) -> None:
    strokes = np.full(disc.size, UNKNOWN, np.uint8)
    strokes[20:24, 26:34], strokes[1:3] = FOREGROUND, BACKGROUND
    assert error(cutout(disc.image, scribbles=strokes, model="closed-form"), disc) < 0.02
    painted = np.where(strokes == UNKNOWN, 128, strokes * 127.5).astype(np.uint8)
    assert error(cutout(disc.image, scribbles=painted, model="closed-form"), disc) < 0.02


@pytest.mark.slow
def test_a_box_is_enough(disc: Sample) -> None:
    assert error(cutout(disc.image, box=(14, 6, 32, 32), model="closed-form"), disc) < 0.02


@pytest.fixture
def folder(disc: Sample, tmp_path: Path) -> Path:
    write_image(tmp_path / "photo.png", disc.image)
    write_trimap(tmp_path / "trimap.png", disc.trimap)
    write_alpha(tmp_path / "mask.png", (disc.alpha > 0.5).astype(np.float32))
    return tmp_path


def test_files_and_their_bytes_are_taken_as_well_as_arrays(disc: Sample, folder: Path) -> None:
    by_path = cutout(folder / "photo.png", trimap=folder / "trimap.png", model="closed-form")
    by_bytes = cutout(
        (folder / "photo.png").read_bytes(),
        trimap=(folder / "trimap.png").read_bytes(),
        model="closed-form",
    )
    assert (by_path.alpha == by_bytes.alpha).all()
    assert error(by_path, disc) < 0.02
    assert by_path.colours.dtype == np.uint8


def test_what_is_saved_reads_back(disc: Sample, folder: Path) -> None:
    cut = cutout(disc.image, trimap=disc.trimap, model="closed-form")
    cut.save(folder / "cut.png", bits=16)
    assert np.abs(read_alpha(folder / "cut.png") - cut.alpha).max() < 1e-4
    assert np.abs(read_image(folder / "cut.png") - cut.foreground).max() < 1e-4
    assert cut.rgba().shape == (44, 60, 4)


def test_on_a_new_background_nothing_of_the_old_one_is_left(disc: Sample) -> None:
    cut = cutout(disc.image, trimap=disc.trimap, model="closed-form")
    green = np.array([0.1, 0.8, 0.2], np.float32)
    true = over(np.array([0.9, 0.5, 0.1], np.float32), disc.alpha[..., None], green)
    assert np.abs(cut.on(green) - true).mean() < 0.02
    outside = disc.trimap == BACKGROUND
    assert (cut.on(green)[outside] == green).all()


def test_a_background_may_be_a_colour_s_name_or_a_picture_of_any_depth(disc: Sample) -> None:
    cut = cutout(disc.image, trimap=disc.trimap, model="closed-form")
    red = cut.on(np.float32([1, 0, 0]))
    whole = np.broadcast_to(np.uint8([255, 0, 0]), disc.image.shape)
    for same in ("red", (1, 0, 0), np.uint8([255, 0, 0]), whole, whole.astype(np.uint16) * 257):
        assert (cut.on(same) == red).all()
    assert (cut.on(PIL.Image.fromarray(whole.copy())) == red).all()


@pytest.mark.parametrize(
    ("background", "says"),
    [
        ("reed", "'reed' is not a valid colour"),
        (
            np.zeros((5, 5, 3)),
            r"the background has the shape \(5, 5, 3\); expected .*\(44, 60, 3\)",
        ),
        ((255, 0, 0), "the background is of int64; expected floats in"),
        ((255.0, 0.0, 0.0), "the background has values from 0 to 255; expected floats in"),
        ((np.nan, 0.0, 0.0), "the background has values that are not finite"),
    ],
)
def test_what_is_no_background_is_refused(disc: Sample, background: object, says: str) -> None:
    cut = cutout(disc.image, trimap=disc.trimap, model="closed-form")
    with pytest.raises(BadArgument, match=says):
        cut.on(background)


def test_hints_that_contradict_each_other_are_refused(disc: Sample) -> None:
    with pytest.raises(BadArgument, match="trimap and box both say"):
        cutout(disc.image, trimap=disc.trimap, box=(1, 1, 9, 9))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("photo", "says"),
    [
        (np.zeros((5,), np.float32), "expected"),
        (np.zeros((5, 5, 7), np.uint8), "expected"),
        (np.zeros((5, 5, 3), np.int64), "int64"),
    ],
)
def test_an_array_that_is_no_photo_is_refused(photo: Plane, says: str) -> None:
    with pytest.raises(BadImage, match=says):
        cutout(photo, trimap=np.zeros((5, 5), np.uint8))


@pytest.mark.slow
def test_an_unknown_quality_is_refused_where_types_are_not_checked() -> None:
    words = "from mattekit.inference.matting import build_matting as b; b(quality='best')"
    ended = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True)
    assert "quality is one of full, fast, not 'best'" in ended.stderr


def test_an_unknown_model_is_refused_with_the_nearest_name(disc: Sample) -> None:
    with pytest.raises(BadArgument, match="did you mean closed-form"):
        cutout(disc.image, trimap=disc.trimap, model="closedform")


def test_a_model_may_be_a_path(disc: Sample, tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match=r"there is no file .*mine\.onnx"):
        cutout(disc.image, trimap=disc.trimap, model=tmp_path / "mine.onnx")


def test_the_fast_way_is_near_the_full_one(disc: Sample) -> None:
    fast = build_matting("closed-form", quality="fast").matte(disc.image, disc.trimap)
    assert np.abs(fast.alpha - disc.alpha).mean() < 0.03


def test_an_alpha_that_the_photo_keeps_is_multiplied_in(disc: Sample) -> None:
    half = np.full(disc.size, 128, np.uint8)
    picture = Picture(colours=to_depth(disc.image, 8), alpha=half)
    cut = cut_picture(picture, Trimap(value=disc.trimap), build_matting("closed-form"))
    assert cut.alpha[22, 30] == pytest.approx(128 / 255)


def test_where_no_clean_colours_are_asked_for_the_photo_s_own_stand_in(disc: Sample) -> None:
    picture = Picture(colours=to_depth(disc.image, 8))
    cut = cut_picture(picture, Trimap(value=disc.trimap), build_matting("closed-form"), clean=False)
    assert cut.colours is picture.colours
    assert error(cut, disc) < 0.02


def test_light_above_white_is_kept_in_linear_colours(disc: Sample) -> None:
    linear = disc.image * np.float32(3)
    picture = Picture(colours=disc.image, linear=linear)
    cut = cut_picture(picture, Trimap(value=disc.trimap), build_matting("closed-form"))
    opaque = disc.trimap == FOREGROUND
    assert np.abs(cut.colours[opaque] - linear[opaque]).max() < 1e-5
    assert cut.foreground.max() <= 1


def test_warnings_of_every_step_arrive(disc: Sample) -> None:
    known = np.where(disc.alpha > 0.5, FOREGROUND, BACKGROUND).astype(np.uint8)
    cut = cutout(disc.image, trimap=known, model="closed-form")
    assert len(cut.warnings) == 1
    assert "unknown" in cut.warnings[0]


def test_the_band_of_a_mask_has_the_width_asked_for() -> None:
    mask = np.zeros((60, 80), np.float32)
    mask[15:45, 20:60] = 1  # diagonal 50
    for width, unknown_inside in (("3", 3), (6, 6), ("10%", 5), (None, 4)):
        trimap = from_mask(mask, width)
        assert (trimap[30, 20:40] == UNKNOWN).sum() == unknown_inside
        assert (trimap[30, :20] == UNKNOWN).sum() == unknown_inside


def test_soft_pixels_of_a_mask_are_unknown_however_far_from_its_edge() -> None:
    mask = np.zeros((40, 40), np.float32)
    mask[10:30, 10:30] = 1
    mask[2:5, 2:5] = 0.4
    assert (from_mask(mask, 2)[2:5, 2:5] == UNKNOWN).all()


def test_a_thin_subject_keeps_something_known() -> None:
    mask = np.zeros((40, 40), np.float32)
    mask[18:22] = 1
    assert (from_mask(mask, 12) == FOREGROUND).any()


@pytest.mark.parametrize(("value", "says"), [(0.0, "empty"), (1.0, "all white")])
def test_a_mask_of_one_value_is_refused(value: float, says: str) -> None:
    with pytest.raises(BadTrimap, match=says):
        from_mask(np.full((9, 9), value, np.float32))


def test_a_width_that_is_no_number_is_refused() -> None:
    with pytest.raises(BadArgument, match="not a valid width"):
        from_mask(np.eye(9, dtype=np.float32), "wide")


def test_the_preview_shows_four_pictures_side_by_side(disc: Sample) -> None:
    cut = cutout(disc.image, trimap=disc.trimap, model="closed-form")
    shown = preview(disc.image, cut)
    assert shown.shape == (44, 4 * 60 + 3 * 8, 3)
    photo, trimap, alpha, subject = (
        shown[:, 68 * number : 68 * number + 60] for number in range(4)
    )
    assert np.abs(photo - disc.image).max() < 1e-6
    assert np.abs(trimap[..., 0] - to_pixels(disc.trimap) / 255).max() < 1e-6
    assert np.abs(alpha[..., 0] - cut.alpha).max() < 1e-6
    assert set(np.unique(subject[0].round(3))) == {np.float32(0.6), np.float32(0.8)}


def test_the_preview_of_a_model_that_knows_doubt_shows_where_in_orange(disc: Sample) -> None:
    cut = cutout(disc.image, trimap=disc.trimap, model="compact")
    shown = preview(disc.image, cut)
    assert shown.shape == (44, 5 * 60 + 4 * 8, 3)
    red, _, blue = np.moveaxis(shown[:, -60:], 2, 0)
    assert (red == blue)[disc.trimap != UNKNOWN].all()  # dim grey
    assert (red > blue)[disc.trimap == UNKNOWN].all()


def test_confidence_is_one_less_the_mean_expected_error_of_the_unknown(disc: Sample) -> None:
    cut = cutout(disc.image, trimap=disc.trimap, model="compact")
    assert cut.expected_error is not None
    expected = 1 - cut.expected_error[disc.trimap == UNKNOWN].mean()
    assert cut.confidence == pytest.approx(expected, abs=1e-6)
    assert cutout(disc.image, trimap=disc.trimap, model="knn").confidence is None


def test_the_public_name_is_this_function() -> None:
    assert mattekit.cutout is cutout


@pytest.mark.slow
def test_progress_goes_through_the_stages_and_counts_windows(disc: Sample) -> None:
    told: list[tuple[str, float]] = []
    cutout(
        np.tile(disc.image, (1, 8, 1)),
        trimap=np.tile(disc.trimap, (1, 8)),
        strategy=Tile(size=128, overlap=16),
        progress=lambda stage, share: told.append((stage, share)),
    )
    assert list(dict.fromkeys(stage for stage, _ in told)) == ["subject", "alpha", "colours"]
    shares = [share for stage, share in told if stage == "alpha"]
    assert shares == sorted(shares)
    assert len(shares) > 3
    assert (shares[0], shares[-1]) == (0, 1)


def test_a_model_that_is_missing_is_found_before_the_subject_is_looked_for(
    disc: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "mattekit.subject.hints.find_alone", lambda *_, **__: pytest.fail("searched")
    )
    with pytest.raises(BadWeights, match=r"no file isnet\.onnx"):
        cutout(disc.image, model="isnet.onnx")


def test_how_sure_it_is_of_the_subject_is_told_only_without_a_hint(disc: Sample) -> None:
    assert cutout(disc.image, trimap=disc.trimap).subject_confidence is None

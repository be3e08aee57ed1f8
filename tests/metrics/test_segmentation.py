"""The numbers of segmentation papers: those of pysodmetrics, and values worked out by hand."""

import json

import numpy as np
import pytest
from golden.segmentation import RECORDED, pictures

from mattekit.core.errors import BadRecipe
from mattekit.evaluation.evaluate import evaluate
from mattekit.imaging.files import write_alpha
from mattekit.metrics import boundary_iou, mae, measure, s_measure, weighted_f
from mattekit.recipes.recipe import find, load_recipe

GOLDENS = json.loads(RECORDED.read_text())
NAMES = ["mae", "s_measure", "weighted_f", "e_measure"]


@pytest.mark.parametrize("name", GOLDENS)
def test_the_numbers_are_those_of_pysodmetrics(name: str) -> None:
    found = measure(*pictures()[name], protocol="gfm", metrics=NAMES)
    assert found == pytest.approx(GOLDENS[name], abs=1e-9)


def square(top: int, left: int, side: int) -> np.ndarray:
    mask = np.zeros((100, 100))
    mask[top : top + side, left : left + side] = 1
    return mask


def test_boundary_iou_compares_frames_of_three_pixels_in_a_picture_of_hundred_by_hundred() -> None:
    true = square(30, 30, 40)
    assert boundary_iou(true, true, protocol="gfm") == 1
    moved = square(33, 33, 40)
    frame = true.copy()
    frame[33:67, 33:67] = 0
    other = moved.copy()
    other[36:70, 36:70] = 0
    expected = (frame * other).sum() / np.maximum(frame, other).sum()
    assert boundary_iou(moved, true, protocol="gfm") == pytest.approx(expected)
    assert boundary_iou(square(60, 0, 10), true, protocol="gfm") == 0


def test_the_border_of_the_picture_is_an_edge_and_two_empty_masks_agree() -> None:
    everything, nothing = np.ones((100, 100)), np.zeros((100, 100))
    middle = square(3, 3, 94)
    hollow = everything - middle  # the frame that 'everything' has as its boundary
    assert boundary_iou(hollow, everything, protocol="gfm") == 1
    assert boundary_iou(nothing, nothing, protocol="gfm") == 1


def test_one_pixel_and_an_empty_quarter_have_numbers() -> None:
    one = np.ones((1, 1))
    corner = np.zeros((8, 8))
    corner[7, 7] = 1
    for true in (one, corner):
        found = measure(true, true, protocol="gfm", metrics=[*NAMES, "boundary_iou"])
        assert all(np.isfinite(number) for number in found.values())
    assert s_measure(corner, corner, protocol="gfm") == pytest.approx(1, abs=0.02)
    assert weighted_f(corner, corner, protocol="gfm") == pytest.approx(1)


def test_folders_are_measured_and_compared_with_more_being_better(tmp_path) -> None:
    from mattekit.evaluation.compare import compare

    predicted, true = pictures()["moved disc"]
    for name, plane in (("true", true), ("worse", predicted), ("better", true)):
        for picture in range(6):
            write_alpha(tmp_path / name / f"{picture}.png", plane)
    worse, better = (
        evaluate(tmp_path / name, tmp_path / "true", protocol="gfm", metrics=["mae", "s_measure"])
        for name in ("worse", "better")
    )
    differences = {each.metric: each for each in compare(worse, better).differences}
    assert differences["s_measure"].difference > 0
    assert {differences[name].verdict for name in ("mae", "s_measure")} == {"second is better"}
    assert differences["s_measure"].better == 6
    assert better.means["mae"] == pytest.approx(mae(true, true, protocol="gfm"))


def test_a_recipe_keeps_no_checkpoint_by_what_is_better_where_it_is_higher() -> None:
    changes = ["validate.metrics=[s_measure]", "validate.best=s_measure"]
    with pytest.raises(BadRecipe, match="s_measure is best where it is highest"):
        load_recipe(find("tiny"), changes)

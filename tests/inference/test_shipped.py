"""The shipped network as users run it: any size and depth, known pixels kept, no torch."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from inference.disc import soft_disc

from mattekit.classical.closed_form import closed_form
from mattekit.core.errors import BadTrimap
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN
from mattekit.imaging.picture import to_depth
from mattekit.inference import predictor
from mattekit.inference.inputs import Inputs
from mattekit.inference.matting import build_matting
from mattekit.synthetic.scene import scene


def compact(colours, trimap):
    return build_matting("compact").matte(colours, trimap)


@pytest.mark.parametrize("size", [(33, 47), (64, 64), (90, 151)])
def test_any_size_gives_an_alpha_in_range_that_keeps_known_pixels(size):
    picture = soft_disc(size)
    matte = compact(picture.image, picture.trimap)
    known = picture.trimap != UNKNOWN
    assert matte.alpha.shape == size
    assert matte.alpha.min() >= 0
    assert matte.alpha.max() <= 1
    assert np.array_equal(matte.alpha[known], picture.trimap[known] == FOREGROUND)


def test_the_expected_error_is_zero_where_known_and_positive_where_not():
    picture = soft_disc((64, 64))
    matte = compact(picture.image, picture.trimap)
    unknown = picture.trimap == UNKNOWN
    assert matte.expected_error[unknown].min() > 0
    assert not matte.expected_error[~unknown].any()
    assert matte.confidence == pytest.approx(1 - matte.expected_error[unknown].mean(), abs=1e-6)


def test_eight_bit_colours_give_the_alpha_of_their_floats():
    picture = soft_disc((64, 64))
    colours = to_depth(picture.image, 8)
    of_floats = compact(colours.astype(np.float32) / 255, picture.trimap).alpha
    np.testing.assert_allclose(compact(colours, picture.trimap).alpha, of_floats, atol=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "value"),
    [("WORKING_UNKNOWN", 2_000), ("WORKING_PIXELS", 9_000), ("WORKING_SEEN", 9_000)],
)
def test_more_than_the_limit_is_worked_on_smaller_and_enlarged(limit, value, monkeypatch):
    picture, sizes = soft_disc((220, 260)), []
    whole = compact(picture.image, picture.trimap)
    solved = predictor.Problem.planes
    monkeypatch.setattr(predictor, limit, value)
    monkeypatch.setattr(
        predictor.Problem,
        "planes",
        lambda self, names: sizes.append(self.trimap.shape) or solved(self, names),
    )
    matte = compact(picture.image, picture.trimap)
    assert sizes[0][0] < 190
    assert matte.alpha.shape == picture.trimap.shape
    assert matte.expected_error.shape == picture.trimap.shape
    known = picture.trimap != UNKNOWN
    assert np.array_equal(matte.alpha[known], picture.trimap[known] == FOREGROUND)
    assert np.abs(matte.alpha - whole.alpha).mean() < 0.01
    assert np.abs(matte.alpha - picture.alpha)[~known].mean() < 0.05


def test_of_few_unknown_pixels_the_network_sees_little_of_the_box_around_them():
    trimap = np.full((2000, 2000), BACKGROUND, np.uint8)
    trimap[:8, :8] = trimap[-8:, -8:] = UNKNOWN
    seen = build_matting("compact")._seen(Inputs(colours=np.zeros((2000, 2000, 3)), trimap=trimap))
    assert 0 < seen < trimap.size / 4


def test_a_trimap_without_unknown_pixels_is_the_alpha_with_a_remark():
    trimap = np.full((40, 50), BACKGROUND, np.uint8)
    trimap[10:20, 10:20] = FOREGROUND
    matte = compact(np.zeros((40, 50, 3), np.float32), trimap)
    assert np.array_equal(matte.alpha, trimap == FOREGROUND)
    assert matte.warnings
    assert matte.confidence == 1


def test_a_trimap_without_background_is_refused():
    trimap = np.full((40, 50), UNKNOWN, np.uint8)
    trimap[10:20, 10:20] = FOREGROUND
    with pytest.raises(BadTrimap, match="background"):
        compact(np.zeros((40, 50, 3), np.float32), trimap)


def test_the_two_labels_are_found_even_far_from_the_unknown_pixels():
    picture = soft_disc((96, 96))
    trimap = np.full((96, 400), BACKGROUND, np.uint8)
    trimap[:, :96] = picture.trimap
    trimap[:, :96][picture.trimap == FOREGROUND] = UNKNOWN
    trimap[40:50, 390:] = FOREGROUND
    image = np.zeros((96, 400, 3), np.float32)
    image[:, :96] = picture.image
    assert np.isfinite(compact(image, trimap).alpha).all()


@pytest.mark.slow
def test_it_runs_without_torch():
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "from mattekit.inference.matting import build_matting\n"
        "import numpy as np\n"
        "trimap = np.repeat(np.uint8([[0] * 16 + [1] * 16 + [2] * 16]), 48, axis=0)\n"
        "image = np.repeat(trimap[..., None] * np.float32(0.4), 3, axis=2)\n"
        "assert build_matting().matte(image, trimap).alpha.shape == (48, 48)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.slow
def test_on_scenes_it_is_nearer_to_the_truth_than_closed_form():
    ours, theirs = [], []
    for seed in range(900, 912):
        picture = scene(seed, 192)
        if {*np.unique(picture.trimap)} != {BACKGROUND, UNKNOWN, FOREGROUND}:
            continue
        unknown = picture.trimap == UNKNOWN
        for errors, alpha in (
            (ours, compact(picture.image, picture.trimap).alpha),
            (theirs, closed_form(picture.image, picture.trimap).alpha),
        ):
            errors.append(np.abs(alpha - picture.alpha)[unknown].mean())
    assert len(ours) >= 6
    assert np.mean(ours) < np.mean(theirs)


def test_version_1_still_runs_from_its_file():
    picture = soft_disc((64, 64))
    file = Path(__file__).parents[2] / "src/mattekit/models/shipped/compact-1.onnx"
    first = build_matting(str(file)).matte(picture.image, picture.trimap).alpha
    second = compact(picture.image, picture.trimap).alpha
    assert not np.array_equal(first, second)
    for alpha in (first, second):
        assert np.abs(alpha - picture.alpha).mean() < 0.05

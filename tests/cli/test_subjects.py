"""Several subjects: one result for each, or one for all, from labels or from points."""

from pathlib import Path

import numpy as np
import pytest

from mattekit import cutout
from mattekit.core.errors import BadArgument
from mattekit.imaging.files import read_alpha, write_alpha, write_image
from mattekit.subject.hints import hints_of_subjects


def two_discs(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """A photo of two discs on grey, and labels 1 and 7 of them, written as `photo` and `mask`."""
    rows, columns = np.ogrid[:90, :160]
    image = np.full((90, 160, 3), 0.5, np.float32)
    labels = np.zeros((90, 160), np.uint8)
    for x, label, colour in ((45, 1, (0.9, 0.2, 0.1)), (115, 7, (0.1, 0.3, 0.9))):
        inside = np.hypot(rows - 45, columns - x) < 25
        image[inside], labels[inside] = colour, label
    write_image(folder / "photo.png", image)
    write_alpha(folder / "mask.png", labels / np.float32(255))
    return image, labels


@pytest.mark.slow
def test_a_mask_of_labels_gives_a_result_for_each_subject(tmp_path, mattekit) -> None:
    _, labels = two_discs(tmp_path)
    line = ["cutout", str(tmp_path / "photo.png"), "--mask", str(tmp_path / "mask.png")]
    result = mattekit(*line, "--subjects", "each", "-o", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    for number, label in ((1, 1), (2, 7)):
        alpha = read_alpha(tmp_path / "out" / f"photo-{number}.png")
        assert ((alpha > 0.5) == (labels == label)).mean() > 0.99
    result = mattekit(*line, "--subjects", "all", "-o", str(tmp_path / "all.png"))
    assert result.exit_code == 0, result.output
    assert ((read_alpha(tmp_path / "all.png") > 0.5) == (labels > 0)).mean() > 0.99


def test_a_label_of_an_array_is_that_subject(tmp_path) -> None:
    image, labels = two_discs(tmp_path)
    found = cutout(image, mask=labels, label=7)
    assert ((found.alpha > 0.5) == (labels == 7)).mean() > 0.99


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "give --mask with one value per subject"),
        (["--box", "10,10,50,50"], "give --mask with one value per subject"),
        (["--mask", "soft.png"], "values, as a soft mask has"),
        (["--mask", "black.png"], "is black all over"),
        (["--mask", "mask.png", "-o", "one.png"], "is one file for several inputs"),
    ],
)
def test_what_cannot_be_taken_apart_is_refused(
    words, sentence, tmp_path, mattekit, monkeypatch
) -> None:
    two_discs(tmp_path)
    monkeypatch.chdir(tmp_path)
    write_alpha(tmp_path / "black.png", np.zeros((90, 160), np.float32))
    soft = np.tile(np.arange(160, dtype=np.float32) / 159, (90, 1))
    write_alpha(tmp_path / "soft.png", np.maximum(soft, soft[:, ::-1][::-1] * 0.99))
    before = {*tmp_path.iterdir()}
    result = mattekit("cutout", "photo.png", *words, "--subjects", "each")
    assert result.exit_code in (1, 2)
    assert sentence in result.output
    assert {*tmp_path.iterdir()} == before


def test_each_point_is_a_subject_and_the_others_lie_beside_it() -> None:
    each = hints_of_subjects({"points": [(1, 2), (3, 4), (5, 6, 0)], "band": None}, "each")
    assert [hint["points"] for hint in each] == [
        [(1, 2), (3, 4, 0), (5, 6, 0)],
        [(3, 4), (1, 2, 0), (5, 6, 0)],
    ]
    with pytest.raises(BadArgument, match="point"):
        hints_of_subjects({}, "all")

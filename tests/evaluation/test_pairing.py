"""Files are brought together by name, and what has no partner is said."""

from pathlib import Path

import pytest

from mattekit.core.errors import BadArgument, BadData
from mattekit.evaluation.pairing import Pairing, pair_files


def paths(folder: str, *names: str) -> list[Path]:
    return [Path(folder) / name for name in names]


def sentences(pairing: Pairing) -> list[str]:
    return [f"{problem.name}: {problem.sentence}" for problem in pairing.problems]


def test_files_are_paired_by_stem_whatever_their_suffix() -> None:
    pairing = pair_files(
        {
            "predicted": paths("p", "b.png", "a.tif"),
            "true": paths("t", "a.png", "b.png"),
            "trimap": paths("m", "a.png", "b.png"),
            "photo": paths("i", "a.jpg", "b.jpg", "c.jpg"),
        }
    )
    assert [picture.name for picture in pairing.pictures] == ["a", "b"]
    assert pairing.pictures[0].predicted == Path("p/a.tif")
    assert pairing.pictures[0].photo == Path("i/a.jpg")
    assert not pairing.problems


def test_files_without_partner_are_named_and_the_rest_is_paired() -> None:
    pairing = pair_files(
        {
            "predicted": paths("p", "a.png", "b.png", "c.png"),
            "true": paths("t", "a.png", "b.png", "d.png"),
            "trimap": paths("m", "a.png", "c.png", "d.png"),
            "photo": paths("i", "a.png"),
        }
    )
    assert [picture.name for picture in pairing.pictures] == ["a"]
    assert sentences(pairing) == ["b: no trimap", "c: no truth", "d: no prediction"]


def test_a_missing_photo_is_named_but_the_picture_is_measured() -> None:
    pairing = pair_files(
        {
            "predicted": paths("p", "a.png"),
            "true": paths("t", "a.png"),
            "photo": paths("i", "b.jpg"),
        }
    )
    assert pairing.pictures[0].photo is None
    assert sentences(pairing) == ["a: no photo"]


def test_two_files_of_one_name_are_named_and_neither_is_taken() -> None:
    pairing = pair_files(
        {
            "predicted": paths("p", "a.png", "a.tif", "b.png"),
            "true": paths("t", "a.png", "b.png"),
        }
    )
    assert [picture.name for picture in pairing.pictures] == ["b"]
    assert sentences(pairing)[0] == "a: two prediction files: a.png and a.tif"


def test_a_pattern_takes_prefix_and_suffix_away_and_leaves_other_files_out() -> None:
    pairing = pair_files(
        {
            "predicted": paths("p", "cat-alpha.png", "cat.png", "cat-preview.jpg"),
            "true": paths("t", "gt_cat.png"),
        },
        patterns={"predicted": "*-alpha", "true": "gt_*"},
    )
    assert [(p.name, p.predicted.name) for p in pairing.pictures] == [("cat", "cat-alpha.png")]
    assert not pairing.problems


def test_of_the_parts_of_a_result_the_alpha_is_measured() -> None:
    pairing = pair_files(
        {
            "predicted": paths(
                "p", "cat.png", "cat-alpha.png", "dog-alpha.png", "dog-error.png", "elk-alpha.png"
            ),
            "true": paths("t", "cat.png", "dog.png", "elk-alpha.png"),
        }
    )
    assert [(p.name, p.predicted.name) for p in pairing.pictures] == [
        ("cat", "cat.png"),
        ("dog", "dog-alpha.png"),
        ("elk-alpha", "elk-alpha.png"),
    ]
    assert not pairing.problems
    composites = {"predicted": paths("p", "cat_7-alpha.png"), "true": paths("t", "cat.png")}
    assert pair_files(composites, rule="composition1k").pictures[0].name == "cat_7"


def test_composition1k_has_one_trimap_per_composite_and_one_alpha_per_foreground() -> None:
    pairing = pair_files(
        {
            "predicted": paths("p", "cat_0.png", "cat_1.png", "two_dogs_0.png", "a_b.png"),
            "true": paths("t", "cat.png", "two_dogs.png", "bird.png", "a_b.png"),
            "trimap": paths(
                "m", "cat_0.png", "cat_1.png", "cat_2.png", "two_dogs_0.png", "a_b.png"
            ),
        },
        rule="composition1k",
    )
    found = [(p.name, p.true.name, p.trimap.name) for p in pairing.pictures if p.trimap]
    assert found == [
        ("a_b", "a_b.png", "a_b.png"),  # no number, so this is a name of its own
        ("cat_0", "cat.png", "cat_0.png"),
        ("cat_1", "cat.png", "cat_1.png"),
        ("two_dogs_0", "two_dogs.png", "two_dogs_0.png"),
    ]
    assert sentences(pairing) == [
        "cat_2: no prediction",
        "bird: a truth without a prediction",
    ]


def test_composites_paired_by_stem_are_told_about_the_rule() -> None:
    with pytest.raises(BadData, match="add --pairs composition1k"):
        pair_files({"predicted": paths("p", "cat_0.png"), "true": paths("t", "cat.png")})


def test_when_nothing_fits_the_first_names_of_both_sides_are_shown() -> None:
    with pytest.raises(BadData, match="prediction 'cat', truth 'dog'"):
        pair_files({"predicted": paths("p", "cat.png"), "true": paths("t", "dog.png")})


def test_a_pattern_that_fits_no_file_and_one_without_star_are_refused() -> None:
    files = {"predicted": paths("p", "a.png"), "true": paths("t", "a.png")}
    with pytest.raises(BadData, match=r"none of the 1 prediction files has a name like '\*-alpha'"):
        pair_files(files, patterns={"predicted": "*-alpha"})
    with pytest.raises(BadArgument, match="needs exactly one"):
        pair_files(files, patterns={"predicted": "alpha"})

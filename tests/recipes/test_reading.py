"""Reading: the type of a field decides what a word means, and every mistake names its place."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from mattekit.core.config import config
from mattekit.core.errors import BadRecipe
from mattekit.core.types import Region
from mattekit.losses.region import RegionWeights
from mattekit.recipes.reading import fill_environment, override, read, read_file, read_tree
from mattekit.training.schedules import Duration


@config
class Round:
    """A shape."""

    name: Literal["round"] = "round"
    radius: float = 1.0


@config
class Square:
    """Another shape."""

    name: Literal["square"] = "square"
    side: int = 2
    sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.side < 1:
            raise ValueError("side must be at least 1")


@config
class Drawing:
    """What is read in these tests."""

    shape: Round | Square
    title: str = ""
    filled: bool = False
    opacity: float | None = None
    corner: tuple[float, float] = (0.0, 0.0)
    kernel: Literal[1, 3] = 3
    region: Region | RegionWeights = "unknown"
    shapes: tuple[Round | Square, ...] = ()


def drawing(text: str, *words: str) -> Drawing:
    tree = read_tree(text, "drawing.yaml")
    for word in words:
        override(tree, word)
    result: Drawing = read(Drawing, fill_environment(tree))
    return result


ROUND = "shape: {name: round}"


@pytest.mark.parametrize("text", ["1e-5", "1.0e-5", "0.00001", "1E-05"])
def test_a_number_may_be_written_as_people_write_it(text: str) -> None:
    assert drawing(ROUND, f"opacity={text}").opacity == 1e-5


@pytest.mark.parametrize(
    ("text", "meaning"),
    [("yes", True), ("no", False), ("1", True), ("0", False), ("true", True), ("off", False)],
)
def test_a_truth_may_be_written_as_people_write_it(text: str, meaning: bool) -> None:
    assert drawing(ROUND, f"filled={text}").filled is meaning


def test_words_that_look_like_truths_or_numbers_stay_words_where_words_are_meant() -> None:
    assert drawing(ROUND, "title=no").title == "no"
    assert drawing(ROUND, "title=1e-5").title == "1e-5"


def test_null_is_none_where_none_is_allowed() -> None:
    assert drawing(f"{ROUND}\nopacity: 0.5", "opacity=null").opacity is None


def test_underscores_in_whole_numbers_and_options_that_are_numbers_are_read() -> None:
    read_square = drawing("shape: {name: square, side: 500_000}", "kernel=1")
    assert read_square.shape == Square(side=500_000)
    assert read_square.kernel == 1


def test_the_name_chooses_the_member_of_a_union() -> None:
    assert drawing("shape: {name: square, sizes: [1, 2]}").shape == Square(sizes=(1, 2))
    assert drawing("shape: {name: round, radius: 3}").shape == Round(radius=3.0)


def test_a_plain_value_stands_for_the_first_field() -> None:
    assert drawing("shape: square").shape == Square()
    assert drawing("shape: square", "shape.side=5").shape == Square(side=5)


def test_a_union_of_words_and_configs_takes_either() -> None:
    assert drawing(ROUND, "region=whole").region == "whole"
    assert drawing(ROUND, "region.unknown=4").region == RegionWeights(unknown=4.0)


def test_one_unit_of_a_length_replaces_the_other() -> None:
    for text in ("every: {epochs: 2}", "every: {steps: 3}", "every: 3"):
        tree = read_tree(text, "")
        override(tree, "every.steps=7")
        assert read(Duration, tree["every"]) == Duration(steps=7)


def test_an_entry_of_a_list_can_be_overridden_by_its_number() -> None:
    text = f"{ROUND}\nshapes: [round, {{name: square, side: 3}}]"
    assert drawing(text, "shapes.1.side=4", "shapes.0.radius=2").shapes == (
        Round(radius=2.0),
        Square(side=4),
    )


def test_a_value_on_the_command_line_may_be_a_whole_mapping() -> None:
    assert drawing(ROUND, "shape={name: square, side: 7}").shape == Square(side=7)


MISTAKES = [
    ("shape.raduis=2", r"^shape\.raduis: unknown key; did you mean 'radius'\?$"),
    ("titel=x", r"^titel: unknown key; did you mean 'title'\?$"),
    ("xyz=1", r"^xyz: unknown key; there are shape, title, .*$"),
    ("shape.name=rond", r"^shape\.name: there is no 'rond'; did you mean 'round'\?$"),
    ("shape.radius=wide", r"^shape\.radius: .*valid number.*, found 'wide'$"),
    ("shape.radius=nan", r"^shape\.radius: a finite number is expected, found 'nan'$"),
    ("filled=perhaps", r"^filled: .*valid boolean.*, found 'perhaps'$"),
    ("kernel=2", r"^kernel: one of 1, 3 is expected, found '2'"),
    ("corner=[1]", r"^corner: a list of 2 values is expected, found \['1'\]$"),
    ("corner=[1,2,3]", r"^corner: a list of 2 values is expected, found \['1', '2', '3'\]$"),
    ("corner=1", r"^corner: a list of 2 values is expected, found '1'$"),
    ("shapes=3", r"^shapes: a list in square brackets is expected, found '3'$"),
    ("shapes=[{name: square, side: x}]", r"^shapes\.0\.side: .*valid integer.*, found 'x'$"),
    ("shape={name: square, side: 0}", r"^shape: side must be at least 1$"),
    ("opacity={a: 1}", r"^opacity: "),
    ("nonsense", r"^'nonsense' is no setting; write key=value"),
    ("title=[", r"'title=\[': the value is not YAML"),
]


@pytest.mark.parametrize(("word", "sentence"), MISTAKES)
def test_a_mistake_is_one_sentence_with_the_place_of_it(word: str, sentence: str) -> None:
    with pytest.raises(BadRecipe, match=sentence) as caught:
        drawing(ROUND, word)
    assert "\n" not in str(caught.value)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(BadRecipe, match=r"^shape is missing"):
        drawing("title: x")
    with pytest.raises(BadRecipe, match=r"^shape needs a name; choose from round, square"):
        drawing("shape: {radius: 2}")


def test_true_is_no_number() -> None:
    with pytest.raises(BadRecipe, match="a number is expected, found True"):
        read(Round, {"radius": True}, "shape")


def test_what_would_be_written_out_many_times_is_refused() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]"
    with pytest.raises(BadRecipe, match=r"^bomb\.yaml repeats a part by \*NAME"):
        read_tree(bomb, "bomb.yaml")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("title: Käse".encode("latin-1"))
    with pytest.raises(BadRecipe, match=r"latin\.yaml is not text in UTF-8"):
        read_file(tmp_path / "latin.yaml")


@pytest.mark.parametrize("text", ["a: [", "- a\n- b", "", "just words"])
def test_what_is_no_mapping_is_refused_with_the_files_name(text: str) -> None:
    with pytest.raises(BadRecipe, match=r"^drawing\.yaml ") as caught:
        read_tree(text, "drawing.yaml")
    assert "\n" not in str(caught.value)


def test_environment_variables_are_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_PLACE", "/data/here")
    assert drawing(f"{ROUND}\ntitle: ${{SOME_PLACE}}/adobe").title == "/data/here/adobe"
    with pytest.raises(BadRecipe, match=r"^title needs the environment variable NO_SUCH_PLACE"):
        drawing(f"{ROUND}\ntitle: ${{NO_SUCH_PLACE}}/adobe")


def test_a_config_built_in_python_may_hold_real_values(tmp_path: Any) -> None:
    tree = {"shape": {"name": "square", "side": 3}, "corner": (0.5, 1), "opacity": None}
    assert read(Drawing, tree) == Drawing(shape=Square(side=3), corner=(0.5, 1.0))


@dataclass
class Plain:
    """A dataclass is read like a config."""

    height: int


def test_a_plain_dataclass_is_read_as_well() -> None:
    assert read(Plain, "7").height == 7


def test_a_key_that_stands_twice_is_refused_with_its_line() -> None:
    with pytest.raises(BadRecipe, match=r"own\.yaml has 'radius' again in line 3; keep one"):
        read_tree("shape:\n  radius: 2\n  radius: 3\n", "own.yaml")
    with pytest.raises(BadRecipe, match="has 'name' again"):
        read_tree("shapes: [{name: round, name: square}]", "own.yaml")

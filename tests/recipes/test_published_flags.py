"""The page of published flags: its words are understood, and no key of the published file is left
out."""

import re
from pathlib import Path

import pytest

from mattekit.recipes.published import key_table
from mattekit.recipes.recipe import dump_recipe, find, load_recipe

PAGE = (Path(__file__).parents[2] / "docs" / "published-flags.md").read_text()
SECTIONS = re.findall(r"^## `([\w-]+)`.*?\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)


def cells(section: str, column: int) -> list[list[str]]:
    """The code of one column, row by row."""
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return [re.findall(r"`([^`]+)`", row[column]) for row in rows]


ROWS = [
    (recipe, words)
    for recipe, section in SECTIONS
    for code in cells(section, 1)
    if (words := [word for word in code if re.match(r"[\w.]+=", word)])
]


@pytest.mark.parametrize(("recipe", "words"), ROWS)
def test_the_words_beside_a_published_flag_are_understood(recipe: str, words: list[str]) -> None:
    changed = load_recipe(find(recipe), words, keep_unset=True)
    assert dump_recipe(changed)


def test_every_system_has_its_section() -> None:
    assert [recipe for recipe, _ in SECTIONS] == [
        "alphagan-a6",
        "alphagan",
        "gfm_ori",
        "dim_stage1",
        "samplenet_matting",
    ]


def test_every_key_of_the_published_configuration_stands_on_the_page() -> None:
    section = dict(SECTIONS)["alphagan-a6"]
    named = {word.partition(":")[0] for code in cells(section, 0) for word in code}
    assert key_table().keys() - named == set()

"""docs/coverage.md: every row names something to use and a test, and that test exists."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "coverage.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and "| shown by |" not in line
]
TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")


def test_the_page_has_its_rows() -> None:
    assert len(ROWS) > 140
    assert all(len(row) == 3 and all(row) for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_names_a_test_that_there_is(row: list[str]) -> None:
    if row[1].startswith("left out: "):
        return
    found = TEST.fullmatch(row[2])
    assert found is not None, row
    assert f"def {found[2]}(" in (ROOT / "tests" / found[1]).read_text()


def test_the_conda_environment_names_extras_that_there_are() -> None:
    environment = yaml.safe_load((ROOT / "packaging" / "environment.yml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    python, _, pip = environment["dependencies"]
    assert python.split("=")[1] == ".".join(project["requires-python"].lstrip(">=").split(".")[:2])
    (extra,) = re.findall(r"\[(\w+)\]", pip["pip"][1])
    assert extra in project["optional-dependencies"]

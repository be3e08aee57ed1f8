"""docs/datasets.md names every source and layout, and its lines of recipes can be read."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import TypeAdapter

from mattekit.data import SourceConfig
from mattekit.data.pairs import CompositionConfig
from mattekit.synthetic.layouts import LAYOUTS

PAGE = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text()
ANY_SOURCE: TypeAdapter[Any] = TypeAdapter(SourceConfig)
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_every_source_stands_in_the_table_and_every_layout_in_the_list() -> None:
    members: tuple[Any, ...] = get_args(SourceConfig)
    table = "\n".join(line for line in PAGE.splitlines() if line.startswith("|"))
    for member in members:
        assert f"`{member.__dataclass_fields__['name'].default}`" in table
    listed = PAGE[PAGE.index("Layouts: ") :].split("\n\n")[0]
    assert re.findall(r"`([\w-]+)`", listed) == [
        "plain",
        "rgba",
        *(name for name in LAYOUTS if name not in ("plain", "rgba")),
    ]


@pytest.mark.parametrize("block", BLOCKS)
def test_lines_of_recipes_can_be_read(block: str) -> None:
    tree = yaml.safe_load(block)
    for key, value in tree.items():
        if key == "composition":
            assert TypeAdapter(CompositionConfig).validate_python(value) == CompositionConfig()
        elif key in ("train", "valid"):
            ANY_SOURCE.validate_python(value)
        else:
            assert tree == {"data": {"on_error": "skip"}}

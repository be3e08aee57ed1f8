"""docs/prepare.md says what the code does."""

import re
from pathlib import Path

import pytest

from mattekit.data.compositing import RULES
from mattekit.preparation.doctor import KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "prepare.md").read_text()
ROWS = dict(re.findall(r"^\| `([^`]+)`[^|]*\|(.*)\|$", PAGE, flags=re.MULTILINE))


@pytest.mark.parametrize("preset", RULES)
def test_a_preset_stands_on_the_page_with_its_five_choices(preset: str) -> None:
    rule = RULES[preset]
    choices = (rule.kernel, rule.enlarged, rule.placement, rule.arithmetic, rule.to_8_bits)
    assert re.findall("`([^`]+)`", ROWS[preset]) == list(choices)


def test_every_kind_of_finding_stands_on_the_page_in_the_order_of_the_report() -> None:
    assert [name for name in ROWS if name not in RULES] == list(KINDS)

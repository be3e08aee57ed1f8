"""docs/augmentation.md lists the steps as they are."""

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"


def test_the_tables_of_steps_are_fresh() -> None:
    spec = importlib.util.spec_from_file_location(
        "augmentation_page", DOCS / "augmentation_page.py"
    )
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    page = (DOCS / "augmentation.md").read_text()
    assert program.with_tables(page) == page, "run: python docs/augmentation_page.py"


def test_the_contact_sheet_is_not_large() -> None:
    assert (DOCS / "pictures/augmentation.jpg").stat().st_size <= 500_000

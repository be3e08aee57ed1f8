"""docs/synthetic.md lists the kinds as they are, with their pictures."""

import importlib.util
from pathlib import Path

from mattekit.synthetic import KINDS

DOCS = Path(__file__).parents[2] / "docs"


def test_the_table_of_kinds_is_fresh() -> None:
    spec = importlib.util.spec_from_file_location("synthetic_page", DOCS / "synthetic_page.py")
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    page = (DOCS / "synthetic.md").read_text()
    assert program.with_table(page) == page, "run: python docs/synthetic_page.py"


def test_every_kind_has_a_thumbnail_and_no_picture_is_large() -> None:
    pictures = {path.stem: path.stat().st_size for path in (DOCS / "pictures/synthetic").iterdir()}
    assert set(KINDS) == set(pictures) - {"sheet"}
    assert max(pictures.values()) <= 500_000

"""docs/metrics.md holds the tables that the code gives."""

from metrics.metrics_page import FIGURE, PAGE, with_tables

from mattekit.imaging.files import open_picture


def test_the_tables_of_the_page_are_those_of_the_code() -> None:
    page = PAGE.read_text()
    assert with_tables(page) == page, "run: python tests/metrics/metrics_page.py"


def test_the_page_shows_a_figure_that_exists() -> None:
    assert FIGURE.relative_to(PAGE.parent).as_posix() in PAGE.read_text()
    assert open_picture(FIGURE).size == (240, 1280)

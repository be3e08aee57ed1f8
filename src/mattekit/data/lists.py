"""Text files that list pictures: one row a line, columns apart by a tab or by spaces.

Published lists separate by one space and so cannot hold a name with a space; a line with a tab is
split at tabs alone. Empty lines are passed over.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from mattekit.core.atomic import replacing
from mattekit.core.errors import BadData


def read_rows(path: Path, columns: int) -> list[tuple[str, ...]]:
    """The rows of a list, each with that many columns."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"the list {path} cannot be read ({error}); give a text file") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        cells = line.split("\t") if "\t" in line else line.split()
        if not any(cells):
            continue
        if len(cells) != columns:
            raise BadData(
                f"line {number} of {path} has {len(cells)} columns and {columns} are expected; "
                "where a name holds a space, separate the columns by tabs"
            )
        rows.append(tuple(cell.strip() for cell in cells))
    if not rows:
        raise BadData(f"the list {path} is empty")
    return rows


def write_rows(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write a list; tabs separate a row in which a name holds a space."""
    lines = []
    for row in rows:
        separator = "\t" if any(" " in cell for cell in row) else " "
        lines.append(separator.join(row) + "\n")
    with replacing(path) as aside:
        aside.write_text("".join(lines), encoding="utf-8")

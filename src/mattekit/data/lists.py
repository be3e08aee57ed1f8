"""Text files that list pictures: one row per line, columns separated by a tab or spaces; or CSV.

Published lists separate columns by one space, so names cannot contain spaces; a line with a tab is
split at tabs only. Empty lines are ignored.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from mattekit.core.atomic import write_text
from mattekit.core.errors import BadData


def read_rows(path: Path, *columns: int) -> list[tuple[str, ...]]:
    """The rows of a list, each with that many columns, or all with one of those numbers."""
    rows = []
    for number, line in _lines(path):
        cells = line.split("\t") if "\t" in line else line.split()
        if len(cells) not in columns:
            raise BadData(
                f"line {number} of {path} has {len(cells)} columns and "
                f"{' or '.join(map(str, columns))} are expected; "
                "where a name holds a space, separate the columns by tabs"
            )
        columns = (len(cells),)
        rows.append(tuple(cell.strip() for cell in cells))
    return rows


def read_names(path: Path) -> list[str]:
    """The lines of a list with one name each; a name may hold spaces."""
    return [line.strip() for _, line in _lines(path)]


def write_rows(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write a list; tabs separate a row in which a name holds a space."""
    lines = []
    for row in rows:
        separator = "\t" if any(" " in cell for cell in row) else " "
        lines.append(separator.join(row) + "\n")
    write_text(path, "".join(lines))


@dataclass(frozen=True, kw_only=True)
class Label:
    """A row of AlphaGAN-A6's table of pairs: the files of a sample, and its part of the data."""

    original: Path
    trimap: Path
    mask: Path
    background: Path
    split: str


LABEL_COLUMNS = tuple(field.name for field in fields(Label))


def read_labels(path: Path, root: Path) -> list[Label]:
    """The rows of a table of pairs; a relative path is relative to `root`, or else to the table."""
    table = csv.DictReader(io.StringIO(_text(path)))
    missing = [name for name in LABEL_COLUMNS if name not in (table.fieldnames or ())]
    if missing:
        raise BadData(
            f"the table {path} has no column '{missing[0]}'; its first line must be "
            f"{','.join(LABEL_COLUMNS)}"
        )
    labels = []
    for number, row in enumerate(table, start=2):
        empty = [name for name in LABEL_COLUMNS if not row[name]]
        if empty:
            raise BadData(f"line {number} of {path} has no '{empty[0]}'; complete it")
        files = {name: _placed(row[name], root, path.parent) for name in LABEL_COLUMNS[:-1]}
        labels.append(Label(**files, split=row["split"]))
    return labels


def _placed(text: str, root: Path, beside: Path) -> Path:
    """The path in `root`, or else in the other folder if it exists there."""
    other = beside / text
    return other if other.exists() and not (root / text).exists() else root / text


def _lines(path: Path) -> list[tuple[int, str]]:
    """The lines that are not empty, with their numbers."""
    lines = [
        (number, line)
        for number, line in enumerate(_text(path).splitlines(), start=1)
        if line.strip()
    ]
    if not lines:
        raise BadData(f"the list {path} is empty")
    return lines


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"the list {path} cannot be read ({error}); give a text file") from error

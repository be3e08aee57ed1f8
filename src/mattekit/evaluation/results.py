"""Results of an evaluation: a row per picture, means and problems; as JSON and CSV.

Files are measured in `measure`, compared in `compare`, shown in `report`. The JSON document has
the schema of every command (`results`: one object per input), with the numbers in `extra`.
"""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from mattekit.batch.runner import SCHEMA, ItemResult
from mattekit.core.errors import BadData
from mattekit.evaluation.pairing import PictureFiles, Problem
from mattekit.metrics.calibration import EXPECTED, rank_correlation
from mattekit.metrics.protocols import Protocol

EXTRA = ("name", "values", "suspicions", "bits", "trimap", "true")
"""Fields of a row that the results of other commands lack."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One picture: its numbers, or why there are none."""

    name: str
    predicted: str
    values: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None
    warnings: tuple[str, ...] = ()
    suspicions: tuple[str, ...] = ()
    """Reasons why the numbers may be wrong."""
    seconds: float = 0.0
    bits: int = 8
    """Depth of the predicted values: 8, 16 or 32 (float)."""
    trimap: str = ""
    """Digest of the trimap's labels."""
    true: str = ""
    """Digest of the true values."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """All rows of one folder of predictions, and their means.

    >>> from mattekit.metrics import PROTOCOLS
    >>> cat = Row(name="cat", predicted="cat.png", values={"mse": 0.1})
    >>> dog = Row(name="dog", predicted="dog.png", values={"mse": 0.3})
    >>> Evaluation(title="pets", protocol=PROTOCOLS["official"], rows=(cat, dog)).means
    {'mse': 0.2}
    """

    title: str
    protocol: Protocol
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    """Role -> the folder of its files."""
    pictures: tuple[PictureFiles, ...] = field(default=(), repr=False, compare=False)
    """The files of the pictures, for a report; not in the JSON document."""

    @cached_property
    def measured(self) -> tuple[Row, ...]:
        """The rows that have numbers."""
        return tuple(row for row in self.rows if row.error is None)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every quantity that some row has."""
        return tuple(dict.fromkeys(name for row in self.measured for name in row.values))

    @cached_property
    def means(self) -> dict[str, float]:
        """The mean of each quantity over the pictures that have it."""
        columns = {name: self.values(name) for name in self.columns}
        return {name: sum(values) / len(values) for name, values in columns.items()}

    @cached_property
    def confidence_order(self) -> float | None:
        """Rank correlation over pictures of expected error and MAD, where both are measured."""
        rows = [row.values for row in self.measured if {EXPECTED, "mad"} <= set(row.values)]
        expected, made = ([values[name] for values in rows] for name in (EXPECTED, "mad"))
        return rank_correlation(expected, made) if rows else None

    @property
    def bits(self) -> int:
        """The depth of the predictions: the greatest of the rows."""
        return max((row.bits for row in self.measured), default=8)

    @property
    def depths(self) -> str:
        """The depths of the predictions in words; a folder may hold several."""
        found = {row.bits for row in self.measured} or {self.bits}
        return " and ".join(describe_depth(bits) for bits in sorted(found))

    def values(self, name: str) -> list[float]:
        """This quantity of the pictures that have it."""
        return [row.values[name] for row in self.measured if name in row.values]

    @property
    def remarks(self) -> tuple[Problem, ...]:
        """All problems: pictures that were not paired, not measured, or look wrong."""
        failed = [Problem(name=row.name, sentence=row.error) for row in self.rows if row.error]
        noted = [
            Problem(name=row.name, sentence=sentence)
            for row in self.rows
            for sentence in (*row.suspicions, *row.warnings)
        ]
        return (*self.problems, *failed, *noted)

    @property
    def worst_first(self) -> list[Row]:
        """The measured rows, highest SAD first."""
        return sorted(self.measured, key=lambda row: -row.values["sad"])

    @property
    def is_complete(self) -> bool:
        """Whether every file was paired and measured and no number is suspicious."""
        return not self.problems and all(not row.error and not row.suspicions for row in self.rows)


def describe_depth(bits: int) -> str:
    """The depth of stored values in words."""
    return "float" if bits == 32 else f"{bits}-bit"


def format_number(value: float) -> str:
    """A number with four significant digits.

    >>> format_number(12.3456), format_number(0.00224501), format_number(0)
    ('12.35', '0.002245', '0')
    """
    return "0" if value == 0 else f"{value:#.4g}".rstrip(".")


def format_difference(value: float) -> str:
    """The same with its sign.

    >>> format_difference(0.06), format_difference(-1.5), format_difference(0)
    ('+0.06000', '-1.500', '0')
    """
    return f"{'+' if value > 0 else '-' if value < 0 else ''}{format_number(abs(value))}"


def to_document(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as plain dicts and lists, for JSON."""
    return {
        "schema": SCHEMA,
        "kind": "evaluation",
        "title": evaluation.title,
        "protocol": {"title": evaluation.protocol.title, **asdict(evaluation.protocol)},
        "places": dict(evaluation.places),
        "means": evaluation.means,
        "confidence_order": evaluation.confidence_order,
        "pictures": len(evaluation.measured),
        "bits": evaluation.bits,
        "problems": [asdict(problem) for problem in evaluation.problems],
        "results": [_to_result(row) for row in evaluation.rows],
    }


def from_document(document: Any) -> Evaluation:
    """An evaluation out of its JSON document."""
    try:
        conventions = dict(document["protocol"])
        conventions.pop("title")
        return Evaluation(
            title=document["title"],
            protocol=Protocol(**conventions),
            rows=tuple(_from_result(result) for result in document["results"]),
            problems=tuple(Problem(**problem) for problem in document["problems"]),
            places=document.get("places", {}),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise BadData(
            "this is not the JSON document of `mattekit evaluate --json`"
            f" or is one of another version ({error}); measure again"
        ) from error


def to_json(evaluation: Evaluation, **further: Any) -> str:
    """The document as text; `further` entries are added to it."""
    return json.dumps(to_document(evaluation) | further, indent=2) + "\n"


def to_csv(evaluation: Evaluation) -> str:
    """A line per picture, the mean last; a failed picture has its error and no numbers."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["name", *evaluation.columns, "seconds", "error"])
    for row in evaluation.rows:
        numbers = [row.values.get(name, "") for name in evaluation.columns]
        table.writerow([plain(row.name), *numbers, row.seconds, plain(row.error or "")])
    table.writerow(["mean", *evaluation.means.values(), "", ""])
    return text.getvalue()


def plain(text: str) -> str:
    """Untrusted text, sanitised for terminals and spreadsheets.

    >>> plain("=cmd|calc!A1"), plain("a" + chr(27) + "[31mb")
    ("'=cmd|calc!A1", 'a?[31mb')
    """
    shown = "".join(c if c.isprintable() else "?" for c in text)
    return f"'{shown}" if shown.startswith(("=", "+", "-", "@")) else shown


def _to_result(row: Row) -> dict[str, Any]:
    result = ItemResult(
        input=row.predicted,
        status="failed" if row.error else "done",
        warnings=list(row.warnings),
        seconds=row.seconds,
        error=row.error,
        extra={name: getattr(row, name) for name in EXTRA},
    )
    return asdict(result)


def _from_result(result: Mapping[str, Any]) -> Row:
    extra = result["extra"]
    return Row(
        predicted=result["input"],
        error=result["error"],
        warnings=tuple(result["warnings"]),
        seconds=result["seconds"],
        **{name: extra[name] for name in EXTRA} | {"suspicions": tuple(extra["suspicions"])},
    )

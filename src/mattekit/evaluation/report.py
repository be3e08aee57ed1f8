"""A self-contained HTML file: the numbers, what they mean, and pictures.

It refers to no other file and no address. The template is `report.html` in this folder; this file
computes its values.
"""

import base64
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from mattekit.batch.processes import run_on_processes
from mattekit.evaluation.compare import Comparison, remarks_of
from mattekit.evaluation.pictures import FULL_COLOUR, ShownPicture, show_picture
from mattekit.evaluation.results import Evaluation, format_difference, format_number
from mattekit.metrics import METRICS
from mattekit.metrics.calibration import EXPECTED
from mattekit.metrics.protocols import conventions

MOST_BYTES = 14_000_000
"""Of embedded pictures; base64 adds a third, so the file stays under 20 MB."""
BINS = 24

FURTHER_MEANINGS = {
    "colour error": "Mean error of the foreground colours where the matte is soft.",
    "halo": "Difference of both cut-outs on a background, in thousands: a SAD of what is seen.",
    "perceptual": "How differently VGG-16 sees the composites of both alphas.",
    EXPECTED: "What the model itself expected MAD to be.",
    "sparsification error": "Did the model know where it is wrong? 0: the fifth of the pixels with"
    " the highest expected error holds as much error as any fifth could. 1: no more than one drawn"
    " at random.",
}


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that a report shows."""

    evaluation: Evaluation
    worst: Sequence[ShownPicture] = ()
    best: Sequence[ShownPicture] = ()
    second: Evaluation | None = None
    comparison: Comparison | None = None


def make_report(
    evaluation: Evaluation,
    second: Evaluation | None = None,
    comparison: Comparison | None = None,
    *,
    worst: int = 24,
    processes: int = 1,
) -> Report:
    """The report of one or two evaluations with their pictures, which are read and shrunk."""
    shown = choose_shown(evaluation, worst if evaluation.pictures else 0)
    files = {picture.name: picture for picture in evaluation.pictures}
    others = {picture.name: picture.predicted for picture in second.pictures} if second else {}
    work = partial(show_picture, protocol=evaluation.protocol, others=others)
    read = run_on_processes(work, [files[name] for names in shown for name in names], processes)
    pictures = {picture.name: picture for picture in read}
    first, last = ([pictures[name] for name in names] for names in shown)
    return Report(
        evaluation=evaluation, worst=first, best=last, second=second, comparison=comparison
    )


def choose_shown(evaluation: Evaluation, worst: int, best: int = 4) -> tuple[list[str], list[str]]:
    """Names of the pictures with the highest SAD, worst first, and of those with the lowest."""
    names = [row.name for row in evaluation.worst_first]
    shown = names[:worst]
    return shown, names[len(shown) :][::-1][:best] if worst else []


def to_html(report: Report, *, most_bytes: int = MOST_BYTES) -> str:
    """The report as one HTML file."""
    environment = Environment(
        loader=PackageLoader("mattekit", "evaluation"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {
        "number": format_number,
        "signed": format_difference,
        "column": title_of,
        "anchor": _anchor,
        "data_address": _data_address,
    }
    evaluation, second = report.evaluation, report.second
    sections, left_out = _fitting(report, most_bytes)
    text: str = environment.get_template("report.html").render(
        title=f"Matting errors of {evaluation.title}",
        evaluation=evaluation,
        depth=evaluation.depths,
        tiles=[_tile(column, report) for column in evaluation.columns],
        bins=BINS,
        remarks=remarks_of(evaluation, second, report.comparison),
        comparison=report.comparison,
        meanings=_meanings(evaluation),
        conventions=list(conventions(evaluation.protocol).items()),
        sections=sections,
        left_out=left_out,
        full_colour=FULL_COLOUR,
        metrics=METRICS,
        values_of={row.name: row.values for row in evaluation.rows},
        rows=sorted(evaluation.rows, key=lambda row: -row.values.get("sad", -1.0)),
        second=second and {row.name: row.values for row in second.measured},
        shown={picture.name for section in sections for picture in section["pictures"]},
        version=version("mattekit"),
    )
    return text


def title_of(column: str) -> str:
    """The displayed name of a quantity: sad -> SAD, sad unknown -> SAD unknown."""
    first, space, rest = column.partition(" ")
    return (METRICS[first].title if first in METRICS else first) + space + rest


def _tile(column: str, report: Report) -> dict[str, Any]:
    """Mean, median and histogram of a quantity over the pictures."""
    values = report.evaluation.values(column)
    second = report.second.values(column) if report.second else []
    top = max(*values, *second, 1e-12)

    def shares(numbers: Sequence[float]) -> list[float]:
        counts = np.histogram(numbers, BINS, (0, top))[0] if numbers else np.zeros(0)
        return [float(count) / max(int(counts.max()), 1) for count in counts]

    return {
        "title": title_of(column),
        "mean": report.evaluation.means[column],
        "median": statistics.median(values),
        "top": top,
        "height": 22 if second else 44,
        "first": shares(values),
        "second": shares(second),
    }


def _meanings(evaluation: Evaluation) -> dict[str, str]:
    """What the quantities mean; kinds of one, such as SAD by region, are explained once."""
    known = {name: metric.meaning for name, metric in METRICS.items()} | FURTHER_MEANINGS
    names = [name if name in known else name.split(" ")[0] for name in evaluation.columns]
    return {title_of(name): known[name] for name in names if name in known}


def _fitting(report: Report, most_bytes: int) -> tuple[list[dict[str, Any]], int]:
    """The worst, then the best pictures, and the number of those left out."""
    sections, left_out = [], 0
    for title, shown in (("Worst pictures", report.worst), ("Best pictures", report.best)):
        fitting = []
        for picture in shown:
            weight = sum(map(len, picture.planes.values()))
            if weight > most_bytes:
                left_out += 1
            else:
                most_bytes -= weight
                fitting.append(picture)
        sections.append({"title": title, "pictures": fitting})
    return sections, left_out


def _anchor(name: str) -> str:
    return "picture-" + "".join(c if c.isalnum() else f"-{ord(c):x}-" for c in name)


def _data_address(encoded: bytes) -> str:
    kind = "png" if encoded.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(encoded).decode()}"

"""One HTML file that explains itself: the numbers, what they mean, and the pictures behind them.

It needs no other file and reaches for nothing outside. The frame is `report.html` beside this file;
here are its parts as text. The pictures come from `report_pictures`.
"""

import base64
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from string import Template

import numpy as np
import numpy.typing as npt

from mattekit.evaluation.compare import Comparison, Difference
from mattekit.evaluation.report_pictures import FULL_COLOUR, ShownPicture
from mattekit.evaluation.results import Evaluation, Row, depth_in_words
from mattekit.metrics.protocols import conventions

MOST_BYTES = 14_000_000
"""Of embedded pictures, before they grow by a third as text: the file stays under 20 MB."""
BINS = 24

TITLES = {"sad": "SAD", "mse": "MSE", "mad": "MAD", "grad": "Grad", "conn": "Conn"}
MEANING = {
    "sad": "Sum of the absolute differences of alpha{thousands}.",
    "mse": "Mean of the squared differences.",
    "mad": "Mean of the absolute differences.",
    "grad": "Do both mattes have the same edges? Squared differences of the edge strength.",
    "conn": "Are parts cut off from the main body of the matte that should not be?",
    "colour error": "Mean error of the foreground colours where the matte is soft.",
    "expected error": "What the model itself expected MAD to be.",
    "misplaced doubt": "Did the model know where it is wrong? 0: the fifth of the pixels that it"
    " doubted most holds as much error as any fifth could. 1: no more than one drawn at random.",
}


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that a report shows."""

    evaluation: Evaluation
    places: Mapping[str, str] = field(default_factory=dict)
    """Role -> the folder of its files."""
    worst: Sequence[ShownPicture] = ()
    best: Sequence[ShownPicture] = ()
    second: Evaluation | None = None
    comparison: Comparison | None = None
    version: str = ""


def to_html(report: Report, *, most_bytes: int = MOST_BYTES) -> str:
    """The report as one HTML file."""
    evaluation = report.evaluation
    frame = Template(files("mattekit.evaluation").joinpath("report.html").read_text("utf-8"))
    return frame.substitute(
        title=escape(f"Matting errors of {evaluation.title}"),
        subtitle=_subtitle(report),
        tiles=_tiles(report),
        remarks=_remarks(report),
        comparison=_comparison(report.comparison),
        meaning=_meaning(report),
        conventions=_table_rows(conventions(evaluation.protocol).items()),
        pictures=_pictures(report, most_bytes),
        head=_head(report),
        rows=_rows(report),
        footer=f"mattekit {escape(report.version)}",
    )


def in_words(value: float) -> str:
    """A number with four digits that count.

    >>> in_words(12.3456), in_words(0.00224501), in_words(0)
    ('12.35', '0.002245', '0')
    """
    return "0" if value == 0 else f"{value:#.4g}".rstrip(".")


def title_of(column: str) -> str:
    """What a reader calls a quantity: sad -> SAD, sad unknown -> SAD unknown."""
    first, space, rest = column.partition(" ")
    return TITLES.get(first, first) + space + rest


def _subtitle(report: Report) -> str:
    evaluation = report.evaluation
    counted = f"{len(evaluation.measured)} of {len(evaluation.rows)} pictures measured"
    parts = [f"Protocol <b>{escape(evaluation.protocol.title)}</b>", counted]
    parts.append(f"{depth_in_words(evaluation.bits)} predictions")
    places = "; ".join(f"{role}: {place}" for role, place in report.places.items())
    return " &middot; ".join(parts) + (f"<br>{escape(places)}" if places else "")


def _tiles(report: Report) -> str:
    """A tile for each quantity: its mean, its median, how it is spread over the pictures."""
    tiles = ""
    for column, mean in report.evaluation.means.items():
        values = [row.values[column] for row in report.evaluation.having(column)]
        second = (
            [row.values[column] for row in report.second.having(column)] if report.second else []
        )
        tiles += (
            f'<div class="box tile"><span class=soft>{escape(title_of(column))}, mean</span>'
            f"<b>{in_words(mean)}</b><span class=soft>median {in_words(statistics.median(values))}"
            f"</span>{_histogram(values, second)}</div>"
        )
    return f'<div class="tiles">{tiles}</div>'


def _histogram(values: Sequence[float], second: Sequence[float]) -> str:
    """Bars: how many pictures have an error of that size; the second evaluation hangs below."""
    top = max(*values, *second, 1e-12)
    height = 22 if second else 44
    bars = "".join(
        _bars(np.histogram(numbers, BINS, (0, top))[0], kind, height, down=kind == "second")
        for kind, numbers in (("first", values), ("second", second))
        if numbers
    )
    title = f"Pictures by error, from 0 to {in_words(top)}"
    return (
        f'<svg viewBox="0 0 {BINS * 10} 48" preserveAspectRatio="none" role="img"'
        f' aria-label="{title}"><title>{title}</title>'
        f'<line x1="0" x2="{BINS * 10}" y1="{height + 1}" y2="{height + 1}"/>{bars}</svg>'
        f"<div class=axis><span>0</span><span>{in_words(top)}</span></div>"
    )


def _bars(counts: npt.NDArray[np.intp], kind: str, height: int, *, down: bool) -> str:
    bars = ""
    for i, share in enumerate(counts / max(int(counts.max()), 1)):
        tall = float(share) * height
        top = height + 2 if down else height - tall
        bars += (
            f'<rect class="{kind}" x="{i * 10 + 1}" y="{top:.1f}" width="8" height="{tall:.1f}"/>'
        )
    return bars


def _remarks(report: Report) -> str:
    remarks = report.evaluation.remarks
    if report.second:
        remarks += report.second.remarks
    if report.comparison:
        remarks += report.comparison.problems
    remarks = tuple(dict.fromkeys(remarks))  # what both evaluations say is said once
    if not remarks:
        return ""
    lines = "".join(f"<li><b>{escape(r.name)}</b>: {escape(r.sentence)}</li>" for r in remarks)
    return f'<h2>To look into ({len(remarks)})</h2><div class="box remarks"><ul>{lines}</ul></div>'


def _comparison(comparison: Comparison | None) -> str:
    if comparison is None:
        return ""
    rows = "".join(_difference(difference) for difference in comparison.differences)
    return (
        f"<h2>Compared with {escape(comparison.second)}</h2>"
        "<p class=soft>Both on the same pictures. The interval is where the difference of the means"
        " lies in 95 % of 10,000 draws of as many pictures; when it holds 0, these pictures do not"
        f" tell the two apart. <span class=key style='background:var(--first)'></span>"
        f"{escape(comparison.first)} <span class=key style='background:var(--second)'></span>"
        f"{escape(comparison.second)}</p>"
        '<div class="box wide"><table><thead><tr><th>Error</th><th>'
        f"{escape(comparison.first)}</th><th>{escape(comparison.second)}</th><th>Difference</th>"
        "<th>95 % interval</th><th>Better on</th><th>Worse on</th><th>Verdict</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _difference(difference: Difference) -> str:
    colour = {"second is better": "better", "first is better": "worse"}.get(
        difference.verdict, "soft"
    )
    cells = (
        title_of(difference.metric),
        in_words(difference.first),
        in_words(difference.second),
        _signed(difference.difference),
        f"{_signed(difference.low)} to {_signed(difference.high)}",
        f"{difference.better} of {difference.pictures}",
        f"{difference.worse} of {difference.pictures}",
    )
    return (
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}"
        f"<td class={colour}>{escape(difference.verdict)}</td></tr>"
    )


def _meaning(report: Report) -> str:
    protocol = report.evaluation.protocol
    thousands = ", in thousands" if protocol.sad_unit == 1000 else ", not divided"
    lines = [
        f"<b>{escape(title_of(column))}</b> {escape(MEANING[column].format(thousands=thousands))}"
        for column in report.evaluation.columns
        if column in MEANING
    ]
    region = "the whole picture" if protocol.region == "whole" else f"the {protocol.region} pixels"
    return (
        f"<p>All are errors: 0 is perfect, lower is better. Measured over {escape(region)},"
        f" known pixels {escape(protocol.known_pixels)}.</p><p>{'<br>'.join(lines)}</p>"
    )


def _pictures(report: Report, room: int) -> str:
    """The worst, then the best; what would make the file too large is left out and said so."""
    parts, left_out = "", 0
    for title, shown in (("Worst pictures", report.worst), ("Best pictures", report.best)):
        articles = ""
        for picture in shown:
            weight = sum(map(len, picture.planes.values()))
            if weight > room:
                left_out += 1
                continue
            room -= weight
            articles += _article(picture, report)
        if articles:
            parts += f"<h2>{title}</h2>{_key() if not parts else ''}{articles}"
    if left_out:
        parts += f"<p class=soft>{left_out} pictures left out to keep this file small.</p>"
    return parts


def _key() -> str:
    return (
        "<p class=soft>Error: <span class=key style='background:#ff8c1a'></span>too opaque"
        "<span class=key style='background:#40b3ff'></span>too transparent; full colour from"
        f" {FULL_COLOUR} on; lighter ground is not measured. Click a picture to enlarge it.</p>"
    )


def _article(picture: ShownPicture, report: Report) -> str:
    row = next(row for row in report.evaluation.rows if row.name == picture.name)
    numbers = "".join(
        f"<span>{escape(title_of(column))} {in_words(value)}</span>"
        for column, value in row.values.items()
        if column in TITLES
    )
    figures = "".join(_figure(picture.name, *plane) for plane in picture.planes.items())
    return (
        f'<article class=box id="{_anchor(picture.name)}"><h3>{escape(picture.name)}{numbers}</h3>'
        f'<p class="worse">{escape(picture.remark)}</p><div class="planes">{figures}</div>'
        "</article>"
    )


def _figure(name: str, caption: str, encoded: bytes) -> str:
    kind = "png" if encoded.startswith(b"\x89PNG") else "jpeg"
    data = base64.b64encode(encoded).decode()
    return (
        f'<figure><button aria-label="Enlarge {escape(caption)} of {escape(name)}">'
        f'<img alt="{escape(caption)}" src="data:image/{kind};base64,{data}"></button>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _worst_first(evaluation: Evaluation) -> list[Row]:
    """Rows by SAD, highest first; those without numbers last."""
    return sorted(evaluation.rows, key=lambda row: -row.values.get("sad", -1.0))


def _head(report: Report) -> str:
    titles = [title_of(column) for column in report.evaluation.columns]
    second = [f"{title} (2)" for title in titles] if report.second else []
    cells = ""
    for title in ("Picture", *titles, *second):
        order = " aria-sort=descending" if title == "SAD" else ""
        cells += f"<th scope=col{order}><button>{escape(title)}</button></th>"
    return cells


def _rows(report: Report) -> str:
    """A line a picture, with a link where the picture is shown; the second numbers on its right."""
    shown = {picture.name for picture in (*report.worst, *report.best)}
    columns = report.evaluation.columns
    others = {row.name: row for row in report.second.measured} if report.second else {}
    lines = ""
    for row in _worst_first(report.evaluation):
        name = escape(row.name)
        if row.name in shown:
            name = f'<a href="#{_anchor(row.name)}">{name}</a>'
        cells = _cells(row, columns)
        if report.second:
            cells += _cells(others.get(row.name), columns)
        kind = ' class="failed"' if row.error else ""
        lines += f"<tr{kind}><td>{name}</td>{cells}</tr>"
    return lines


def _cells(row: Row | None, columns: Iterable[str]) -> str:
    values = {} if row is None else row.values
    return "".join(
        f'<td data-value="{values[column]!r}">{in_words(values[column])}</td>'
        if column in values
        else '<td data-value=""></td>'
        for column in columns
    )


def _table_rows(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>" for a, b in pairs)


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else '-' if value < 0 else ''}{in_words(abs(value))}"


def _anchor(name: str) -> str:
    return "picture-" + "".join(c if c.isalnum() else f"-{ord(c):x}-" for c in name)

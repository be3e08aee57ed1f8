"""Curves of one or several runs from their logs, as a picture or a page."""

import html
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mattekit.core.atomic import replacing, write_text
from mattekit.core.errors import BadArgument, BadData
from mattekit.training.run_log import LOG, read_log

COLUMNS = 3
KINDS = ("losses", "validation", "rates", "notes")
SMOOTHED = ("losses", "notes")


@dataclass(frozen=True)
class Curve:
    """One value over the steps of one run."""

    run: str
    number: int
    steps: list[int]
    values: list[float]


def draw(runs: Sequence[Path], output: Path, *, window: int = 20) -> None:
    """Draw the curves of all runs over each other into a .png or .html file.

    Args:
        window: losses are averaged over so many lines of the log; the line itself stays visible.
    """
    if output.suffix.lower() not in (".png", ".html"):
        raise BadArgument(f"{output.name}: curves are drawn as .png or .html")
    curves = read_curves(runs)
    figure = _figure(curves, window)
    if output.suffix.lower() == ".html":
        write_text(output, _page(figure, runs))
        return
    with replacing(output) as aside:
        figure.savefig(aside, dpi=110)


def read_curves(runs: Sequence[Path]) -> dict[str, list[Curve]]:
    """Curves by `kind/name`, in the order of KINDS; every run adds one to each."""
    titles = _titles(runs)
    found: dict[str, dict[str, Curve]] = {}
    for number, (run, title) in enumerate(zip(runs, titles, strict=True)):
        if not (run / LOG).is_file():
            raise BadData(f"{run} is no run: it has no {LOG}; name folders like runs/tiny")
        for line in read_log(run):
            for name, value in line.values.items():
                by_run = found.setdefault(f"{line.kind}/{name}", {})
                curve = by_run.setdefault(title, Curve(title, number, [], []))
                curve.steps.append(line.step)
                curve.values.append(value)
    if not found:
        raise BadData(f"the log of {runs[0]} is empty; let the run take a few steps first")
    ordered = sorted(
        (name for name in found if name.split("/")[0] in KINDS),
        key=lambda name: (KINDS.index(name.split("/")[0]), name.split("/")[1] != "total", name),
    )
    return {name: list(found[name].values()) for name in ordered}


def smoothed(values: Sequence[float], window: int) -> list[float]:
    """The mean of each value and its neighbours, `window` in all; fewer at the ends.

    >>> smoothed([0, 3, 6, 9], 3)
    [1.5, 3.0, 6.0, 7.5]
    """
    sums = np.concatenate([[0.0], np.cumsum(values)])
    middle = np.arange(len(values))
    starts = np.maximum(middle - (window - 1) // 2, 0)
    ends = np.minimum(middle + window // 2 + 1, len(values))
    means: list[float] = ((sums[ends] - sums[starts]) / (ends - starts)).tolist()
    return means


def _titles(runs: Sequence[Path]) -> list[str]:
    """The folders' names, with as much of the path as tells them apart."""
    names = [run.resolve().name for run in runs]
    return names if len(set(names)) == len(names) else [str(run) for run in runs]


def _figure(curves: dict[str, list[Curve]], window: int) -> Figure:
    rows = math.ceil(len(curves) / COLUMNS)
    figure = Figure(figsize=(4.2 * COLUMNS, 2.9 * rows), layout="constrained")
    axes = figure.subplots(rows, COLUMNS, squeeze=False).flatten()
    for plot, (name, group) in zip(axes, curves.items(), strict=False):
        _draw_group(plot, name, group, window if name.split("/")[0] in SMOOTHED else 1)
    for plot in axes[len(curves) :]:
        plot.set_axis_off()
    return figure


def _draw_group(plot: Axes, name: str, group: list[Curve], window: int) -> None:
    for curve in group:
        colour = f"C{curve.number}"
        mark = "o" if len(curve.steps) < 3 else ""
        if window > 1:
            plot.plot(curve.steps, curve.values, color=colour, alpha=0.25, linewidth=0.8)
        line = smoothed(curve.values, window)
        plot.plot(curve.steps, line, color=colour, marker=mark, label=curve.run)
    plot.set_title(name, fontsize=10)
    plot.set_xlabel("step", fontsize=8)
    plot.tick_params(labelsize=8)
    plot.grid(alpha=0.3)
    if len(group) > 1:
        plot.legend(fontsize=8)


def _page(figure: Figure, runs: Sequence[Path]) -> str:
    drawing = io.StringIO()
    figure.savefig(drawing, format="svg")
    svg = drawing.getvalue()
    title = html.escape(", ".join(_titles(runs)))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        "<style>body{font:16px sans-serif;margin:2rem}svg{max-width:100%;height:auto}</style>"
        f"<h1>{title}</h1>{svg[svg.index('<svg') :]}</html>\n"
    )

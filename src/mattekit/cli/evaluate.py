"""Measure predicted alphas against true ones: SAD, MSE, MAD, Grad, Conn, and a report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, get_args

import typer
from typer import Option

from mattekit.batch.files import gather, pair
from mattekit.batch.processes import Limits
from mattekit.cli.options import (
    Device,
    ItemMemory,
    ItemSeconds,
    Json,
    MaxPixels,
    Overwrite,
    Processes,
    Quiet,
)
from mattekit.cli.output import FAILED, check_new
from mattekit.cli.photo_options import Photos
from mattekit.cli.progress import progress
from mattekit.core.atomic import write_text
from mattekit.core.errors import BadArgument
from mattekit.core.types import Region
from mattekit.evaluation.compare import Comparison, Difference, compare, remarks_of
from mattekit.evaluation.evaluate import ERRORS, evaluate, holds_errors, predict_alphas
from mattekit.evaluation.pairing import Role, Rule
from mattekit.evaluation.report import make_report, title_of, to_html
from mattekit.evaluation.results import (
    Evaluation,
    format_difference,
    format_number,
    plain,
    to_csv,
    to_json,
)
from mattekit.imaging.files import MAX_PIXELS
from mattekit.metrics import METRICS, choose_metrics
from mattekit.metrics.protocols import choose_protocol

WORST_SAID = 5


def run(
    true: Annotated[Path, Option(metavar="DIR", help="True alphas.")],
    predicted: Annotated[
        Path | None, Option(metavar="DIR", help="Predicted alphas or cut-outs.")
    ] = None,
    pictures: Photos = None,
    model: Annotated[
        list[str] | None,
        Option(metavar="NAME|FILE", help="Instead: predict PHOTO... by one or two models."),
    ] = None,
    device: Device = "auto",
    trimap: Annotated[Path | None, Option(metavar="DIR", help="Trimaps: what is unknown.")] = None,
    photos: Annotated[Path | None, Option(metavar="DIR", help="Photos, for the report.")] = None,
    foregrounds: Annotated[
        Path | None, Option(metavar="DIR", help="True colours: adds colour error and halo.")
    ] = None,
    colours: Annotated[
        Path | None, Option(metavar="DIR", help="Predicted colours, where not in RGBA.")
    ] = None,
    backgrounds: Annotated[
        Path | None, Option(metavar="DIR", help="True backgrounds, for the halo.")
    ] = None,
    errors: Annotated[
        Path | None,
        Option(metavar="DIR", help="Expected errors, NAME-error.png as predict writes."),
    ] = None,
    against: Annotated[
        Path | None,
        Option(metavar="DIR|JSON", help="Other predictions, or their numbers, to compare with."),
    ] = None,
    protocol: Annotated[
        str, Option(metavar="official|gfm|dim-2019|gca", help="Whose conventions: region, scales.")
    ] = "official",
    region: Annotated[
        str | None, Option(metavar="unknown|whole", help="In place of the protocol's.")
    ] = None,
    paste: Annotated[
        bool | None, Option("--paste/--no-paste", help="Take known pixels from the trimap, or not.")
    ] = None,
    metrics: Annotated[
        str | None, Option(metavar="NAME,...", help=f"Some of {', '.join(METRICS)}.")
    ] = None,
    perceptual: Annotated[
        str | None,
        Option(
            metavar="timm|FILE",
            help="Add a perceptual distance, with the weights of VGG-16 from timm or a file.",
        ),
    ] = None,
    pairs: Annotated[
        str, Option(metavar="stem|composition1k", help="How names say which files belong together.")
    ] = "stem",
    names: Annotated[
        list[str] | None,
        Option(
            metavar="ROLE=PATTERN",
            help="File names of a role, like predicted=*-alpha; * is the picture's name.",
        ),
    ] = None,
    output: Annotated[
        list[Path] | None,
        Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write all numbers as .json, a line per picture as .csv, or a report as .html; "
            "may be repeated.",
        ),
    ] = None,
    report_pictures: Annotated[
        int, Option(metavar="N", min=0, help="How many pictures the report shows, worst first.")
    ] = 24,
    allow_masks: Annotated[bool, Option(help="Accept truths that hold only 0 and 1.")] = False,
    processes: Processes = 0,
    item_seconds: ItemSeconds = None,
    item_memory: ItemMemory = None,
    max_pixels: MaxPixels = MAX_PIXELS,
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure predicted alphas against true ones. Files are paired by name.

    With PHOTO... and --model the alphas are predicted first, and a second model is compared with
    the first.

    Exit code 1: a file could not be paired or measured, or looks like a mask; each is named.
    """
    for path in output or []:
        check_new(path, ".json", ".csv", ".html", overwrite=overwrite)
    models = model or []
    _check_what_is_measured(predicted, pictures, models, trimap, against)
    silent = quiet or json
    patterns = _patterns(names or [])
    wanted = [word.strip() for word in metrics.split(",")] if metrics else None
    choose_metrics(wanted)
    measure = partial(
        evaluate,
        true=true,
        trimap=trimap,
        photo=photos,
        colours=colours,
        foreground=foregrounds,
        background=backgrounds,
        protocol=choose_protocol(protocol, _one_of(region, Region), paste),
        metrics=wanted,
        perceptual=perceptual,
        patterns=patterns,
        rule=_one_of(pairs, Rule),
        allow_masks=allow_masks,
        max_pixels=max_pixels,
        processes=processes,
        limits=Limits(seconds=item_seconds, memory=item_memory),
        progress=partial(progress, quiet=silent, said="measured"),
    )
    with TemporaryDirectory() as scratch:
        inputs = pair(gather(pictures), trimap) if pictures and trimap is not None else {}
        photo_of = {path.stem: str(path) for path in inputs}
        measured = []
        for number, name in enumerate(models):
            folder = Path(scratch, str(number))
            failed = predict_alphas(
                name,
                inputs,
                folder,
                device=device,
                max_pixels=max_pixels,
                progress=partial(progress, quiet=silent, said=f"predicted by {name}"),
            )
            found = measure(folder)
            places = {**found.places, "predicted": name}
            rows = tuple(replace(row, predicted=photo_of[row.name]) for row in found.rows)
            said = {row.name for row in failed}
            others = tuple(problem for problem in found.problems if problem.name not in said)
            measured.append(
                replace(found, title=name, places=places, rows=rows + failed, problems=others)
            )
        if predicted is not None:
            measured.append(measure(predicted, error=errors))
        if against is not None:
            own = holds_errors(against, patterns.get("error", ERRORS))
            measured.append(measure(against, error=against if own else None))
        first, second = measured[0], measured[1] if len(measured) > 1 else None
        comparison = compare(first, second) if second else None
        further: dict[str, Any] = {"version": version("mattekit")}
        if comparison:
            further["comparison"] = asdict(comparison)
        contents: dict[str, Callable[[], str]] = {
            ".json": lambda: to_json(first, **further),
            ".csv": lambda: to_csv(first),
            ".html": lambda: to_html(
                make_report(first, second, comparison, worst=report_pictures, processes=processes)
            ),
        }
        for path in output or []:
            text = contents[path.suffix]()
            write_text(path, text)
        if json:
            typer.echo(contents[".json"](), nl=False)
        if not silent:
            typer.echo(_summary(first, comparison))
    for remark in remarks_of(first, second, comparison):
        typer.echo(f"{plain(remark.name)}: {plain(remark.sentence)}", err=True)
    if not all(evaluation.is_complete for evaluation in measured):
        raise typer.Exit(FAILED)


def _check_what_is_measured(
    predicted: Path | None,
    pictures: list[str] | None,
    models: Sequence[str],
    trimap: Path | None,
    against: Path | None,
) -> None:
    """Refuse options that do not belong together: predictions, or photos and models."""
    if predicted is not None and (pictures or models):
        raise BadArgument("--predicted measures what is there; leave out the photos and --model")
    if predicted is None and not (pictures and models and trimap is not None):
        raise BadArgument(
            "name what is to be measured: --predicted DIR, or PHOTO... with --trimap and --model"
        )
    if len(models) > 2 or (models and against is not None):
        raise BadArgument("two are compared at most: --model twice, or --predicted and --against")


def _one_of(word: str | None, choices: Any) -> Any:
    """The word, checked against the literal's choices."""
    if word is not None and word not in get_args(choices):
        raise BadArgument(f"'{word}' is none of {', '.join(get_args(choices))}")
    return word


def _patterns(names: Sequence[str]) -> dict[Role, str]:
    patterns = {}
    for text in names:
        role, equals, pattern = text.partition("=")
        if not equals:
            raise BadArgument(f"--names {text} needs the form ROLE=PATTERN, like predicted=*-alpha")
        patterns[_one_of(role, Role)] = pattern
    return patterns


def _summary(evaluation: Evaluation, comparison: Comparison | None) -> str:
    """The means and the worst pictures as a Markdown table; the comparison as another."""
    columns = evaluation.columns
    worst = evaluation.worst_first[:WORST_SAID]
    title = f"protocol {evaluation.protocol.title}, {len(evaluation.measured)} pictures"
    if not evaluation.measured:
        return title
    lines = [
        f"{title}\n",
        f"| | {' | '.join(map(title_of, columns))} |",
        "|---" * (len(columns) + 1) + "|",
        _line("**mean**", evaluation.means, columns),
        *(_line(plain(row.name), row.values, columns) for row in worst),
    ]
    if evaluation.confidence_order is not None:
        order = "rank correlation over pictures of expected error and MAD"
        lines += ["", f"{order}: {evaluation.confidence_order:.2f}"]
    if comparison:
        titles = f"{plain(comparison.first)} | {plain(comparison.second)}"
        lines += ["", f"| | {titles} | difference | 95 % interval | |", "|---|---|---|---|---|---|"]
        lines += [
            f"| {title_of(d.metric)} | {format_number(d.first)} | {format_number(d.second)} "
            f"| {format_difference(d.difference)} ({_change(d)}) "
            f"| {format_difference(d.low)} to {format_difference(d.high)} | {d.verdict} |"
            for d in comparison.differences
        ]
    return "\n".join(lines)


def _change(difference: Difference) -> str:
    """The change in percent of what it was."""
    return f"{difference.difference / difference.first:+.1%}" if difference.first else "from 0"


def _line(name: str, values: Mapping[str, float], columns: Sequence[str]) -> str:
    numbers = (format_number(values[column]) if column in values else "" for column in columns)
    return f"| {name} | {' | '.join(numbers)} |"

"""Measure predicted alphas against true ones: SAD, MSE, MAD, Grad, Conn, and a report."""

import json as json_text
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from mattekit.batch.processes import run_on_processes
from mattekit.cli.batch import pictures_in
from mattekit.cli.options import DEFAULT_MAX_PIXELS, MaxPixels, Overwrite, Processes, Quiet
from mattekit.cli.progress import progress
from mattekit.core.atomic import replacing
from mattekit.core.errors import BadArgument, BadData, BadOutput
from mattekit.core.types import Region
from mattekit.evaluation.compare import Comparison, compare
from mattekit.evaluation.measure import Measuring, evaluate
from mattekit.evaluation.pairing import PictureFiles, Role, Rule, named_like, pair_files
from mattekit.evaluation.report import Report, in_words, title_of, to_html
from mattekit.evaluation.report_pictures import ShownPicture, choose_shown, show_picture
from mattekit.evaluation.results import Evaluation, from_document, to_csv, to_json
from mattekit.metrics.protocols import choose_protocol

WORST_SAID = 5


def run(
    predicted: Annotated[
        Path, typer.Option("--predicted", metavar="DIR", help="Predicted alphas or cut-outs.")
    ],
    true: Annotated[Path, typer.Option("--true", metavar="DIR", help="True alphas.")],
    trimaps: Annotated[
        Path | None, typer.Option("--trimaps", metavar="DIR", help="Trimaps: what is unknown.")
    ] = None,
    photos: Annotated[
        Path | None, typer.Option("--photos", metavar="DIR", help="Photos, for the report.")
    ] = None,
    foregrounds: Annotated[
        Path | None,
        typer.Option(
            "--foregrounds", metavar="DIR", help="True colours: adds colour error and halo."
        ),
    ] = None,
    colours: Annotated[
        Path | None,
        typer.Option("--colours", metavar="DIR", help="Predicted colours, where not in RGBA."),
    ] = None,
    backgrounds: Annotated[
        Path | None,
        typer.Option("--backgrounds", metavar="DIR", help="True backgrounds, for the halo."),
    ] = None,
    errors: Annotated[
        Path | None,
        typer.Option(
            "--errors", metavar="DIR", help="Expected errors, NAME-error.png as predict writes."
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="DIR|JSON", help="Predictions to compare with."),
    ] = None,
    protocol: Annotated[
        str, typer.Option("--protocol", metavar="official|gfm|dim-2019|gca", help="Conventions.")
    ] = "official",
    region: Annotated[
        str | None,
        typer.Option("--region", metavar="unknown|whole", help="Instead of the protocol's."),
    ] = None,
    paste: Annotated[
        bool | None,
        typer.Option("--paste/--no-paste", help="Take known pixels from the trimap, or not."),
    ] = None,
    pairs: Annotated[
        str,
        typer.Option("--pairs", metavar="stem|composition1k", help="Which files belong together."),
    ] = "stem",
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--names",
            metavar="ROLE=PATTERN",
            help="File names of a role, like predicted=*-alpha; * is the picture's name.",
        ),
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE|-", help="Write all numbers as JSON.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write a line a picture as CSV.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a report to look at.")
    ] = None,
    report_pictures: Annotated[
        int, typer.Option("--report-pictures", metavar="N", min=0, help="Worst pictures shown.")
    ] = 24,
    allow_masks: Annotated[
        bool, typer.Option("--allow-masks", help="Mattes of only 0 and 1 are no mistake.")
    ] = False,
    processes: Processes = 0,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Measure predicted alphas against true ones. Files are paired by name.

    Exit code 1: a file could not be paired or measured, or looks like a mask; each is named.
    """
    for path in (json, csv, html):
        if path is not None and path.exists() and not overwrite:
            raise BadOutput(f"{path} exists; add --overwrite")
    job = Job(
        places={
            "true": true,
            "trimap": trimaps,
            "photo": photos,
            "colours": colours,
            "foreground": foregrounds,
            "background": backgrounds,
            "error": errors,
        },
        patterns={"error": "*-error", **_patterns(names or [])},
        rule=_one_of(pairs, Rule),
        how=Measuring(
            protocol=choose_protocol(protocol, _one_of(region, Region), paste),
            allow_masks=allow_masks,
            max_pixels=max_pixels,
        ),
        processes=processes,
        quiet=quiet or str(json) == "-",
    )
    first = job.measure(predicted, errors)
    second = job.measure_other(against) if against else None
    comparison = compare(first.evaluation, second.evaluation) if second else None
    _write(json, lambda: _to_json(first.evaluation, comparison))
    _write(csv, lambda: to_csv(first.evaluation))
    _write(html, lambda: to_html(job.report(first, second, comparison, report_pictures)))
    if not job.quiet:
        typer.echo(_summary(first.evaluation, comparison))
    _say_remarks(first, second, comparison)


@dataclass(frozen=True)
class Measured:
    """One folder of predictions: its files, as far as they are known, and its numbers."""

    pictures: tuple[PictureFiles, ...]
    evaluation: Evaluation


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is measured and how, whichever the predictions are."""

    places: Mapping[Role, Path | None]
    patterns: Mapping[Role, str]
    rule: Rule
    how: Measuring
    processes: int
    quiet: bool

    def measure(self, predicted: Path, errors: Path | None) -> Measured:
        """Pair the predictions of a folder with everything else, and measure them.

        Args:
            errors: those that the model of these predictions expected.
        """
        places: dict[Role, Path | None] = {"predicted": predicted, **self.places, "error": errors}
        files = {role: _files(place) for role, place in places.items() if place is not None}
        if errors == predicted:  # `predict` writes both into one folder
            files["predicted"] = [p for p in files["predicted"] if not self._is_error(p)]
        pairing = pair_files(files, patterns=self.patterns, rule=self.rule)
        with progress(len(pairing.pictures), quiet=self.quiet, said="measured") as advance:
            evaluation = evaluate(
                str(predicted),
                pairing,
                self.how,
                processes=self.processes,
                on_row=lambda row: advance(),
            )
        return Measured(pairing.pictures, evaluation)

    def measure_other(self, against: Path) -> Measured:
        """The same for a second folder, or the numbers of an earlier run."""
        if against.suffix.lower() != ".json":
            own = against if any(map(self._is_error, _files(against))) else None
            return self.measure(against, own)
        try:
            document = json_text.loads(against.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BadData(f"{against} cannot be read as JSON: {error}") from error
        return Measured((), from_document(document))

    def _is_error(self, path: Path) -> bool:
        return named_like(self.patterns["error"], path)

    def report(
        self,
        first: Measured,
        second: Measured | None,
        comparison: Comparison | None,
        pictures: int,
    ) -> Report:
        """Everything that the HTML file shows."""
        worst, best = choose_shown(first.evaluation, pictures)
        shown = {picture.name: picture for picture in self._show([*worst, *best], first, second)}
        places: dict[str, str] = {"predicted": first.evaluation.title}
        places |= {role: str(place) for role, place in self.places.items() if place is not None}
        return Report(
            evaluation=first.evaluation,
            places=places,
            worst=[shown[name] for name in worst],
            best=[shown[name] for name in best],
            second=second.evaluation if second else None,
            comparison=comparison,
            version=version("mattekit"),
        )

    def _show(
        self, names: Sequence[str], first: Measured, second: Measured | None
    ) -> Iterator[ShownPicture]:
        files = {picture.name: picture for picture in first.pictures}
        others = {p.name: p.predicted for p in second.pictures} if second else {}
        work = partial(show_picture, protocol=self.how.protocol, others=others)
        return run_on_processes(work, [files[name] for name in names], self.processes)


def _one_of(word: str | None, choices: Any) -> Any:
    """The word, if it is one of the literal's."""
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


def _files(place: Path) -> list[Path]:
    if place.is_dir():
        return pictures_in(place)
    if not place.exists():
        raise BadData(f"{place} does not exist; give a folder of pictures, or one picture")
    return [place]


def _to_json(evaluation: Evaluation, comparison: Comparison | None) -> str:
    further: dict[str, Any] = {"version": version("mattekit")}
    if comparison:
        further["comparison"] = asdict(comparison)
    return to_json(evaluation, **further)


def _write(path: Path | None, content: Callable[[], str]) -> None:
    if str(path) == "-":
        typer.echo(content(), nl=False)
    elif path is not None:
        text = content()
        with replacing(path) as aside:
            aside.write_text(text, "utf-8")


def _summary(evaluation: Evaluation, comparison: Comparison | None) -> str:
    """The means and the worst pictures as a Markdown table; the comparison as another."""
    columns = evaluation.columns
    worst = sorted(evaluation.measured, key=lambda row: -row.values["sad"])[:WORST_SAID]
    title = f"protocol {evaluation.protocol.title}, {len(evaluation.measured)} pictures"
    if not evaluation.measured:
        return title
    lines = [
        f"{title}\n",
        f"| | {' | '.join(map(title_of, columns))} |",
        "|---" * (len(columns) + 1) + "|",
        _line("**mean**", evaluation.means, columns),
        *(_line(row.name, row.values, columns) for row in worst),
    ]
    if evaluation.doubt_order is not None:
        order = "rank correlation over pictures of expected error and MAD"
        lines += ["", f"{order}: {evaluation.doubt_order:.2f}"]
    if comparison:
        lines += ["", f"| compared with {comparison.second} | difference | 95 % interval | |"]
        lines += ["|---|---|---|---|"]
        lines += [
            f"| {title_of(d.metric)} | {d.difference:+.4g} | {d.low:+.4g} to {d.high:+.4g}"
            f" | {d.verdict} |"
            for d in comparison.differences
        ]
    return "\n".join(lines)


def _line(name: str, values: Mapping[str, float], columns: Sequence[str]) -> str:
    numbers = (in_words(values[column]) if column in values else "" for column in columns)
    return f"| {name} | {' | '.join(numbers)} |"


def _say_remarks(first: Measured, second: Measured | None, comparison: Comparison | None) -> None:
    """Name on stderr what went wrong; leave with exit code 1 if that touches the numbers."""
    evaluations = [measured.evaluation for measured in (first, second) if measured]
    remarks = [remark for evaluation in evaluations for remark in evaluation.remarks]
    remarks += comparison.problems if comparison else ()
    for remark in dict.fromkeys(remarks):
        typer.echo(f"{remark.name}: {remark.sentence}", err=True)
    if not all(evaluation.is_complete for evaluation in evaluations):
        raise typer.Exit(1)

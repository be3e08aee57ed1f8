"""Measure folders of predictions: pair the files, measure them, compare two of them, report.

The command `mattekit evaluate` prints what `evaluate` returns.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from mattekit.batch.files import pictures_in
from mattekit.batch.processes import NO_LIMITS, Limits, run_on_processes
from mattekit.core.errors import BadData
from mattekit.core.storage import as_path
from mattekit.core.types import Region
from mattekit.evaluation.compare import Comparison
from mattekit.evaluation.measure import MeasureOptions, measure_files, unmeasured
from mattekit.evaluation.pairing import Pairing, PictureFiles, Role, Rule, named_like, pair_files
from mattekit.evaluation.report import Report, to_html
from mattekit.evaluation.report_pictures import ShownPicture, choose_shown, show_picture
from mattekit.evaluation.results import Evaluation, Row, from_document
from mattekit.metrics.pair import missing_trimap
from mattekit.metrics.protocols import Protocol, choose_protocol

Progress = Callable[[int], AbstractContextManager[Callable[[], object]]]
"""Given the number of pictures, returns a context manager whose value is called after each."""


def no_progress(pictures: int) -> AbstractContextManager[Callable[[], object]]:
    """Shows nothing."""
    return nullcontext(lambda: None)


PATTERNS: Mapping[Role, str] = {"error": "*-error"}
"""Names of files that `predict` and `cutout` write beside an alpha."""


@dataclass(frozen=True, kw_only=True)
class EvaluatedFolder:
    """One folder of predictions: its files, if known, and its numbers."""

    pictures: tuple[PictureFiles, ...]
    evaluation: Evaluation


@dataclass(frozen=True, kw_only=True)
class Evaluator:
    """The settings of an evaluation, without the predictions."""

    places: Mapping[Role, Path]
    """Role -> a folder of files, or one file."""
    options: MeasureOptions
    patterns: Mapping[Role, str] = field(default_factory=dict)
    rule: Rule = "stem"
    processes: int = 1
    limits: Limits = NO_LIMITS
    """Of one picture."""
    progress: Progress = no_progress

    def measure(self, predicted: Path, errors: Path | None = None) -> EvaluatedFolder:
        """Pair the predictions of a folder with the other files, and measure them.

        Args:
            errors: the expected errors of these predictions.
        """
        places: dict[Role, Path] = {"predicted": predicted, **self.places}
        if errors is not None:
            places["error"] = errors
        files = {role: _files(place) for role, place in places.items()}
        if errors == predicted:  # `predict` writes both into one folder
            files["predicted"] = [path for path in files["predicted"] if not self._is_error(path)]
        pairing = pair_files(files, patterns={**PATTERNS, **self.patterns}, rule=self.rule)
        evaluation = measure_pairing(
            str(predicted),
            pairing,
            self.options,
            processes=self.processes,
            limits=self.limits,
            progress=self.progress,
        )
        return EvaluatedFolder(pictures=pairing.pictures, evaluation=evaluation)

    def measure_other(self, against: Path) -> EvaluatedFolder:
        """The same for a second folder, or the numbers of an earlier run."""
        if against.suffix.lower() == ".json":
            return EvaluatedFolder(pictures=(), evaluation=read_evaluation(against))
        own = against if any(map(self._is_error, _files(against))) else None
        return self.measure(against, own)

    def report(
        self,
        first: EvaluatedFolder,
        second: EvaluatedFolder | None,
        comparison: Comparison | None,
        pictures: int,
    ) -> str:
        """The HTML file with the numbers, their meaning, and the worst pictures."""
        worst, best = choose_shown(first.evaluation, pictures)
        shown = {picture.name: picture for picture in self._show([*worst, *best], first, second)}
        places: dict[str, str] = {"predicted": first.evaluation.title}
        places |= {role: str(place) for role, place in self.places.items()}
        return to_html(
            Report(
                evaluation=first.evaluation,
                places=places,
                worst=[shown[name] for name in worst],
                best=[shown[name] for name in best],
                second=second.evaluation if second else None,
                comparison=comparison,
            )
        )

    def _show(
        self, names: Sequence[str], first: EvaluatedFolder, second: EvaluatedFolder | None
    ) -> Iterator[ShownPicture]:
        files = {picture.name: picture for picture in first.pictures}
        others = {p.name: p.predicted for p in second.pictures} if second else {}
        work = partial(show_picture, protocol=self.options.protocol, others=others)
        return run_on_processes(work, [files[name] for name in names], self.processes)

    def _is_error(self, path: Path) -> bool:
        return named_like({**PATTERNS, **self.patterns}["error"], path)


def titled(measured: EvaluatedFolder, title: str) -> EvaluatedFolder:
    """The same under another title than its folder's name."""
    return replace(measured, evaluation=replace(measured.evaluation, title=title))


def measure_pairing(
    title: str,
    pairing: Pairing,
    options: MeasureOptions,
    *,
    processes: int = 1,
    limits: Limits = NO_LIMITS,
    progress: Progress = no_progress,
) -> Evaluation:
    """Measure every picture; rows come back in the order of the pairing."""
    protocol = options.protocol
    if protocol.needs_trimap and not any(picture.trimap for picture in pairing.pictures):
        raise missing_trimap(protocol)
    rows: dict[str, Row] = {}
    work = partial(measure_files, options=options)
    with progress(len(pairing.pictures)) as advance:
        for row in run_on_processes(
            work, pairing.pictures, processes, limits=limits, lost=unmeasured
        ):
            rows[row.name] = row
            advance()
    return Evaluation(
        title=title,
        protocol=protocol,
        rows=tuple(rows[picture.name] for picture in pairing.pictures),
        problems=pairing.problems,
    )


def evaluate(
    predicted: str | Path,
    true: str | Path,
    *,
    trimap: str | Path | None = None,
    foreground: str | Path | None = None,
    background: str | Path | None = None,
    colours: str | Path | None = None,
    error: str | Path | None = None,
    protocol: str | Protocol = "official",
    region: Region | None = None,
    metrics: Sequence[str] | None = None,
    patterns: Mapping[Role, str] | None = None,
    rule: Rule = "stem",
    allow_masks: bool = False,
    processes: int = 1,
    progress: Progress = no_progress,
) -> Evaluation:
    """Measure a folder of predicted alphas against the true ones.

    Args:
        predicted: a folder of alphas or RGBA cut-outs, or one file; files are paired by stem.
        true: the true alphas.
        trimap: a folder of trimaps, needed by protocols that measure the unknown region.
        foreground: the true colours; adds the colour error and the halo scores.
        background: the true backgrounds, for the halo.
        colours: the predicted colours, where they are not in the RGBA predictions.
        error: the model's expected errors; adds its calibration.
        protocol: a name of `mattekit.metrics.PROTOCOLS`, or a `Protocol` of your own.
        region: `unknown` or `whole`, instead of the protocol's.
        metrics: names of `mattekit.metrics.METRICS`; default: the five matting errors.
        patterns: role -> name pattern such as `*-alpha`, where stems differ.
        rule: `composition1k` pairs `cat_7` with the truth `cat`.
        allow_masks: accept truths that hold only 0 and 1.
        processes: number of worker processes; 0 is one per processor.
        progress: makes a progress bar, see `Progress`.

    Returns:
        An `Evaluation`: a row per picture, and the means; a picture that failed is a row with its
        error.

    Raises:
        MattekitError: nothing could be paired, or the protocol lacks its trimaps.

    >>> import tempfile
    >>> import numpy as np
    >>> from mattekit.imaging.files import write_alpha
    >>> path = Path(tempfile.mkdtemp()) / "cat.png"
    >>> write_alpha(path, np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8))
    >>> evaluate(path, path, protocol="gfm", metrics=["sad", "mse"]).means
    {'sad': 0.0, 'mse': 0.0}
    """
    given = {
        "true": true,
        "trimap": trimap,
        "foreground": foreground,
        "background": background,
        "colours": colours,
    }
    evaluator = Evaluator(
        places={role: as_path(place) for role, place in given.items() if place is not None},  # type: ignore[misc]
        options=MeasureOptions(
            protocol=choose_protocol(protocol, region),
            metrics=None if metrics is None else tuple(metrics),
            allow_masks=allow_masks,
        ),
        patterns=patterns or {},
        rule=rule,
        processes=processes,
        progress=progress,
    )
    errors = None if error is None else as_path(error)
    return evaluator.measure(as_path(predicted), errors).evaluation


def read_evaluation(path: Path) -> Evaluation:
    """The numbers of an earlier run, from its JSON file."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadData(f"{path} cannot be read as JSON: {error}") from error
    return from_document(document)


def _files(place: Path) -> list[Path]:
    if place.is_dir():
        return pictures_in(place)
    if not place.exists():
        raise BadData(f"{place} does not exist; give a folder of pictures, or one picture")
    return [place]

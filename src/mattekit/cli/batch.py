"""One command over many files: find them, pair them by stem, run, report, go on after a failure.

`run_batch` is the only loop over files in the commands. Its JSON document is described in
docs/commands.md and versioned by `SCHEMA`.
"""

import glob
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import typer

from mattekit.cli.failures import FAILED, STOPPED, Failure, attempt
from mattekit.core.errors import BadArgument, BadData, BadOutput

SCHEMA = "mattekit/1"


@dataclass(frozen=True, kw_only=True)
class Reporting:
    """What a batch prints, and what it does about results that exist."""

    json: bool = False
    quiet: bool = False
    overwrite: bool = False
    skip_existing: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one input."""

    outputs: list[Path] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    model: str | None = None
    strategy: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    """Further entries of the JSON object, such as scores."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """One input of a batch as `--json` shows it."""

    input: str
    status: Literal["done", "skipped", "failed"]
    outputs: list[str]
    warnings: list[str]
    seconds: float
    model: str | None
    strategy: str | None
    error: str | None
    extra: dict[str, Any]


def gather(inputs: Sequence[str]) -> list[Path]:
    """The pictures that files, folders and globs stand for; no two may share a stem.

    A named file that does not exist is kept: it fails alone, when its turn comes.
    """
    paths = list(dict.fromkeys(path for text in inputs for path in _expand(text)))
    by_stem: dict[str, Path] = {}
    for path in paths:
        other = by_stem.setdefault(path.stem, path)
        if other != path:
            raise BadArgument(
                f"{other} and {path} would give results of the same name; "
                "rename one or run them apart"
            )
    return paths


def pair(paths: Sequence[Path], place: Path) -> dict[Path, Path]:
    """The partner of every path: `place` itself for a single path, else by stem in that folder.

    A partner that is not in the folder is named as a PNG there, so that reading it fails for that
    one input, with its name.
    """
    if not place.is_dir():
        if len(paths) > 1:
            raise BadArgument(f"{place} is one file for {len(paths)} inputs; give a folder")
        return dict.fromkeys(paths, place)
    by_stem: dict[str, list[Path]] = {}
    for candidate in pictures_in(place):
        by_stem.setdefault(candidate.stem, []).append(candidate)
    for candidates in by_stem.values():
        if len(candidates) > 1:
            raise BadData(f"{candidates[0]} and {candidates[1]} share a stem; keep one of them")
    return {path: by_stem.get(path.stem, [place / f"{path.stem}.png"])[0] for path in paths}


def placed(output: Path, inputs: Sequence[Path]) -> dict[Path, Path]:
    """Input -> its result: `output` itself if it is named as a file, else a PNG in that folder."""
    if output.suffix and not output.is_dir():
        if len(inputs) > 1:
            raise BadArgument(f"{output} is one file for {len(inputs)} inputs; give a folder")
        return dict.fromkeys(inputs, output)
    return {path: output / f"{path.stem}.png" for path in inputs}


def pictures_in(folder: Path) -> list[Path]:
    """Readable kinds of pictures directly in the folder, sorted by name, hidden ones left out."""
    from mattekit.imaging.files import SUFFIXES

    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )


def _expand(text: str) -> list[Path]:
    path = Path(text)
    if path.is_dir():
        found = pictures_in(path)
        if not found:
            raise BadData(f"the folder {path} holds no pictures; give another one or name files")
        return found
    if not path.exists() and glob.has_magic(text):
        found = sorted(Path(match) for match in glob.glob(text) if Path(match).is_file())
        if not found:
            raise BadData(f"no file fits '{text}'; check the pattern and the folder")
        return found
    return [path]


def run_batch(
    inputs: Sequence[Path],
    work: Callable[[Path], Outcome],
    options: Reporting,
    *,
    outputs: Callable[[Path], Sequence[Path]] = lambda path: (),
) -> None:
    """Do the work on every input, report each, and leave with exit code 1 if one failed.

    Args:
        outputs: the files that an input will give, so that none is overwritten by surprise.
    """
    _check_outputs(inputs, outputs)
    results: list[Result] = []
    stopped = False
    with _progress(len(inputs), options) as advance:
        for path in inputs:
            result, stopped = _run_one(path, work, options, outputs(path))
            results.append(result)
            _report(result, len(inputs), options)
            advance()
            if stopped:
                break
    _close(results, options, stopped=stopped)


def _run_one(
    path: Path, work: Callable[[Path], Outcome], options: Reporting, planned: Sequence[Path]
) -> tuple[Result, bool]:
    existing = [output for output in planned if output.exists()]
    if existing and options.skip_existing and len(existing) == len(planned):
        return _result(path, "skipped", Outcome(outputs=existing), 0.0), False
    start = time.perf_counter()
    outcome = attempt(lambda: _guarded_work(path, work, options, existing))
    seconds = time.perf_counter() - start
    if isinstance(outcome, Failure):
        failed = _result(path, "failed", Outcome(), seconds, error=outcome.sentence)
        return failed, outcome.exit_code == STOPPED
    return _result(path, "done", outcome, seconds), False


def _guarded_work(
    path: Path, work: Callable[[Path], Outcome], options: Reporting, existing: Sequence[Path]
) -> Outcome:
    if existing and not (options.overwrite or options.skip_existing):
        raise BadOutput(f"{existing[0]} exists; add --overwrite or --skip-existing")
    return work(path)


def _result(
    path: Path,
    status: Literal["done", "skipped", "failed"],
    outcome: Outcome,
    seconds: float,
    *,
    error: str | None = None,
) -> Result:
    return Result(
        input=str(path),
        status=status,
        outputs=[str(output) for output in outcome.outputs],
        warnings=outcome.warnings,
        seconds=round(seconds, 3),
        model=outcome.model,
        strategy=outcome.strategy,
        error=error,
        extra=outcome.extra,
    )


def _check_outputs(inputs: Sequence[Path], outputs: Callable[[Path], Sequence[Path]]) -> None:
    """No result may take the place of an input, nor of another result."""
    sources = {path.resolve() for path in inputs}
    owner: dict[Path, Path] = {}
    for path in inputs:
        for output in (planned.resolve() for planned in outputs(path)):
            if output in sources:
                raise BadArgument(f"{output} is an input and would be overwritten; change -o")
            if owner.setdefault(output, path) != path:
                raise BadArgument(f"{owner[output]} and {path} would both write {output}")


@contextmanager
def _progress(total: int, options: Reporting) -> Iterator[Callable[[], object]]:
    """A bar on a terminal, nothing elsewhere, where the lines themselves show progress."""
    if options.quiet or options.json or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


def _report(result: Result, total: int, options: Reporting) -> None:
    if result.error is not None:
        typer.echo(f"{result.input}: {result.error}", err=True)
        return
    if options.quiet:
        return
    for warning in result.warnings:
        typer.echo(f"{result.input}: note: {warning}", err=True)
    if not options.json:
        where = ", ".join(result.outputs) or "done"
        already = " (already there)" if result.status == "skipped" else ""
        typer.echo(f"{result.input} -> {where}{already}  {result.seconds:.1f} s")


def _close(results: Sequence[Result], options: Reporting, *, stopped: bool) -> None:
    failed = sum(result.status == "failed" for result in results)
    if options.json:
        document = {"schema": SCHEMA, "results": [asdict(result) for result in results]}
        typer.echo(json.dumps(document, indent=2))
    if failed and len(results) > 1:
        typer.echo(f"{failed} of {len(results)} failed", err=True)
    if failed:
        raise typer.Exit(STOPPED if stopped else FAILED)

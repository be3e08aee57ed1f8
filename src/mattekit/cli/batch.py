"""One command over many files: find them, pair them by stem, run, report, go on after a failure.

`run_tasks` is the only loop over files in the commands. Its JSON document is described in
docs/commands.md and versioned by `SCHEMA`.
"""

import glob
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import typer

from mattekit.batch.processes import run_on_processes
from mattekit.cli.failures import FAILED, STOPPED, Failure, attempt
from mattekit.cli.progress import progress
from mattekit.core.errors import BadArgument, BadData, BadOutput

SCHEMA = "mattekit/1"
SHOWN = 6
"""So many results of one input are listed on its line."""


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
    unsure: str | None = None
    """Why somebody should look at the result, which is written all the same."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One input: the files that it will give, so that none is overwritten, and the work on it."""

    path: Path
    work: Callable[[], Outcome]
    planned: tuple[Path, ...] = ()
    current: bool = False
    """What is planned is there already, made in the same way."""


Status = Literal["done", "unsure", "skipped", "failed"]


@dataclass(frozen=True, kw_only=True)
class Result:
    """One input of a batch as `--json` shows it."""

    input: str
    status: Status
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
    bar: bool = True,
) -> None:
    """Do the same work on every input, see `run_tasks`.

    Args:
        outputs: the files that an input will give.
    """
    tasks = [
        Task(path=path, work=partial(work, path), planned=tuple(outputs(path))) for path in inputs
    ]
    run_tasks(tasks, options, bar=bar)


def run_tasks(
    tasks: Sequence[Task],
    options: Reporting,
    *,
    processes: int = 1,
    estimate_after: int | None = None,
    bar: bool = True,
) -> None:
    """Do all tasks, report each, and leave with exit code 1 if one failed.

    Args:
        processes: with more than one, the work is a `partial` of a function of a module.
        estimate_after: after so much work the time for the rest is said.
        bar: not where the work shows its own.
    """
    _check_outputs(tasks)
    results: dict[str, Result] = {}
    stopped, worked = False, 0
    start = time.perf_counter()
    run_one = partial(_run_one, options=options)
    silent = options.quiet or options.json or not bar
    done = closing(run_on_processes(run_one, tasks, processes))
    with progress(len(tasks), quiet=silent) as advance, done as outcomes:
        for result, stopped in outcomes:
            results[result.input] = result
            _report(result, len(tasks), options)
            advance()
            if stopped:
                break
            worked += result.status != "skipped"
            if worked == estimate_after and result.status != "skipped" and not options.quiet:
                _estimate((time.perf_counter() - start) / worked, len(tasks) - len(results))
    in_order = [results[str(task.path)] for task in tasks if str(task.path) in results]
    _close(in_order, options, stopped=stopped)


def _estimate(seconds: float, left: int) -> None:
    minutes = seconds * left / 60
    amount = f"{minutes / 60:.1f} hours" if minutes >= 90 else f"{minutes:.1f} minutes"
    if left:
        typer.echo(f"about {amount} for the {left} that are left", err=True)


def _run_one(task: Task, options: Reporting) -> tuple[Result, bool]:
    path = task.path
    existing = [output for output in task.planned if output.exists()]
    whole = options.skip_existing and len(existing) == len(task.planned)
    if existing and (whole or task.current):
        return _result(path, "skipped", Outcome(outputs=existing), 0.0), False
    start = time.perf_counter()
    outcome = attempt(lambda: _guarded_work(task, options, existing))
    seconds = time.perf_counter() - start
    if isinstance(outcome, Failure):
        failed = _result(path, "failed", Outcome(), seconds, error=outcome.sentence)
        return failed, outcome.exit_code == STOPPED
    return _result(path, "unsure" if outcome.unsure else "done", outcome, seconds), False


def _guarded_work(task: Task, options: Reporting, existing: Sequence[Path]) -> Outcome:
    if existing and not (options.overwrite or options.skip_existing):
        raise BadOutput(f"{existing[0]} exists; add --overwrite or --skip-existing")
    return task.work()


def _result(
    path: Path,
    status: Status,
    outcome: Outcome,
    seconds: float,
    *,
    error: str | None = None,
) -> Result:
    return Result(
        input=str(path),
        status=status,
        outputs=[str(output) for output in outcome.outputs],
        warnings=[*([outcome.unsure] if outcome.unsure else []), *outcome.warnings],
        seconds=round(seconds, 3),
        model=outcome.model,
        strategy=outcome.strategy,
        error=error,
        extra=outcome.extra,
    )


def _check_outputs(tasks: Sequence[Task]) -> None:
    """No result may take the place of an input, nor of another result."""
    sources = {task.path.resolve() for task in tasks}
    owner: dict[Path, Path] = {}
    for task in tasks:
        for output in (planned.resolve() for planned in task.planned):
            if output in sources:
                raise BadArgument(f"{output} is an input and would be overwritten; change -o")
            if owner.setdefault(output, task.path) != task.path:
                raise BadArgument(f"{owner[output]} and {task.path} would both write {output}")


def _report(result: Result, total: int, options: Reporting) -> None:
    if result.error is not None:
        typer.echo(f"{result.input}: {result.error}", err=True)
        return
    if result.status == "unsure":
        typer.echo(f"{result.input}: unsure: {result.warnings[0]}", err=True)
    if options.quiet:
        return
    for warning in result.warnings[result.status == "unsure" :]:
        typer.echo(f"{result.input}: note: {warning}", err=True)
    if not options.json:
        where = ", ".join(result.outputs[:SHOWN]) or "done"
        if len(result.outputs) > SHOWN:
            where += f" and {len(result.outputs) - SHOWN} more"
        already = " (already there)" if result.status == "skipped" else ""
        typer.echo(f"{result.input} -> {where}{already}  {result.seconds:.1f} s")


def _close(results: Sequence[Result], options: Reporting, *, stopped: bool) -> None:
    counts = Counter(result.status for result in results)
    failed, unsure = counts["failed"], counts["unsure"]
    if options.json:
        document = {"schema": SCHEMA, "results": [asdict(result) for result in results]}
        typer.echo(json.dumps(document, indent=2))
    if failed and len(results) > 1:
        typer.echo(f"{failed} of {len(results)} failed", err=True)
    if unsure and len(results) > 1:
        typer.echo(f"{unsure} of {len(results)} are unsure", err=True)
    if failed or unsure:
        raise typer.Exit(STOPPED if stopped else FAILED)

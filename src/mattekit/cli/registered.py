"""Registered public models: their part of the command `models`."""

import json as json_text
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from mattekit.cli.photos import CommercialOnly
from mattekit.core.errors import BadArgument, BadWeights
from mattekit.models.installed import (
    check_files,
    fetch,
    import_files,
    missing_files,
    remove_files,
)
from mattekit.models.registry import RegisteredModel, check_commercial, registered, registry


def get(
    name: Annotated[str, typer.Argument(help="A registered model, see: mattekit models list")],
    accept_licence: Annotated[
        str | None,
        typer.Option(
            "--accept-licence", metavar="NAME", help="Accept its terms; the model's name again."
        ),
    ] = None,
    commercial_only: CommercialOnly = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Show a public model's terms, and download it if they are accepted."""
    entry = registered(name)
    if accept_licence not in (None, name):
        raise BadArgument(f"--accept-licence {accept_licence} is for another model than {name}")
    if obtain(entry, accepted=accept_licence == name, commercial_only=commercial_only, quiet=quiet):
        typer.echo(f"{name} is installed in {entry.folder}")
        return
    typer.echo("nothing was downloaded", err=True)
    raise typer.Exit(1)


def obtain(
    entry: RegisteredModel, *, accepted: bool, commercial_only: bool = False, quiet: bool = False
) -> bool:
    """Show the terms, ask unless they are accepted, download; returns whether it is installed."""
    check_commercial(entry.id, entry.licence, commercial_only=commercial_only)
    lacking = missing_files(entry)
    if not lacking:
        return True
    typer.echo(f"{entry.id}: {entry.about.lower()}, from {entry.source}", err=True)
    typer.echo(f"  {entry.licence.sentence}", err=True)
    for file in lacking:
        typer.echo(f"  {file.name}, {file.about}: {file.url}", err=True)
    if not accepted:
        if not sys.stdin.isatty():
            raise BadArgument(
                "these terms cannot be accepted without a terminal; run: "
                f"mattekit models get {entry.id} --accept-licence {entry.id}"
            )
        if not typer.confirm("download it on these terms?", err=True):
            return False
    with _bytes_bar(quiet) as progress:
        fetch(entry, progress=progress)
    return True


def lines() -> Iterator[str]:
    """The registry as text, a line per model."""
    for entry in registry().values():
        size = " + ".join(file.about for file in entry.files)
        here = "installed" if entry.installed else size
        yield f"{entry.id:22}{entry.kind:11}{here:22}commercial: {entry.licence.commercial}"
        yield f"  {entry.about}"


def document(entry: RegisteredModel) -> dict[str, Any]:
    """An entry as JSON."""
    return {"registered": True, "installed": entry.installed} | asdict(entry)


def show(entry: RegisteredModel, *, json: bool) -> None:
    """Print one entry with its terms."""
    if json:
        typer.echo(json_text.dumps(document(entry), indent=2))
        return
    typer.echo(f"{entry.id}: {entry.about}\nkind: {entry.kind}\nsource: {entry.source}")
    for key, text in asdict(entry.licence).items():
        typer.echo(f"{key if key == 'commercial' else f'licence of the {key}'}: {text}")
    for file, path in zip(entry.files, entry.paths, strict=True):
        where = path if path.is_file() else file.url or "import by hand"
        typer.echo(f"{file.name}: {file.about}, {where}")


def bring_in(entry: RegisteredModel, files: list[Path], *, overwrite: bool) -> None:
    """Copy files that were downloaded by hand."""
    for path, state in zip(
        import_files(entry, files, overwrite=overwrite), check_files(entry).values(), strict=True
    ):
        typer.echo(f"{path} ({state})")
    typer.echo(f"  {entry.licence.sentence}")


def verify(entry: RegisteredModel, *, json: bool) -> None:
    """Compare the files with the checksums on record, and their answer with the golden."""
    from mattekit.subject.golden import TOLERANCE, difference  # imports ONNX Runtime

    states = {str(path): state for path, state in check_files(entry).items()}
    bad = [path for path, state in states.items() if state in ("changed", "missing")]
    away = None if bad else difference(entry)
    if json:
        said = {"name": entry.id, "files": states, "golden": away, "tolerance": TOLERANCE}
        typer.echo(json_text.dumps(said, indent=2))
    else:
        for path, state in states.items():
            typer.echo(f"{path}: {state}")
        if away is not None:
            typer.echo(f"golden: largest difference {away} of 255, {TOLERANCE} allowed")
    if bad:
        raise BadWeights(
            f"{' and '.join(bad)}: checksums differ; run: "
            f"mattekit models remove {entry.id}, then mattekit models get {entry.id}"
        )
    if away is not None and away > TOLERANCE:
        raise BadWeights(
            f"{entry.id} does not find in a drawn picture what is on record; is ONNX Runtime "
            "as installed (see: mattekit doctor)?"
        )


def remove(entry: RegisteredModel) -> None:
    """Delete the files of a model."""
    removed = remove_files(entry)
    if not removed:
        raise BadArgument(f"{entry.id} is not installed; there is nothing to remove")
    for path in removed:
        typer.echo(f"removed {path}")


@contextmanager
def _bytes_bar(quiet: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar in bytes on a terminal, a line per tenth elsewhere."""
    if quiet:
        yield lambda name, here, total: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

        columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            tasks: dict[str, Any] = {}

            def update(name: str, here: int, total: int | None) -> None:
                task = tasks.setdefault(name, None) or bar.add_task(name, total=total)
                tasks[name] = task
                bar.update(task, completed=here, total=total)

            yield update
    else:
        tenths: dict[str, int] = {}

        def say(name: str, here: int, total: int | None) -> None:
            tenth = 10 * here // total if total else 0
            if tenth > tenths.get(name, 0):
                tenths[name] = tenth
                typer.echo(f"{name}: {here / 1e6:.1f} MB, {tenth}0 %", err=True)

        yield say

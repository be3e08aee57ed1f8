"""`mattekit prepare check`."""

import json as json_text
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from mattekit.batch.processes import run_on_processes
from mattekit.batch.runner import SCHEMA
from mattekit.cli.options import Json, Processes, Quiet
from mattekit.cli.progress import progress
from mattekit.preparation.doctor import KINDS, Examined, examine, known_tests
from mattekit.preparation.fingerprints import overlaps
from mattekit.preparation.inventory import Finding, Inventory, take_inventory

SHOWN = 20
"""Maximum of findings printed per kind."""


def check(
    folder: Annotated[Path, Argument(metavar="TRAIN", help="A data set, or a part of it.")],
    against: Annotated[
        Path | None, Option(metavar="TEST", help="Pictures that must not be in it.")
    ] = None,
    test_set: Annotated[bool, Option(help="It is a test set: nobody trains on it.")] = False,
    allow_masks: Annotated[bool, Option(help="Mattes of only 0 and 1 are no mistake.")] = False,
    processes: Processes = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Decode every file of a data set and report problems; exit code 1 if there are any."""
    look_at = partial(_examined, allow_masks=allow_masks, processes=processes, quiet=quiet or json)
    inventory = take_inventory(folder)
    examined = look_at(inventory)
    findings = [*inventory.unpaired, *(finding for one in examined for finding in one.findings)]
    if not test_set:
        findings += known_tests(folder, inventory)
    if against is not None:
        both = (examined, look_at(take_inventory(against)))
        findings += overlaps(*([f for one in found for f in one.fingerprints] for found in both))
    kinds = [kind for kind in KINDS if against or not kind.startswith("same")]
    findings.sort(key=lambda finding: (kinds.index(finding.kind), finding.path))
    if json:
        typer.echo(_document(folder, inventory, findings))
    else:
        _list(findings)
    if not (json or quiet):
        typer.echo(f"{inventory.files} files in {folder}: {len(findings) or 'no'} findings")
        counts = Counter(finding.kind for finding in findings)
        for kind in kinds:
            typer.echo(f"{counts[kind]:>7}  {kind:<11} {KINDS[kind]}")
    if findings:
        raise typer.Exit(1)


def _examined(
    inventory: Inventory, *, allow_masks: bool, processes: int, quiet: bool
) -> list[Examined]:
    work = partial(examine, allow_masks=allow_masks)
    found = []
    with progress(len(inventory.entries), quiet=quiet, said="looked at") as advance:
        for one in run_on_processes(work, inventory.entries, processes):
            found.append(one)
            advance()
    return sorted(found, key=lambda one: one.lead)


def _document(folder: Path, inventory: Inventory, findings: Sequence[Finding]) -> str:
    document = {
        "schema": SCHEMA,
        "folder": str(folder),
        "files": inventory.files,
        "counts": Counter(finding.kind for finding in findings),
        "findings": [
            {"kind": one.kind, "file": str(one.path), "problem": one.sentence} for one in findings
        ],
    }
    return json_text.dumps(document, indent=2)


def _list(findings: Sequence[Finding]) -> None:
    """A line for each finding, up to a maximum per kind."""
    counts: Counter[str] = Counter()
    for one in findings:
        counts[one.kind] += 1
        if counts[one.kind] <= SHOWN:
            typer.echo(f"{one.path}: {one.kind}: {one.sentence}", err=True)
    for kind, count in counts.items():
        if count > SHOWN:
            typer.echo(f"{kind}: {count - SHOWN} more; --json lists all", err=True)

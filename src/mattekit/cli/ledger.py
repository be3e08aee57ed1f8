"""Ledgers of batches: `summary` counts, `merge` joins shards, `failed` lists what to run again."""

import json as json_text
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from mattekit.batch.ledger import merge, read_ledger, summarise, write_ledger
from mattekit.batch.runner import SCHEMA
from mattekit.batch.tars import tar_of
from mattekit.cli.options import Json, OutputFile, Overwrite
from mattekit.cli.output import check_new, print_json, printable

Ledgers = Annotated[list[Path], Argument(metavar="LEDGER", help="Files that --ledger wrote.")]


def summary(ledgers: Ledgers, json: Json = False) -> None:
    """Print counts, rate, and the most frequent failures."""
    found = summarise(merge(map(read_ledger, ledgers)))
    if json:
        print_json({"schema": SCHEMA, **asdict(found)})
        return
    counts = ", ".join(f"{count} {status}" for status, count in sorted(found.statuses.items()))
    typer.echo(f"{found.items} inputs: {counts or 'none'}; shards {', '.join(found.shards)}")
    typer.echo(f"{found.seconds:.1f} s of work, {found.seconds_per_item:.2f} s for each result")
    if found.mean_confidence is not None:
        typer.echo(f"mean confidence {found.mean_confidence:.3f}, {found.unsure_share:.1%} unsure")
    for sentence, count in found.errors:
        typer.echo(f"{count:>7}  {printable(sentence)}")


def merge_ledgers(ledgers: Ledgers, output: OutputFile, overwrite: Overwrite = False) -> None:
    """Join ledgers; the last line about an input counts."""
    check_new(output, overwrite=overwrite)
    lines = merge(map(read_ledger, ledgers))
    write_ledger(output, lines)
    typer.echo(f"{len(lines)} inputs -> {output}")


def failed(
    ledgers: Ledgers, unsure: Annotated[bool, Option(help="List what is unsure as well.")] = False
) -> None:
    """Print the failed inputs as JSON lines for --manifest."""
    wanted = {"failed", "unsure"} if unsure else {"failed"}
    lines = [line for line in merge(map(read_ledger, ledgers)) if line["status"] in wanted]
    for name in dict.fromkeys(tar_of(line["input"]) or line["input"] for line in lines):
        typer.echo(json_text.dumps({"photo": name}))


run = {"summary": summary, "merge": merge_ledgers, "failed": failed}

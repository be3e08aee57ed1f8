"""`mattekit prepare labels`."""

import json as json_text
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mattekit.batch.runner import SCHEMA
from mattekit.cli.options import ReportOptions
from mattekit.core.errors import BadOutput
from mattekit.preparation.labels import PUBLISHED_SEED, SplitBy, prepare_labels

SHOWN = 5


def labels(
    foregrounds: Annotated[
        Path, typer.Argument(metavar="FOREGROUNDS", help="Folder with original, trimap and mask.")
    ],
    backgrounds: Annotated[
        Path, typer.Argument(metavar="BACKGROUNDS", help="Folder, searched with its sub-folders.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.csv", help="The table to write.")
    ] = Path("dataset_labels.csv"),
    test_ratio: Annotated[
        float, typer.Option("--test-ratio", metavar="0.2", help="Share of the test split.")
    ] = 0.2,
    split_by: Annotated[
        SplitBy,
        typer.Option("--split-by", help="row is the published way: subjects are in both splits."),
    ] = "foreground",
    seed: Annotated[
        int, typer.Option("--seed", help="The same seed gives the same table.")
    ] = PUBLISHED_SEED,
    *,
    report: ReportOptions,
) -> None:
    """Write the table original,trimap,mask,background,split: one row per background."""
    if output.exists() and not report.overwrite:
        raise BadOutput(f"{output} exists; add --overwrite")
    written = prepare_labels(
        foregrounds,
        backgrounds,
        output,
        test_ratio=test_ratio,
        split_by=split_by,
        seed=seed,
    )
    if report.json:
        document = {"schema": SCHEMA, "file": str(output), **asdict(written)}
        typer.echo(json_text.dumps(document, indent=2))
    elif not report.quiet:
        typer.echo(f"{written.train} train and {written.test} test rows -> {output}")
    if written.incomplete and not report.quiet:
        shown = ", ".join(written.incomplete[:SHOWN])
        typer.echo(
            f"{len(written.incomplete)} pictures lack a plane and were left out: {shown}", err=True
        )

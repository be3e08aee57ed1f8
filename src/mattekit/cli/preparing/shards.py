"""`mattekit prepare shards`."""

import json as json_text
from dataclasses import asdict
from typing import Annotated

import typer

from mattekit.batch.runner import SCHEMA
from mattekit.cli.options import OutputFolder, Overrides, RecipeName, ReportOptions, Seed
from mattekit.cli.progress import progress
from mattekit.core.errors import BadArgument


def shards(
    recipe: RecipeName,
    output: OutputFolder,
    overrides: Overrides = None,
    window: Annotated[
        int | None,
        typer.Option("--window", metavar="PIXELS", help="Store squares of this side, not all."),
    ] = None,
    draws: Annotated[
        int, typer.Option("--draws", min=1, help="How often every sample is drawn.")
    ] = 1,
    seed: Seed = 0,
    *,
    report: ReportOptions,
) -> None:
    """Decode the training samples of a recipe once, into memory-mapped files."""
    from mattekit.preparation.shards import write_shards
    from mattekit.recipes.recipe import find, load_recipe

    data = load_recipe(find(recipe), overrides or []).data
    if window is not None and window < max(data.crop):
        raise BadArgument(
            f"a window of {window} pixels is smaller than the largest crop of the recipe; "
            f"give --window {max(data.crop)} or more"
        )
    source = data.train.open()
    with progress(
        draws * len(source), quiet=report.quiet or report.json, said="samples stored"
    ) as advance:
        written = write_shards(
            source,
            output,
            window=window,
            draws=draws,
            seed=seed,
            overwrite=report.overwrite,
            each=advance,
        )
    if report.json:
        document = {"schema": SCHEMA, "folder": str(output), **asdict(written)}
        typer.echo(json_text.dumps(document, indent=2))
    elif not report.quiet:
        typer.echo(
            f"{written.samples} samples take {written.bytes / 1e6:,.1f} MB on disk; "
            f"train with data.train='{{name: shards, folder: {output}}}'"
        )

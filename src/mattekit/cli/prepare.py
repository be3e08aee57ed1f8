"""Data sets: `unpack`, `labels`, `composite`, `fgbg`, `denoise`, `shards` and `check`."""

import json as json_text
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option

from mattekit.batch.runner import SCHEMA, Item, Outcome
from mattekit.cli.options import (
    BatchOptions,
    ManyProcesses,
    OutputFile,
    OutputFolder,
    Overrides,
    RecipeName,
    ReportOptions,
    Seed,
    to_bytes,
)
from mattekit.cli.preparing.check import check
from mattekit.cli.preparing.photographs import denoise, fgbg
from mattekit.cli.progress import progress
from mattekit.cli.report import run_batch
from mattekit.core.errors import BadArgument, BadOutput
from mattekit.data.composite_plan import Split, plan
from mattekit.data.source import handle_errors
from mattekit.preparation.archives import MAX_BYTES, MAX_FILES, unpack_archives
from mattekit.preparation.composites import PRESETS, compose, finish, picture_of
from mattekit.preparation.labels import PUBLISHED_SEED, SplitBy, prepare_labels
from mattekit.preparation.shards import write_shards

SHOWN = 5


def unpack(
    archives: Annotated[
        list[Path], Argument(metavar="ARCHIVE", help="zip, tar, tar.gz, tar.bz2, tar.xz.")
    ],
    output: OutputFolder,
    max_files: Annotated[int, Option(min=1, help="Refuse an archive of more files.")] = MAX_FILES,
    max_size: Annotated[
        int,
        Option(metavar="500GB", parser=to_bytes, help="Refuse an archive that unpacks to more."),
    ] = MAX_BYTES,
    *,
    report: ReportOptions,
) -> None:
    """Unpack untrusted archives safely; run it again to resume."""

    def work(path: Path) -> Outcome:
        unpacked = unpack_archives(
            path,
            output,
            max_files=max_files,
            max_bytes=max_size,
            overwrite=report.overwrite,
            progress=partial(progress, quiet=report.quiet or report.json, said="files unpacked"),
        )
        left_out = [repr(name) for name in unpacked.left_out]
        return Outcome(
            outputs=[output],
            warnings=[
                f"{len(left_out)} links and the like were left out, first {name}"
                for name in left_out[:1]
            ],
            extra={"written": unpacked.written, "already there": unpacked.kept},
        )

    items = [Item(path=path, work=partial(work, path)) for path in archives]
    run_batch(items, BatchOptions(json=report.json, quiet=report.quiet), own_terminal=True)


def labels(
    foregrounds: Annotated[
        Path, Argument(metavar="FOREGROUNDS", help="Folder with original, trimap and mask.")
    ],
    backgrounds: Annotated[
        Path, Argument(metavar="BACKGROUNDS", help="Folder, searched with its sub-folders.")
    ],
    output: OutputFile = Path("dataset_labels.csv"),
    test_ratio: Annotated[float, Option(metavar="0.2", help="Share of the test split.")] = 0.2,
    split_by: Annotated[
        SplitBy, Option(help="row is the published way: subjects are in both splits.")
    ] = "foreground",
    seed: Seed = PUBLISHED_SEED,
    *,
    report: ReportOptions,
) -> None:
    """Write the table original,trimap,mask,background,split: one row per background."""
    if output.exists() and not report.overwrite:
        raise BadOutput(f"{output} exists; add --overwrite")
    written = prepare_labels(
        foregrounds, backgrounds, output, test_ratio=test_ratio, split_by=split_by, seed=seed
    )
    told = f"{written.train} train and {written.test} test rows -> {output}"
    _tell({"file": str(output), **asdict(written)}, told, report)
    if written.incomplete and not report.quiet:
        shown = ", ".join(written.incomplete[:SHOWN])
        typer.echo(
            f"{len(written.incomplete)} pictures lack a plane and were left out: {shown}", err=True
        )


def composite(
    root: Annotated[
        Path, Argument(metavar="ROOT", help="Combined_Dataset, or a folder of fg and alpha.")
    ],
    backgrounds: Annotated[Path, Option(metavar="DIR", help="Pictures of COCO, VOC or any.")],
    output: OutputFolder,
    preset: Annotated[
        str, Option(metavar="|".join(PRESETS), help="The program to reproduce.")
    ] = "adobe",
    split: Annotated[Split, Option(help="Of a set that has both.")] = "train",
    per_foreground: Annotated[
        int | None, Option(min=1, help="Else 100 of train and 20 of test.")
    ] = None,
    seed: Annotated[int, Option(help="Of the backgrounds, where no list names them.")] = 0,
    planes: Annotated[
        bool, Option(help="Also fg, alpha, bg and trimap of every composite.")
    ] = False,
    *,
    batch: ManyProcesses,
) -> None:
    """Put every foreground on its backgrounds, as the published training and test sets are made."""
    if preset not in PRESETS:
        raise BadArgument(f"there is no preset '{preset}'; choose one of {', '.join(PRESETS)}")
    if planes and preset == "merged":
        raise BadArgument("the preset merged has its own folders; leave out --planes")
    subjects = plan(root, backgrounds, split=split, per_foreground=per_foreground, seed=seed)
    keep = batch.skip_existing
    items = [
        Item(
            path=subject.foreground,
            work=partial(compose, subject, output, preset, keep=keep, planes=planes),
            outputs=tuple(picture_of(one, output, preset) for one in subject.composites),
        )
        for subject in subjects
    ]
    try:
        run_batch(items, batch)
    finally:
        finish(subjects, output, preset)


def shards(
    recipe: RecipeName,
    output: OutputFolder,
    overrides: Overrides = None,
    window: Annotated[
        int | None, Option(metavar="PIXELS", help="Store squares of this side, not all.")
    ] = None,
    draws: Annotated[int, Option(min=1, help="How often every sample is drawn.")] = 1,
    seed: Seed = 0,
    *,
    report: ReportOptions,
) -> None:
    """Decode the training samples of a recipe once, into memory-mapped files."""
    from mattekit.recipes.recipe import find, load_recipe

    data = load_recipe(find(recipe), overrides or []).data
    if window is not None and window < max(data.crop):
        raise BadArgument(
            f"a window of {window} pixels is smaller than the largest crop of the recipe; "
            f"give --window {max(data.crop)} or more"
        )
    source = handle_errors(data.train.open(), data.on_error)
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
    told = (
        f"{written.samples} samples take {written.bytes / 1e6:,.1f} MB on disk; "
        f"train with data.train='{{name: shards, folder: {output}}}'"
    )
    _tell({"folder": str(output), **asdict(written)}, told, report)


def _tell(document: Mapping[str, Any], sentence: str, report: ReportOptions) -> None:
    if report.json:
        typer.echo(json_text.dumps({"schema": SCHEMA, **document}, indent=2))
    elif not report.quiet:
        typer.echo(sentence)


run = {
    "unpack": unpack,
    "labels": labels,
    "composite": composite,
    "fgbg": fgbg,
    "denoise": denoise,
    "shards": shards,
    "check": check,
}

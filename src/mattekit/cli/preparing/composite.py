"""`mattekit prepare composite`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mattekit.batch.runner import Item, Outcome
from mattekit.cli.options import ManyProcesses, OutputFolder
from mattekit.cli.report import run_batch
from mattekit.core.errors import BadArgument
from mattekit.data.composite_plan import Split, Subject, plan
from mattekit.preparation.composites import PRESETS, compose, finish, picture_of


def composite(
    root: Annotated[
        Path, typer.Argument(metavar="ROOT", help="Combined_Dataset, or a folder of fg and alpha.")
    ],
    backgrounds: Annotated[
        Path, typer.Option("--backgrounds", metavar="DIR", help="Pictures of COCO, VOC or any.")
    ],
    output: OutputFolder,
    preset: Annotated[
        str, typer.Option("--preset", metavar="|".join(PRESETS), help="The program to reproduce.")
    ] = "adobe",
    split: Annotated[Split, typer.Option("--split", help="Of a set that has both.")] = "train",
    per_foreground: Annotated[
        int | None,
        typer.Option("--per-foreground", min=1, help="Else 100 of train and 20 of test."),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", help="Of the backgrounds, where no list names them.")
    ] = 0,
    planes: Annotated[
        bool, typer.Option("--planes", help="Also fg, alpha, bg and trimap of every composite.")
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

    items = [
        Item(
            path=subject.foreground,
            work=partial(_work, subject, output, preset, keep=batch.skip_existing, planes=planes),
            outputs=tuple(picture_of(one, output, preset) for one in subject.composites),
        )
        for subject in subjects
    ]
    try:
        run_batch(items, batch)
    finally:
        finish(subjects, output, preset)


def _work(subject: Subject, folder: Path, preset: str, *, keep: bool, planes: bool) -> Outcome:
    return Outcome(outputs=compose(subject, folder, preset, keep=keep, planes=planes))

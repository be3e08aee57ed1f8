"""`mattekit prepare fgbg`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mattekit.classical.foreground import ForegroundMethod
from mattekit.cli.batch import Outcome, Reporting, Task, gather, pair, run_tasks
from mattekit.cli.options import (
    Bits,
    Json,
    OutputFolder,
    Overwrite,
    Processes,
    Quiet,
    SkipExisting,
)
from mattekit.preparation.colours import layer_files, write_layers


def fgbg(
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="Photographs.")],
    alphas: Annotated[Path, typer.Argument(metavar="ALPHAS", help="Their mattes, by stem.")],
    output_folder: OutputFolder,
    method: Annotated[
        ForegroundMethod,
        typer.Option(help="multilevel is fast, closed-form and levin exact, none the photo's."),
    ] = "multilevel",
    bits: Bits = 8,
    processes: Processes = 0,
    overwrite: Overwrite = False,
    skip_existing: SkipExisting = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Estimate the colours of subject and background: DIR/fg/NAME.png and DIR/bg/NAME.png."""
    photos = gather([str(images)])
    mattes = pair(photos, alphas)
    tasks = [
        Task(
            path=photo,
            work=partial(_work, photo, mattes[photo], output_folder, method, bits),
            planned=layer_files(output_folder, photo.stem),
        )
        for photo in photos
    ]
    options = Reporting(json=json, quiet=quiet, overwrite=overwrite, skip_existing=skip_existing)
    run_tasks(tasks, options, processes=processes, estimate_after=10)


def _work(photo: Path, alpha: Path, folder: Path, method: ForegroundMethod, bits: int) -> Outcome:
    remarks = write_layers(photo, alpha, folder, method=method, bits=bits)
    return Outcome(outputs=list(layer_files(folder, photo.stem)), warnings=remarks, model=method)

"""`mattekit prepare fgbg`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mattekit.batch.files import gather, pair
from mattekit.batch.runner import Item, Outcome
from mattekit.classical.foreground import ForegroundMethod
from mattekit.cli.options import Bits, ManyProcesses, OutputFolder
from mattekit.cli.report import run_batch
from mattekit.preparation.colours import layer_files, write_layers


def fgbg(
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="Photographs.")],
    alphas: Annotated[Path, typer.Argument(metavar="ALPHAS", help="Their mattes, by stem.")],
    output: OutputFolder,
    method: Annotated[
        ForegroundMethod,
        typer.Option(help="multilevel is fast, closed-form and levin exact, none the photo's."),
    ] = "multilevel",
    bits: Bits = 8,
    *,
    batch: ManyProcesses,
) -> None:
    """Estimate the colours of subject and background: DIR/fg/NAME.png and DIR/bg/NAME.png."""
    photos = gather([str(images)])
    mattes = pair(photos, alphas)
    items = [
        Item(
            path=photo,
            work=partial(_work, photo, mattes[photo], output, method, bits),
            inputs=(mattes[photo],),
            outputs=layer_files(output, photo.stem),
        )
        for photo in photos
    ]
    run_batch(items, batch)


def _work(photo: Path, alpha: Path, folder: Path, method: ForegroundMethod, bits: int) -> Outcome:
    remarks = write_layers(photo, alpha, folder, method=method, bits=bits)
    return Outcome(outputs=list(layer_files(folder, photo.stem)), warnings=remarks, model=method)

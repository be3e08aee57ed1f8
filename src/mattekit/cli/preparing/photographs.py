"""`mattekit prepare denoise` and `fgbg`: pictures made from photographs."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from mattekit.batch.files import gather, pair
from mattekit.batch.runner import Item
from mattekit.classical.foreground import ForegroundMethod
from mattekit.cli.options import Bits, ManyProcesses, OutputFolder, Pictures
from mattekit.cli.report import run_batch
from mattekit.core.errors import BadArgument
from mattekit.core.storage import Url
from mattekit.data.augmentation.rssn import Method, require
from mattekit.preparation.photographs import (
    Denoising,
    layer_files,
    made_in_this_way,
    write_denoised,
    write_layers,
)


def denoise(
    pictures: Pictures,
    output: OutputFolder,
    method: Annotated[
        Method, Option(help="bm3d needs its package: free for non-commercial use only.")
    ] = "nlm",
    sigma: Annotated[float, Option(metavar="10", help="Of the noise, in steps of 8 bits.")] = 10.0,
    bits: Bits = 8,
    *,
    batch: ManyProcesses,
) -> None:
    """Write denoised pictures; results with the same settings are kept."""
    if sigma <= 0:
        raise BadArgument(f"noise of sigma {sigma:g} cannot be removed; give more than 0")
    require(method)
    _check_on_disk(output)
    how = Denoising(method=method, sigma=sigma, bits=bits)
    made = made_in_this_way(output, how)

    def item(path: Path) -> Item:
        target = output / f"{path.stem}.png"
        work = partial(write_denoised, path, target, how, overwrite=batch.overwrite)
        return Item(path=path, work=work, outputs=(target,), current=target.name in made)

    if how.licence and not batch.quiet:
        typer.echo(f"mattekit: {how.licence}", err=True)
    items = sorted((item(path) for path in gather(pictures)), key=lambda item: not item.current)
    run_batch(items, replace(batch, overwrite=True))


def fgbg(
    images: Annotated[Path, Argument(metavar="IMAGES", help="Photographs.")],
    alphas: Annotated[Path, Argument(metavar="ALPHAS", help="Their mattes, by stem.")],
    output: OutputFolder,
    method: Annotated[
        ForegroundMethod,
        Option(help="multilevel is fast, closed-form and levin exact, none the photo's."),
    ] = "multilevel",
    bits: Bits = 8,
    *,
    batch: ManyProcesses,
) -> None:
    """Estimate the colours of subject and background: DIR/fg/NAME.png and DIR/bg/NAME.png."""
    _check_on_disk(output)
    photos = gather([str(images)])
    items = [
        Item(
            path=photo,
            work=partial(write_layers, photo, alpha, output, method=method, bits=bits),
            inputs=(alpha,),
            outputs=layer_files(output, photo.stem),
        )
        for photo, alpha in pair(photos, alphas).items()
    ]
    run_batch(items, batch)


def _check_on_disk(folder: Path) -> None:
    if isinstance(folder, Url):
        raise BadArgument(
            f"{folder} is in object storage, where several processes cannot add to the manifest of "
            "a prepared folder; write into a folder on a disk"
        )

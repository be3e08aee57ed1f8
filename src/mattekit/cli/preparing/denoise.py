"""`mattekit prepare denoise`."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mattekit.batch.files import gather
from mattekit.batch.runner import Item, Outcome
from mattekit.cli.options import Bits, ManyProcesses, OutputFolder, Pictures
from mattekit.cli.report import run_batch
from mattekit.core.errors import BadArgument
from mattekit.data.augmentation.rssn import Method, require
from mattekit.preparation.denoising import Denoising, made_in_this_way, write_denoised


def denoise(
    pictures: Pictures,
    output: OutputFolder,
    method: Annotated[
        Method, typer.Option(help="bm3d needs its package: free for non-commercial use only.")
    ] = "nlm",
    sigma: Annotated[
        float, typer.Option("--sigma", metavar="10", help="Of the noise, in steps of 8 bits.")
    ] = 10.0,
    bits: Bits = 8,
    *,
    batch: ManyProcesses,
) -> None:
    """Write denoised pictures; results with the same settings are kept."""
    if sigma <= 0:
        raise BadArgument(f"noise of sigma {sigma:g} cannot be removed; give more than 0")
    require(method)
    how = Denoising(method=method, sigma=sigma, bits=bits)
    made = made_in_this_way(output, how)

    def item(path: Path) -> Item:
        target = output / f"{path.stem}.png"
        return Item(
            path=path,
            work=partial(_work, path, target, how, batch.overwrite),
            outputs=(target,),
            current=target.name in made,
        )

    if how.licence and not batch.quiet:
        typer.echo(f"mattekit: {how.licence}", err=True)
    items = sorted((item(path) for path in gather(pictures)), key=lambda item: not item.current)
    run_batch(items, replace(batch, overwrite=True))


def _work(path: Path, target: Path, how: Denoising, overwrite: bool) -> Outcome:
    remarks = write_denoised(path, target, how, overwrite=overwrite)
    return Outcome(outputs=[target], warnings=remarks, model=how.method)

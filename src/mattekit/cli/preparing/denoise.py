"""`mattekit prepare denoise`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mattekit.cli.batch import Outcome, Reporting, Task, gather, run_tasks
from mattekit.cli.options import Bits, Json, OutputFolder, Overwrite, Pictures, Processes, Quiet
from mattekit.core.errors import BadArgument
from mattekit.data.augmentation.denoise import Method, require
from mattekit.preparation.denoising import Denoising, made_in_this_way, write_denoised


def denoise(
    pictures: Pictures,
    output_folder: OutputFolder,
    method: Annotated[
        Method, typer.Option(help="bm3d needs its package: free for non-commercial use only.")
    ] = "nlm",
    sigma: Annotated[
        float, typer.Option("--sigma", metavar="10", help="Of the noise, in steps of 8 bits.")
    ] = 10.0,
    bits: Bits = 8,
    processes: Processes = 0,
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write pictures without their noise. What was made in the same way is not made again."""
    if sigma <= 0:
        raise BadArgument(f"noise of sigma {sigma:g} cannot be removed; give more than 0")
    require(method)
    how = Denoising(method=method, sigma=sigma, bits=bits)
    made = made_in_this_way(output_folder, how)

    def task(path: Path) -> Task:
        target = output_folder / f"{path.stem}.png"
        return Task(
            path=path,
            work=partial(_work, path, target, how, overwrite),
            planned=(target,),
            current=target.name in made,
        )

    if how.licence and not quiet:
        typer.echo(f"mattekit: {how.licence}", err=True)
    tasks = sorted((task(path) for path in gather(pictures)), key=lambda task: not task.current)
    options = Reporting(json=json, quiet=quiet, overwrite=True)
    run_tasks(tasks, options, processes=processes, estimate_after=10)


def _work(path: Path, target: Path, how: Denoising, overwrite: bool) -> Outcome:
    remarks = write_denoised(path, target, how, overwrite=overwrite)
    return Outcome(outputs=[target], warnings=remarks, model=how.method)

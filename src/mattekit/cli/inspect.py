"""Score any cut-out: halo, holes, hard edges, premultiplied by mistake."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mattekit.batch.files import gather
from mattekit.batch.names import Names, check_output
from mattekit.batch.runner import Item, Outcome
from mattekit.cli.options import DEFAULT_MAX_PIXELS, BatchOptions, MaxPixels, Output
from mattekit.cli.report import run_batch
from mattekit.core.errors import BadImage
from mattekit.evaluation.inspection import inspect_cutout
from mattekit.evaluation.pictures import inspection_picture
from mattekit.imaging.files import open_picture, write_image


def run(
    cutouts: Annotated[
        list[str], typer.Argument(metavar="CUTOUT...", help="RGBA files, folders or quoted globs.")
    ],
    output: Output = Path("inspections"),
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    *,
    batch: BatchOptions,
) -> None:
    """Score cut-outs of any tool, and write a picture of their faults.

    The picture shows the cut-out on black, on white, and its faults in colour.
    """
    paths = gather(cutouts)
    check_output(output, several=len(paths) > 1)
    names = Names(output=output, suffixes={"inspect": ".jpg"})
    items = [
        Item(path=path, work=partial(_inspect, path, place, max_pixels), outputs=(place,))
        for path in paths
        for place in names.of(path.stem).values()
    ]
    run_batch(items, batch, show_extra=True)


def _inspect(path: Path, place: Path, max_pixels: int) -> Outcome:
    picture = open_picture(path, max_pixels=max_pixels)
    if picture.alpha is None:
        raise BadImage(f"{path} has no alpha channel; give an RGBA cut-out")
    colours, alpha = picture.image(), picture.alpha_window()
    inspection = inspect_cutout(colours, alpha)
    write_image(place, inspection_picture(colours, alpha, inspection))
    warnings = [*picture.warnings, *inspection.findings]
    return Outcome(outputs=[place], warnings=warnings, extra=inspection.scores)

"""Score any cut-out: halo, holes, hard edges, premultiplied by mistake."""

from pathlib import Path
from typing import Annotated

import typer

from mattekit.cli.batch import Outcome, Reporting, gather, run_batch
from mattekit.cli.options import (
    DEFAULT_MAX_PIXELS,
    Json,
    MaxPixels,
    OutputFolder,
    Overwrite,
    Quiet,
    SkipExisting,
)


def run(
    cutouts: Annotated[
        list[str], typer.Argument(metavar="CUTOUT...", help="RGBA files, folders or quoted globs.")
    ],
    output_folder: OutputFolder = Path("inspections"),
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    overwrite: Overwrite = False,
    skip_existing: SkipExisting = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Score cut-outs of any tool, and write a picture of what was found.

    NAME-inspect.jpg shows the cut-out on black, on white, and its faults in colour.
    """

    def inspect(path: Path) -> Outcome:
        outcome = _inspect(path, _picture(path), max_pixels)
        if not json and not quiet:
            scores = ", ".join(f"{name} {value}" for name, value in outcome.extra.items())
            typer.echo(f"{path}: {scores}")
        return outcome

    def _picture(path: Path) -> Path:
        return output_folder / f"{path.stem}-inspect.jpg"

    options = Reporting(json=json, quiet=quiet, overwrite=overwrite, skip_existing=skip_existing)
    run_batch(gather(cutouts), inspect, options, outputs=lambda path: [_picture(path)])


def _inspect(path: Path, place: Path, max_pixels: int) -> Outcome:
    from mattekit.core.errors import BadImage
    from mattekit.evaluation.inspection import inspect_cutout
    from mattekit.evaluation.inspection_picture import inspection_picture
    from mattekit.imaging.files import open_picture, write_image

    picture = open_picture(path, max_pixels=max_pixels)
    if picture.alpha is None:
        raise BadImage(f"{path} has no alpha channel; give a cut-out, such as mattekit writes")
    colours, alpha = picture.image(), picture.alpha_window()
    inspection = inspect_cutout(colours, alpha)
    write_image(place, inspection_picture(colours, alpha, inspection))
    warnings = [*picture.warnings, *inspection.findings]
    return Outcome(outputs=[place], warnings=warnings, extra=inspection.scores)

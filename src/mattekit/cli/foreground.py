"""Estimate clean colours of the subject for any alpha."""

from pathlib import Path
from typing import Annotated

import typer

from mattekit.classical.foreground import ForegroundMethod
from mattekit.cli.batch import Outcome, Reporting, gather, pair, placed, run_batch
from mattekit.cli.options import (
    DEFAULT_MAX_PIXELS,
    Bits,
    Json,
    MaxPixels,
    Output,
    Overwrite,
    Quiet,
    SkipExisting,
)
from mattekit.cutouts.cutout import own_colours
from mattekit.imaging.files import open_picture, read_alpha, write_image


def run(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="A picture, or a folder.")],
    alpha: Annotated[Path, typer.Argument(metavar="ALPHA", help="Its alpha, or a folder.")],
    output: Output,
    method: Annotated[
        ForegroundMethod, typer.Option(help="multilevel is fast, closed-form and levin exact.")
    ] = "multilevel",
    rgba: Annotated[bool, typer.Option("--rgba", help="Store the alpha in the file too.")] = False,
    bits: Bits = 8,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    overwrite: Overwrite = False,
    skip_existing: SkipExisting = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the subject's own colours, without the background that soft pixels are mixed with."""

    photos = gather([str(photo)])
    alphas, places = pair(photos, alpha), placed(output, photos)

    def work(path: Path) -> Outcome:
        picture = open_picture(path, max_pixels=max_pixels)
        opacity = read_alpha(alphas[path], max_pixels=max_pixels)
        write_image(
            places[path],
            own_colours(picture, opacity, method),
            alpha=opacity if rgba else None,
            bits=bits,
            linear=picture.linear is not None,
        )
        return Outcome(outputs=[places[path]], warnings=list(picture.warnings), model=method)

    run_batch(
        photos,
        work,
        Reporting(json=json, quiet=quiet, overwrite=overwrite, skip_existing=skip_existing),
        outputs=lambda path: [places[path]],
    )

"""Put a foreground on a background."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from mattekit.cli.backdrop import Fit, read_backdrop
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
from mattekit.core.errors import BadImage
from mattekit.core.types import Alpha, Size
from mattekit.imaging.compose import over, over_linear
from mattekit.imaging.files import open_picture, read_alpha, write_image


def run(
    foreground: Annotated[Path, typer.Argument(metavar="FOREGROUND", help="Colours, or a folder.")],
    alpha: Annotated[Path, typer.Argument(metavar="ALPHA", help="Alpha or RGBA, or a folder.")],
    background: Annotated[
        str, typer.Argument(metavar="BACKGROUND", help="A picture, or a colour such as white.")
    ],
    output: Output,
    linear: Annotated[bool, typer.Option("--linear", help="Mix in linear light.")] = False,
    fit: Annotated[Fit, typer.Option(help="How a background of another size is fitted.")] = "cover",
    bits: Bits = 8,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    overwrite: Overwrite = False,
    skip_existing: SkipExisting = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put FOREGROUND with ALPHA on BACKGROUND."""
    backdrop = read_backdrop(background, fit)

    foregrounds = gather([str(foreground)])
    alphas, places = pair(foregrounds, alpha), placed(output, foregrounds)

    def work(path: Path) -> Outcome:
        picture = open_picture(path, max_pixels=max_pixels)
        opacity = read_alpha(alphas[path], max_pixels=max_pixels)
        _require_same(picture.size, opacity)
        behind = np.broadcast_to(backdrop.at(picture.size), picture.colours.shape)
        mix = over_linear if linear else over
        write_image(places[path], mix(picture.image(), opacity[..., None], behind), bits=bits)
        return Outcome(outputs=[places[path]], warnings=list(picture.warnings))

    run_batch(
        foregrounds,
        work,
        Reporting(json=json, quiet=quiet, overwrite=overwrite, skip_existing=skip_existing),
        outputs=lambda path: [places[path]],
    )


def _require_same(size: Size, alpha: Alpha) -> None:
    if alpha.shape != size:
        raise BadImage(
            f"the foreground is {size[1]}x{size[0]} and the alpha {alpha.shape[1]}x"
            f"{alpha.shape[0]}; they must have the same size"
        )

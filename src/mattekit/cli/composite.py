"""Put a foreground on a background."""

from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from mattekit.batch.runner import Outcome
from mattekit.cli.options import DEFAULT_MAX_PIXELS, BatchOptions, Bits, MaxPixels, Output
from mattekit.cli.pairs import run_pairs
from mattekit.core.errors import BadImage
from mattekit.cutouts.save import Backdrop, Fit, read_backdrop
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
    *,
    batch: BatchOptions,
) -> None:
    """Put FOREGROUND with ALPHA on BACKGROUND."""
    backdrop = read_backdrop(background, fit)
    compose = partial(_compose, backdrop=backdrop, linear=linear, bits=bits, max_pixels=max_pixels)
    run_pairs(
        foreground, alpha, output, batch, part="composite", work=compose, inputs=backdrop.files
    )


def _compose(
    path: Path,
    alpha: Path,
    place: Path,
    *,
    backdrop: Backdrop,
    linear: bool,
    bits: int,
    max_pixels: int,
) -> Outcome:
    picture = open_picture(path, max_pixels=max_pixels)
    opacity = read_alpha(alpha, max_pixels=max_pixels)
    if opacity.shape != picture.size:
        height, width = picture.size
        raise BadImage(
            f"the foreground is {width}x{height} and the alpha {opacity.shape[1]}x"
            f"{opacity.shape[0]}; they must have the same size"
        )
    behind = np.broadcast_to(backdrop.at(picture.size), picture.colours.shape)
    mix = over_linear if linear else over
    write_image(place, mix(picture.image(), opacity[..., None], behind), bits=bits)
    return Outcome(outputs=[place], warnings=picture.warnings)

"""Estimate clean colours of the subject for any alpha."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mattekit.batch.runner import Outcome
from mattekit.classical.foreground import ForegroundMethod
from mattekit.cli.options import DEFAULT_MAX_PIXELS, BatchOptions, Bits, MaxPixels, Output
from mattekit.cli.pairs import run_pairs
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
    *,
    batch: BatchOptions,
) -> None:
    """Write the subject's own colours, without the background mixed into soft pixels."""
    estimate = partial(_estimate, method=method, rgba=rgba, bits=bits, max_pixels=max_pixels)
    run_pairs(photo, alpha, output, batch, part="foreground", work=estimate)


def _estimate(
    photo: Path,
    alpha: Path,
    place: Path,
    *,
    method: ForegroundMethod,
    rgba: bool,
    bits: int,
    max_pixels: int,
) -> Outcome:
    picture = open_picture(photo, max_pixels=max_pixels)
    opacity = read_alpha(alpha, max_pixels=max_pixels)
    write_image(
        place,
        own_colours(picture, opacity, method),
        alpha=opacity if rgba else None,
        bits=bits,
        linear=picture.linear is not None,
    )
    return Outcome(outputs=[place], warnings=picture.warnings, model=method)

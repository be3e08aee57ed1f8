"""Make trimaps from alphas or masks."""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer

from mattekit.cli.batch import Outcome, Reporting, gather, run_batch
from mattekit.cli.options import (
    DEFAULT_MAX_PIXELS,
    Json,
    MaxPixels,
    OutputFolder,
    Overwrite,
    Pictures,
    Quiet,
    Seed,
    SkipExisting,
)
from mattekit.core.types import Alpha, Trimap
from mattekit.imaging.files import read_alpha, write_trimap
from mattekit.imaging.trimap import legacy, make_trimap, random_band

Style = Literal["band", "legacy"]


def run(
    mattes: Pictures,
    output_folder: OutputFolder,
    inner: Annotated[float, typer.Option(help="Pixels unknown inside the edge.")] = 10,
    outer: Annotated[float, typer.Option(help="Pixels unknown outside the edge.")] = 10,
    random: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="MIN MAX", help="Draw both widths at random from this range."),
    ] = None,
    style: Annotated[
        Style, typer.Option(help="legacy: the published generator with even kernels.")
    ] = "band",
    seed: Seed = 0,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    overwrite: Overwrite = False,
    skip_existing: SkipExisting = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a trimap of every alpha or mask: a band around the edge is unknown."""
    paths = gather(mattes)
    if style == "legacy" and random is not None:
        raise typer.BadParameter("--random goes with --style band; legacy draws its own widths")

    def work(path: Path) -> Outcome:
        alpha = read_alpha(path, max_pixels=max_pixels)
        # a picture's widths depend on the seed and its name, not on its place in the batch
        rng = np.random.default_rng([seed, *path.stem.encode()])
        if style == "legacy":
            trimap = legacy(alpha, rng)
        elif random is not None:
            trimap = random_band(alpha, rng, minimum=random[0], maximum=random[1])
        else:
            trimap = make_trimap(alpha, inner, outer)
        place = _place(path, output_folder)
        write_trimap(place, trimap)
        return Outcome(outputs=[place], warnings=_remarks(alpha, trimap))

    run_batch(
        paths,
        work,
        Reporting(json=json, quiet=quiet, overwrite=overwrite, skip_existing=skip_existing),
        outputs=lambda path: [_place(path, output_folder)],
    )


def _place(path: Path, folder: Path) -> Path:
    return folder / f"{path.stem}.png"


def _remarks(alpha: Alpha, trimap: Trimap) -> list[str]:
    if alpha.min() == alpha.max():
        return [f"the matte is {alpha.flat[0]:g} everywhere, so the trimap has one value"]
    return []

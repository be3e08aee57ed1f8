"""Make trimaps from alphas or masks."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer

from mattekit.batch.files import gather
from mattekit.batch.names import Names, check_output
from mattekit.batch.runner import Item, Outcome
from mattekit.cli.options import (
    DEFAULT_MAX_PIXELS,
    BatchOptions,
    MaxPixels,
    Output,
    Pictures,
    Seed,
)
from mattekit.cli.report import run_batch
from mattekit.core.types import Alpha, Trimap
from mattekit.imaging.files import read_alpha, write_trimap
from mattekit.imaging.trimap import legacy, make_trimap, random_band

Style = Literal["band", "legacy"]


def run(
    mattes: Pictures,
    output: Output,
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
    *,
    batch: BatchOptions,
) -> None:
    """Make a trimap of every alpha or mask: a band around the edge is unknown."""
    if style == "legacy" and random is not None:
        raise typer.BadParameter("--random goes with --style band; legacy draws its own widths")
    if not (inner >= 0 and outer >= 0):
        raise typer.BadParameter(f"a band of {inner:g} and {outer:g} pixels; give 0 or more")
    paths = gather(mattes)
    check_output(output, several=len(paths) > 1)
    names = Names(output=output, suffixes={"trimap": ".png"})
    make = partial(_make, style=style, widths=(inner, outer), random=random, seed=seed)
    items = [
        Item(
            path=path,
            work=partial(_write, path, place, make, max_pixels),
            outputs=(place,),
        )
        for path in paths
        for place in names.of(path.stem).values()
    ]
    run_batch(items, batch)


def _write(
    path: Path, place: Path, make: Callable[[Alpha, str], Trimap], max_pixels: int
) -> Outcome:
    alpha = read_alpha(path, max_pixels=max_pixels)
    write_trimap(place, make(alpha, path.stem))
    same = [f"the matte is {alpha.flat[0]:g} everywhere, so the trimap has one value"]
    return Outcome(outputs=[place], warnings=same if alpha.min() == alpha.max() else [])


def _make(
    alpha: Alpha,
    stem: str,
    *,
    style: Style,
    widths: tuple[float, float],
    random: tuple[int, int] | None,
    seed: int,
) -> Trimap:
    # the widths depend on the seed and the name of a picture, not on its position in the batch
    rng = np.random.default_rng([seed, *stem.encode()])
    if style == "legacy":
        return legacy(alpha, rng)
    if random is not None:
        return random_band(alpha, rng, minimum=random[0], maximum=random[1])
    return make_trimap(alpha, *widths)

"""Pictures to try things on: `synth` draws scenes with exact planes, `example` writes a photo."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from mattekit.batch.runner import Item, Outcome
from mattekit.cli.options import (
    BatchOptions,
    Bits,
    OutputFolder,
    Overwrite,
    PictureSize,
    Seed,
    to_size,
)
from mattekit.cli.report import run_batch
from mattekit.core.errors import BadArgument
from mattekit.core.storage import Url, check_reachable
from mattekit.core.types import Size
from mattekit.cutouts.example import write_example

LAYOUT_HELP = (
    "How the files are arranged: plain (a folder per plane), rgba, or a miniature of adobe, "
    "composition1k, merged, comp, aim500, am2k, backgrounds, samplenet, samplenet-train, "
    "alphamatting."
)


def example(
    folder: Annotated[Path, Argument(metavar="DIR", help="Where to.")] = Path(),
    overwrite: Overwrite = False,
) -> None:
    """Write a photo with its trimap, mask, strokes and box, to try the other commands on."""
    for path in write_example(folder, overwrite=overwrite):
        typer.echo(str(path))
    typer.echo(f"now try: mattekit cutout {folder / 'photo.jpg'} --trimap {folder / 'trimap.png'}")


def synth(
    layout: Annotated[str, Argument(metavar="LAYOUT", help=LAYOUT_HELP)],
    output: OutputFolder,
    count: Annotated[int, Option(metavar="N", min=1, help="Number of scenes.")] = 24,
    size: PictureSize = "512x512",
    seed: Seed = 0,
    kind: Annotated[
        str | None,
        Option(metavar="KIND", help="Draw this kind only, such as hair; default: a mix."),
    ] = None,
    screen: Annotated[
        bool, Option(help="In front of green and blue screens, lit and filmed.")
    ] = False,
    bits: Bits = 8,
    *,
    batch: BatchOptions,
) -> None:
    """Draw scenes SEED, SEED + 1, ... and write the files of the layout for each.

    Lists of the layout name the scenes of this call.
    """
    from mattekit.synthetic.kinds import KINDS
    from mattekit.synthetic.layouts import LAYOUTS

    if layout not in LAYOUTS:
        raise BadArgument(f"there is no layout '{layout}'; choose one of {', '.join(LAYOUTS)}")
    if kind is not None and kind not in KINDS:
        raise BadArgument(f"there is no kind '{kind}'; choose one of {', '.join(KINDS)}")
    if seed < 0:
        raise BadArgument(f"the seed {seed} is negative; give 0 or more")
    if isinstance(output, Url):
        check_reachable(output)
    chosen, numbers = LAYOUTS[layout], range(seed, seed + count)
    items = [
        Item(
            path=Path(f"scene-{number:06d}"),
            work=partial(_draw, layout, output, number, to_size(size), kind, screen, bits),
            outputs=tuple(chosen.paths(output, number)),
        )
        for number in numbers
    ]
    run_batch(items, batch)
    chosen.finish(output, list(numbers))


def _draw(
    layout: str, folder: Path, number: int, size: Size, kind: str | None, screen: bool, bits: int
) -> Outcome:
    from mattekit.synthetic.layouts import LAYOUTS
    from mattekit.synthetic.scene import scene
    from mattekit.synthetic.screens import screen_scene

    sample = (screen_scene if screen else scene)(number, size, kind=kind)
    LAYOUTS[layout].write(folder, number, sample, bits=bits)
    outputs = LAYOUTS[layout].paths(folder, number)
    return Outcome(outputs=outputs, extra={"scene": sample.name})

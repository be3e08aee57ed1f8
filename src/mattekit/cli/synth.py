"""Draw procedural pictures with exact planes, in the folder layout of a data set."""

from pathlib import Path
from typing import Annotated

import typer

from mattekit.cli.batch import Outcome, Reporting, run_batch
from mattekit.cli.options import (
    Bits,
    Json,
    OutputFolder,
    Overwrite,
    PictureSize,
    Quiet,
    Seed,
    SkipExisting,
    to_size,
)
from mattekit.core.errors import BadArgument

LAYOUT_HELP = (
    "How the files are arranged: plain (a folder a plane), rgba, or a miniature of adobe, "
    "composition1k, merged, comp, aim500, am2k, backgrounds, samplenet, samplenet-train, "
    "alphamatting."
)


def run(
    layout: Annotated[str, typer.Argument(metavar="LAYOUT", help=LAYOUT_HELP)],
    output_folder: OutputFolder,
    count: Annotated[int, typer.Option("--count", min=1, help="Number of scenes.")] = 24,
    size: PictureSize = "512x512",
    seed: Seed = 0,
    kind: Annotated[
        str | None, typer.Option("--kind", help="Draw this kind only, such as hair; else a mix.")
    ] = None,
    bits: Bits = 8,
    overwrite: Overwrite = False,
    skip_existing: SkipExisting = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw scenes SEED, SEED + 1, ... and write what the layout has of each.

    Lists of the layout name the scenes of this call.
    """
    from mattekit.synthetic.kinds import KINDS
    from mattekit.synthetic.layouts import LAYOUTS
    from mattekit.synthetic.scene import scene

    if layout not in LAYOUTS:
        raise BadArgument(f"there is no layout '{layout}'; choose one of {', '.join(LAYOUTS)}")
    if kind is not None and kind not in KINDS:
        raise BadArgument(f"there is no kind '{kind}'; choose one of {', '.join(KINDS)}")
    if seed < 0:
        raise BadArgument(f"the seed {seed} is negative; give 0 or more")
    chosen, height_width = LAYOUTS[layout], to_size(size)
    numbers = {Path(f"scene-{number:06d}"): number for number in range(seed, seed + count)}

    def draw(name: Path) -> Outcome:
        sample = scene(numbers[name], height_width, kind=kind)
        chosen.write(output_folder, numbers[name], sample, bits=bits)
        return Outcome(outputs=planned(name), extra={"scene": sample.name})

    def planned(name: Path) -> list[Path]:
        return chosen.paths(output_folder, numbers[name])

    options = Reporting(json=json, quiet=quiet, overwrite=overwrite, skip_existing=skip_existing)
    run_batch(list(numbers), draw, options, outputs=planned)
    chosen.finish(output_folder, list(numbers.values()))

"""Draw procedural pictures with exact planes, in the folder layout of a data set."""

import re
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

NUMBER = re.compile(r"\d+$")


def run(
    layout: Annotated[str, typer.Argument(metavar="LAYOUT", help="How the files are arranged.")],
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
    """Draw scenes SEED, SEED + 1, ... and write all planes of each: every pixel is known."""
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
    names = [f"scene-{seed + index:06d}" for index in range(count)]

    def draw(name: Path) -> Outcome:
        number = NUMBER.search(name.name)
        assert number is not None
        sample = scene(int(number[0]), height_width, kind=kind)
        chosen.write(output_folder, name.name, sample, bits=bits)
        return Outcome(outputs=chosen.files(output_folder, name.name), extra={"scene": sample.name})

    def planned(name: Path) -> list[Path]:
        return chosen.files(output_folder, name.name)

    options = Reporting(json=json, quiet=quiet, overwrite=overwrite, skip_existing=skip_existing)
    run_batch([Path(name) for name in names], draw, options, outputs=planned)
    chosen.finish(output_folder, names)

"""Write a photo with its trimap, mask, strokes and box, to try the other commands on."""

from pathlib import Path
from typing import Annotated

import typer

from mattekit.cli.options import Overwrite
from mattekit.cutouts.example import write_example


def run(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to.")] = Path(),
    overwrite: Overwrite = False,
) -> None:
    """Write the bundled photo with every kind of hint."""
    for path in write_example(folder, overwrite=overwrite):
        typer.echo(str(path))
    typer.echo(f"now try: mattekit cutout {folder / 'photo.jpg'} --trimap {folder / 'trimap.png'}")

"""`pair`: the exact alpha from two pictures of one subject, on white and on black for instance."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from mattekit.batch.names import check_output, result_paths
from mattekit.batch.runner import Item, Outcome
from mattekit.cli.options import BatchOptions, Output
from mattekit.cli.photo_options import PhotoOptions, SavedOptions, WriteOptions
from mattekit.cli.report import run_batch
from mattekit.core.errors import BadArgument
from mattekit.core.types import Plane
from mattekit.imaging.compose import named_colour
from mattekit.keying.pair import Light, pair_pictures


def run(
    first: Annotated[Path, Argument(metavar="ON_WHITE", help="On white, or any colour.")],
    second: Annotated[Path, Argument(metavar="ON_BLACK", help="On black, or another colour.")],
    output: Output = Path("cutouts"),
    colours: Annotated[
        str | None,
        Option(metavar="COLOUR,COLOUR", help="The two backgrounds; default: those of the borders."),
    ] = None,
    light: Annotated[
        Light, Option(help="How colours were mixed; auto: where the pictures agree best.")
    ] = "auto",
    *,
    saved: SavedOptions,
    read: PhotoOptions,
    write: WriteOptions,
    batch: BatchOptions,
) -> None:
    """Take alpha and colours from two pictures that differ in their background alone.

    The result is called like the first picture.
    """
    known = None if colours is None else _two(colours)
    check_output(output, several=False)
    saving = saved.chosen(output, write)
    places = result_paths(output, first.stem, saving.suffixes(first))

    def work() -> Outcome:
        picture = read.photo(first)
        cut = pair_pictures(picture, read.photo(second), colours=known, light=light)
        saving.write(places, cut, picture)
        return Outcome(outputs=[*places.values()], warnings=cut.warnings, model=cut.model)

    run_batch([Item(path=first, work=work, inputs=(second,), outputs=(*places.values(),))], batch)


def _two(text: str) -> tuple[Plane, Plane]:
    words = text.split(",")
    if len(words) != 2:
        raise BadArgument(f"'{text}' is not two colours; write them like white,black")
    return named_colour(words[0].strip()), named_colour(words[1].strip())

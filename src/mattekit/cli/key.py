"""Cut out the subject before a green, blue or other screen, or before a known empty background."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from mattekit.batch.files import Partners, partners_in
from mattekit.batch.runner import Outcome
from mattekit.cli.options import BatchOptions, Output
from mattekit.cli.output import printable
from mattekit.cli.photo_options import (
    FinishOptions,
    PhotoOptions,
    SavedOptions,
    WriteOptions,
)
from mattekit.cli.progress import Stages
from mattekit.cli.report import run_batch
from mattekit.cli.sequences import (
    Before,
    InSequence,
    check_sequence,
    find_frames,
    items_of,
    over_videos,
    steady,
)
from mattekit.core.errors import BadArgument
from mattekit.cutouts.cutout import seen_colours
from mattekit.cutouts.finishing import FinishingOptions, check_result
from mattekit.cutouts.finishing import finish as finished
from mattekit.cutouts.photos import GivenHints, Photo, PhotoWork, find_photos
from mattekit.cutouts.save import SaveOptions
from mattekit.imaging.files import open_picture
from mattekit.inference.predictor import Predictor
from mattekit.keying.key import KeyOptions, key_picture, read_masks

DEFAULT = KeyOptions()
MASKS = ("garbage", "holdout")


@over_videos
def run(
    photos: Annotated[list[str], Argument(metavar="PHOTO", help="Files, folders or quoted globs.")],
    output: Output = Path("cutouts"),
    plate: Annotated[
        Path | None,
        Option(metavar="FILE|DIR", help="The same without the subject, in place of a screen."),
    ] = None,
    screen_colour: Annotated[
        str | None,
        Option(metavar="COLOUR", help="Near the screen's; default: what rules the border."),
    ] = None,
    garbage: Annotated[
        Path | None, Option(metavar="FILE|DIR", help="White where there is never subject.")
    ] = None,
    holdout: Annotated[
        Path | None,
        Option(metavar="FILE|DIR", help="White where it is subject, whatever its colour."),
    ] = None,
    softness: Annotated[
        float, Option(metavar="X", help="Above 1 finer hair is found, and more noise.")
    ] = DEFAULT.softness,
    despill: Annotated[
        float, Option(metavar="X", help="Share of the screen's light taken off the subject.")
    ] = DEFAULT.despill,
    despeckle: Annotated[
        int, Option(metavar="N", help="Pixels up to which a lone piece or hole is noise.")
    ] = DEFAULT.despeckle,
    model: Annotated[
        str | None,
        Option(metavar="NAME|FILE", help="A network of the recipe key that corrects alphas."),
    ] = None,
    sequence: InSequence = False,
    *,
    saved: SavedOptions,
    finish: FinishOptions,
    read: PhotoOptions,
    write: WriteOptions,
    batch: BatchOptions,
) -> None:
    """Cut out the subject before a screen, or with --plate before any background.

    The screen may be of any vivid colour and lit unevenly. Colours are mixed and taken apart in
    linear light; EXR keeps values above 1. A video, MP4, MOV or WebM, is a sequence of photos; -o
    names another one.
    """
    options = KeyOptions(
        screen_colour=screen_colour, softness=softness, despill=despill, despeckle=despeckle
    )
    finishing = finish.chosen()
    found = (find_frames if sequence else find_photos)(photos, output, GivenHints())
    saving = saved.chosen(output, write)
    if sequence:
        check_sequence(batch, saving.parts, finishing)
    given = {"plate": plate, "garbage": garbage, "holdout": holdout}
    others = {
        name: partners_in(place, several=False)  # a single file serves all photos
        for name, place in given.items()
        if place is not None
    }
    build = None if model is None else partial(_corrector, model)
    if build is not None:
        build()  # so that a model that does not suit is refused before any work
    stages = Stages() if batch.here else None
    work = PhotoWork(
        work=partial(
            _key, others=others, build=build, options=options, read=read, saving=saving,
            finishing=finishing, progress=stages,
        ),
        suffixes=saving.suffixes,
        partners=tuple(others.values()),
        files=saving.backdrop.files if saving.backdrop else (),
    )  # fmt: skip
    run_batch(items_of(work, found, sequence=sequence), batch, stages=stages)


def _corrector(model: str) -> Predictor:
    """A network that corrects estimates."""
    from mattekit.inference.load import load

    network = load(model)
    if network.network.extra_planes != ("prior",):
        raise BadArgument(
            f"{network.name} corrects no estimates, so it does not know of a plate; train one with "
            "the recipe key"
        )
    return network


def _key(
    photo: Photo,
    places: Mapping[str, Path],
    *,
    before: Before | None,
    others: Mapping[str, Partners],
    build: Callable[[], Predictor] | None,
    options: KeyOptions,
    read: PhotoOptions,
    saving: SaveOptions,
    finishing: FinishingOptions,
    progress: Stages | None,
) -> Outcome:
    if progress is not None:
        progress.item = printable(photo.path.name)
    picture = read.photo(photo.path)
    check_result(finishing, picture.size, max_pixels=read.max_pixels)
    files = {name: partners.of(photo.path) for name, partners in others.items()}
    plate = open_picture(files["plate"], max_pixels=read.max_pixels) if "plate" in files else None
    masks = read_masks(picture, *map(files.get, MASKS), max_pixels=read.max_pixels)
    network = None if build is None else build()
    cut = key_picture(
        picture, plate, options=options, masks=masks, network=network, progress=progress
    )
    if finishing.changes:
        cut = finished(cut, seen_colours(picture), finishing, max_pixels=read.max_pixels)
    earlier = None if before is None else before.carried(picture, read)
    alpha, extra = steady(cut.alpha, earlier)
    cut = replace(cut, matte=replace(cut.matte, alpha=alpha))
    saving.write(places, cut, picture)
    outputs = [*places.values()]
    return Outcome(outputs=outputs, warnings=cut.warnings, model=cut.model, extra=extra)

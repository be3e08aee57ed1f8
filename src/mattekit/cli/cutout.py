"""Cut the subject out of photos: alpha, clean colours, RGBA, a new background."""

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from mattekit.batch.names import Names, is_file
from mattekit.batch.runner import Item, Outcome
from mattekit.cli.failures import FAILED
from mattekit.cli.options import BatchOptions, Device, Manifest, MaxMemory
from mattekit.cli.photos import (
    STDIN,
    HintOptions,
    MinConfidence,
    Photo,
    Photos,
    ReadOptions,
    StrategyOptions,
    WriteOptions,
    find_photos,
    to_existing,
    with_confidence,
)
from mattekit.cli.progress import Stages
from mattekit.cli.report import run_batch
from mattekit.core.errors import BadArgument, NoSubject
from mattekit.cutouts.backdrop import Fit, read_backdrop
from mattekit.cutouts.cutout import Cutout, cut_picture
from mattekit.cutouts.preview import box_preview
from mattekit.cutouts.save import PARTS, SaveOptions, chosen_format, chosen_parts
from mattekit.imaging.files import Picture, encode_image, write_image
from mattekit.inference.matting import MODELS, Matting, build_matting, check_states_error
from mattekit.models.files import DEFAULT_MODEL
from mattekit.subject.hints import HintConfig, hint_of

Build = Callable[[], Matting]
"""The method; its network is opened once a process."""


def run(
    photos: Photos = None,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FILE|DIR", help="A folder, or the file of a single result."
        ),
    ] = Path("cutouts"),
    manifest: Manifest = None,
    *,
    hints: HintOptions,
    paint: Annotated[
        bool, typer.Option("--paint", help="Paint the subject of one photo in the browser.")
    ] = False,
    save: Annotated[
        str | None,
        typer.Option(metavar="LIST", help=f"Any of {','.join(PARTS)}, with commas; default rgba."),
    ] = None,
    background: Annotated[
        str | None,
        typer.Option(metavar="COLOUR|IMAGE", help="Also put the subject on this background."),
    ] = None,
    fit: Annotated[Fit, typer.Option(help="How a background of another size is fitted.")] = "cover",
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE", help=f"{', '.join(MODELS)}, or a network; default {DEFAULT_MODEL}."
        ),
    ] = None,
    quality: Annotated[
        Literal["full", "fast"],
        typer.Option(help="fast: closed-form at a quarter of the size, for previews."),
    ] = "full",
    strategy: StrategyOptions,
    device: Device = "auto",
    max_memory: MaxMemory = 4 * 2**30,
    min_confidence: MinConfidence = None,
    read: ReadOptions,
    write: WriteOptions,
    batch: BatchOptions,
) -> None:
    """Cut the subject out of photos.

    What is known of the subject comes from --trimap, --mask, --box, --points or --scribbles;
    without any, the subject is proposed, or the photo refused where it cannot be told. --paint
    opens a page in the browser to paint it, beginning with what is known (needs the extra 'serve');
    files are written when you press Done there. '-' reads a photo from stdin and writes the RGBA
    as PNG to stdout.
    """
    build = partial(
        build_matting, model, quality=quality, strategy=strategy.chosen(), max_memory=max_memory,
        device=device,
    )  # fmt: skip
    method = build()
    if min_confidence is not None:
        check_states_error(method)
    to_existing(read.existing_alpha)
    if photos == ["-"]:
        if paint:
            raise BadArgument("--paint is for one photo in a file, not for stdin; name one file")
        photo = Photo(path=STDIN, output=STDIN, hints=hints.of([STDIN])[0])
        _pipe(photo, method, read, write, min_confidence)
        return
    found = find_photos(photos, manifest, output, hints)
    if paint and len(found) > 1:
        shown = ", ".join(str(photo.path) for photo in found[:3])
        raise BadArgument(f"--paint is for one photo in a file, not for {shown}; name one file")
    format = chosen_format(output, write.format, is_file=is_file(output))
    options = SaveOptions(
        parts=chosen_parts(save, format, background=background is not None),
        format=format,
        bits=write.bits,
        straight=write.straight,
        keep_metadata=write.keep_metadata,
        backdrop=read_backdrop(background, fit) if background else None,
    )
    options.check()
    stages = Stages() if batch.processes == 1 else None
    if paint:
        from mattekit.cli.painting import painted

        ask = partial(painted, model=model, max_pixels=read.max_pixels)
    work = partial(
        _cut, build=build, read=read, options=options, min_confidence=min_confidence,
        ask=ask if paint else None, progress=stages,
    )  # fmt: skip
    items = [
        Item(
            path=photo.path,
            work=partial(work, photo, places),
            inputs=(*photo.hint_files, *(options.backdrop.files if options.backdrop else ())),
            outputs=tuple(places.values()),
        )
        for photo in found
        for places in [
            Names(output=photo.output, suffixes=options.suffixes(photo.path)).of(photo.path.stem)
        ]
    ]
    run_batch(items, batch, own_terminal=paint, stages=stages)


def _cut(
    photo: Photo,
    places: Mapping[str, Path],
    *,
    build: Build,
    read: ReadOptions,
    options: SaveOptions,
    min_confidence: float | None,
    ask: Callable[..., HintConfig] | None,
    progress: Stages | None,
) -> Outcome:
    picture = read.photo(photo.path)
    try:
        hint = hint_of(**photo.hints, strict=read.strict_trimap)
        if ask is not None:
            hint = ask(picture, hint, name=photo.path.stem)
        found = cut_picture(
            picture, hint, build(), clean=options.clean, max_pixels=read.max_pixels,
            progress=progress,
        )  # fmt: skip
    except NoSubject as error:
        if "box" not in photo.hints:
            raise
        shown = next(iter(places.values())).with_name(f"{photo.path.stem}-preview.jpg")
        write_image(shown, box_preview(picture.colours, photo.hints["box"]))
        raise NoSubject(f"{error}; the box is shown in {shown}") from error
    options.write(places, found, picture)
    return _outcome(found, min_confidence, list(places.values()))


def _outcome(cut: Cutout, min_confidence: float | None, outputs: list[Path]) -> Outcome:
    return with_confidence(
        cut.confidence,
        min_confidence,
        outputs=outputs,
        warnings=cut.warnings,
        model=cut.model,
        strategy=cut.strategy,
    )


def _pipe(
    photo: Photo,
    method: Matting,
    read: ReadOptions,
    write: WriteOptions,
    min_confidence: float | None,
) -> None:
    """One photo from stdin to stdout; what there is to remark goes to stderr."""
    picture: Picture = read.photo(sys.stdin.buffer.read())
    hint = hint_of(**photo.hints, strict=read.strict_trimap)
    found = cut_picture(picture, hint, method, max_pixels=read.max_pixels)
    for warning in found.warnings:
        typer.echo(f"note: {warning}", err=True)
    sys.stdout.buffer.write(
        encode_image(
            found.colours,
            format=write.format or "png",
            alpha=found.alpha,
            bits=write.bits,
            linear=found.linear,
            straight=write.straight,
        )
    )
    unsure = _outcome(found, min_confidence, []).unsure
    if unsure is not None:
        typer.echo(f"unsure: {unsure}", err=True)
        raise typer.Exit(FAILED)

"""Cut the subject out of photos: alpha, clean colours, RGBA, a new background."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from mattekit.batch.files import Partners, partners_in
from mattekit.batch.names import Names
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
    find_frames,
    find_photos,
    items_of,
    to_existing,
    with_confidence,
)
from mattekit.cli.progress import Stages
from mattekit.cli.registered import obtain
from mattekit.cli.report import run_batch
from mattekit.cli.saving import FinishOptions, SavedOptions
from mattekit.cli.sequences import (
    Before,
    InSequence,
    check_sequence,
    check_unfinished,
    frame_items,
    over_videos,
    steady,
)
from mattekit.core.errors import BadArgument, NoSubject
from mattekit.cutouts.cutout import Cutout, cut_picture
from mattekit.cutouts.finishing import FinishingOptions
from mattekit.cutouts.finishing import finish as finished
from mattekit.cutouts.preview import box_preview
from mattekit.cutouts.repair import repaired_cutout
from mattekit.cutouts.save import SaveOptions
from mattekit.imaging.files import Picture, encode_image, open_picture, read_alpha, write_image
from mattekit.inference.matting import MODELS, Matting, build_matting, check_states_error
from mattekit.models.files import DEFAULT_MODEL
from mattekit.models.registry import RegisteredModel, registered
from mattekit.subject.finding import STRONGER
from mattekit.subject.hints import HintConfig, hint_of
from mattekit.subject.hints import Trimap as TrimapHint
from mattekit.subject.segment import stroke_labels

Repair = tuple[Path, Path]
"""Files of an alpha and of strokes that correct it."""
Repairs = tuple[Partners, Partners]
"""The same for all photos."""
Build = Callable[[], Matting]
"""Builds the method; its network is opened once per process."""


@over_videos
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
    repair: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|DIR", help="Strokes that correct --alpha: subject white, rest black."
        ),
    ] = None,
    alpha: Annotated[
        Path | None, typer.Option(metavar="FILE|DIR", help="The alpha that --repair corrects.")
    ] = None,
    sequence: InSequence = False,
    paint: Annotated[
        bool, typer.Option("--paint", help="Paint the subject of one photo in the browser.")
    ] = False,
    saved: SavedOptions,
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
    finish: FinishOptions,
    read: ReadOptions,
    write: WriteOptions,
    batch: BatchOptions,
) -> None:
    """Cut the subject out of photos.

    What is known of the subject comes from --trimap, --mask, --box, --point or --scribbles;
    without any, a segmenter finds the subject, or the photo is refused where it is not sure
    enough. --repair corrects an alpha by strokes and leaves all else as it is. --paint
    opens a page in the browser to paint it, beginning with what is known (needs the extra 'serve');
    files are written when you press Done there. '-' reads a photo from stdin and writes the RGBA
    as PNG to stdout. A video, MP4, MOV or WebM, is a sequence of photos; -o names another one.
    """
    build = partial(
        build_matting, model, quality=quality, strategy=strategy.chosen(), max_memory=max_memory,
        device=device,
    )  # fmt: skip
    method = build()
    if min_confidence is not None:
        check_states_error(method)
    to_existing(read.existing_alpha)
    finishing = finish.chosen()
    if photos == ["-"]:
        if paint:
            raise BadArgument("--paint is for one photo in a file, not for stdin; name one file")
        if hints.subjects is not None:
            raise BadArgument("--subjects writes files; name the photo instead of '-'")
        photo = Photo(path=STDIN, output=STDIN, hints=hints.of(several=False)(STDIN))
        _pipe(photo, method, read, write, min_confidence, finishing)
        return
    find = find_frames if sequence else find_photos
    found = find(photos, manifest, output, hints)
    several = not isinstance(found, Sequence) or len(found) > 1
    repairs = _repairs(repair, alpha, several=several)
    if paint and several:
        shown = ", ".join(str(photo.path) for photo in islice(found, 3))
        raise BadArgument(f"--paint is for one photo in a file, not for {shown}; name one file")
    options = saved.chosen(output, write)
    if sequence:
        check_sequence(batch, options.parts)
        check_unfinished(finishing)
    stages = Stages() if batch.here else None
    if paint:
        from mattekit.cli.painting import painted

        ask = partial(painted, model=model, max_pixels=read.max_pixels)
    work = partial(
        _cut, build=build, read=read, options=options, min_confidence=min_confidence,
        ask=ask if paint else None, progress=stages, finishing=finishing,
    )  # fmt: skip
    make = partial(_item, work=work, options=options, repairs=repairs)
    if isinstance(found, list) and sequence:
        items: Iterable[Item] = frame_items(found, partial(_places, options=options), make)
    else:
        items = items_of(found, make)
    run_batch(items, batch, own_terminal=paint, stages=stages)


def _places(photo: Photo, options: SaveOptions) -> dict[str, Path]:
    return Names(output=photo.output, suffixes=options.suffixes(photo.path)).of(photo.stem)


def _item(
    photo: Photo,
    *,
    work: Callable[..., Outcome],
    options: SaveOptions,
    repairs: Repairs | None,
    before: Before | None = None,
) -> Item:
    places = _places(photo, options)
    repair = repairs and (repairs[0].of(photo.path), repairs[1].of(photo.path))
    return Item(
        path=photo.path,
        work=partial(work, photo, places, repair=repair, before=before),
        inputs=(
            *photo.hint_files,
            *(repair or ()),
            *(options.backdrop.files if options.backdrop else ()),
        ),
        outputs=tuple(places.values()),
    )


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
    finishing: FinishingOptions,
    repair: Repair | None,
    before: Before | None,
) -> Outcome:
    picture = read.photo(photo.path)
    earlier = None if before is None else before.carried(picture, read)
    try:
        if repair is not None:
            found = _repaired(picture, repair, build(), read.max_pixels)
        else:
            hint = hint_of(**photo.hints, strict=read.strict_trimap)
            if earlier is not None and photo.kind is None:
                hint = TrimapHint(value=earlier.trimap())
            if ask is not None:
                hint = ask(picture, hint, name=photo.path.stem)
            found = cut_picture(
                picture, hint, build(), clean=options.clean, max_pixels=read.max_pixels,
                progress=progress,
            )  # fmt: skip
    except NoSubject as error:
        if progress is not None and _stronger_segmenter():
            return _cut(
                photo, places, build=build, read=read, options=options, finishing=finishing,
                min_confidence=min_confidence, ask=ask, progress=progress, repair=repair,
                before=before,
            )  # fmt: skip
        if "box" not in photo.hints:
            raise
        shown = next(iter(places.values())).with_name(f"{photo.path.stem}-preview.jpg")
        write_image(shown, box_preview(picture.colours, photo.hints["box"]))
        raise NoSubject(f"{error}; the box is shown in {shown}") from error
    if finishing.changes:
        found = finished(found, picture.colours, finishing)
    alpha, extra = steady(found.alpha, earlier)
    found = replace(found, matte=replace(found.matte, alpha=alpha))
    options.write(places, found, picture)
    if earlier is not None and photo.kind is None:
        found = replace(found, subject_confidence=earlier.sure)
    return _outcome(found, min_confidence, list(places.values()), extra)


def _outcome(
    cut: Cutout, min_confidence: float | None, outputs: list[Path], extra: dict[str, Any]
) -> Outcome:
    return with_confidence(
        cut.confidence,
        min_confidence,
        cut.subject_confidence,
        extra=_segmented(cut) | extra,
        outputs=outputs,
        warnings=cut.warnings,
        model=cut.model,
        strategy=cut.strategy,
    )


def _stronger_segmenter() -> bool:
    """Offer a stronger segmenter at a terminal; returns whether it was installed now."""
    entry = registered(STRONGER)
    return _at_terminal() and not entry.installed and _accepted(entry)


def _at_terminal() -> bool:
    return sys.stdin.isatty()


@cache
def _accepted(entry: RegisteredModel) -> bool:
    """The user's answer, asked once."""
    return obtain(entry, accepted=False)


def _segmented(cut: Cutout) -> dict[str, Any]:
    """The segmenter, and the terms of use of it and of the model."""
    found: dict[str, Any] = {"segmenter": cut.segmenter} if cut.segmenter else {}
    terms = {"terms": cut.terms, "model_terms": cut.model_terms}
    return found | {name: asdict(said) for name, said in terms.items() if said is not None}


def _repairs(strokes: Path | None, alpha: Path | None, *, several: bool) -> Repairs | None:
    """The alphas and the strokes of photos that are repaired."""
    if strokes is None and alpha is None:
        return None
    if strokes is None or alpha is None:
        raise BadArgument("--repair STROKES and --alpha ALPHA go together; give both")
    return partners_in(alpha, several=several), partners_in(strokes, several=several)


def _repaired(picture: Picture, repair: Repair, method: Matting, max_pixels: int) -> Cutout:
    alpha, strokes = repair
    painted = open_picture(strokes, max_pixels=max_pixels)
    return repaired_cutout(
        picture,
        read_alpha(alpha, max_pixels=max_pixels),
        stroke_labels(painted.colours, painted.alpha_window()),
        method,
    )


def _pipe(
    photo: Photo,
    method: Matting,
    read: ReadOptions,
    write: WriteOptions,
    min_confidence: float | None,
    finishing: FinishingOptions,
) -> None:
    """Process one photo from stdin to stdout; warnings go to stderr."""
    picture: Picture = read.photo(sys.stdin.buffer.read())
    hint = hint_of(**photo.hints, strict=read.strict_trimap)
    found = cut_picture(picture, hint, method, max_pixels=read.max_pixels)
    if finishing.changes:
        found = finished(found, picture.colours, finishing)
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
    unsure = _outcome(found, min_confidence, [], {}).unsure
    if unsure is not None:
        typer.echo(f"unsure: {unsure}", err=True)
        raise typer.Exit(FAILED)

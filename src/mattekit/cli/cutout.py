"""Cut the subject out of photos: alpha, clean colours, RGBA, a new background."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from mattekit.batch.files import pair
from mattekit.batch.names import Names, is_file
from mattekit.batch.runner import Item, Outcome
from mattekit.cli.failures import FAILED
from mattekit.cli.options import BatchOptions, Device, Manifest, MaxMemory, to_size
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
from mattekit.cli.registered import obtain
from mattekit.cli.report import run_batch
from mattekit.core.errors import BadArgument, NoSubject
from mattekit.cutouts.backdrop import Fit, read_backdrop
from mattekit.cutouts.cutout import Cutout, cut_picture
from mattekit.cutouts.finishing import FinishingOptions
from mattekit.cutouts.finishing import finish as finished
from mattekit.cutouts.preview import box_preview
from mattekit.cutouts.repair import repaired_cutout
from mattekit.cutouts.save import PARTS, SaveOptions, chosen_format, chosen_parts
from mattekit.imaging.files import Picture, encode_image, open_picture, read_alpha, write_image
from mattekit.inference.matting import MODELS, Matting, build_matting, check_states_error
from mattekit.models.files import DEFAULT_MODEL
from mattekit.models.registry import RegisteredModel, registered
from mattekit.subject.finding import STRONGER
from mattekit.subject.hints import HintConfig, hint_of
from mattekit.subject.segment import stroke_labels

Repair = tuple[Path, Path]
"""Files of an alpha and of strokes that correct it."""
Build = Callable[[], Matting]
"""The method; its network is opened once a process."""


@dataclass(frozen=True, kw_only=True)
class FinishOptions:
    """What is done to a finished cut-out."""

    crop: Annotated[bool, typer.Option("--crop", help="Cut to the subject.")] = False
    margin: Annotated[
        str, typer.Option(metavar="N|N%", help="Room around it, in pixels or of its longer side.")
    ] = "0"
    square: Annotated[bool, typer.Option("--square", help="Pad the shorter side.")] = False
    longest: Annotated[
        int | None,
        typer.Option("--longest", metavar="N", min=1, help="Longest side of the result."),
    ] = None
    canvas: Annotated[
        str | None,
        typer.Option(metavar="WxH", help="Size of the result, the subject as large as fits."),
    ] = None
    fill_holes: Annotated[
        bool, typer.Option("--fill-holes", help="Make small enclosed holes opaque.")
    ] = False
    drop_islands: Annotated[
        bool, typer.Option("--drop-islands", help="Keep the largest piece only.")
    ] = False
    grow: Annotated[
        float, typer.Option(metavar="N", min=0, help="Move the edge outwards by N pixels.")
    ] = 0.0
    shrink: Annotated[
        float, typer.Option(metavar="N", min=0, help="Move the edge inwards by N pixels.")
    ] = 0.0
    feather: Annotated[
        float, typer.Option(metavar="N", min=0, help="Soften the edge over N pixels.")
    ] = 0.0
    shadow: Annotated[
        Literal["none", "keep"], typer.Option(help="keep: the subject's shadow on the ground.")
    ] = "none"

    def chosen(self) -> FinishingOptions:
        """The same, as the library takes it."""
        if self.grow and self.shrink:
            raise BadArgument("--grow and --shrink both move the edge; give one")
        return FinishingOptions(
            crop=self.crop,
            margin=self.margin,
            square=self.square,
            size=self.longest,
            canvas=None if self.canvas is None else to_size(self.canvas),
            fill_holes=self.fill_holes,
            drop_islands=self.drop_islands,
            grow=self.grow - self.shrink,
            feather=self.feather,
            shadow=self.shadow,
        )


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
            metavar="FILE|DIR", help="Strokes that correct --alpha: white subject, black beside it."
        ),
    ] = None,
    alpha: Annotated[
        Path | None, typer.Option(metavar="FILE|DIR", help="The alpha that --repair corrects.")
    ] = None,
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
    finishing = finish.chosen()
    if photos == ["-"]:
        if paint:
            raise BadArgument("--paint is for one photo in a file, not for stdin; name one file")
        if hints.subjects is not None:
            raise BadArgument("--subjects writes files; name the photo instead of '-'")
        photo = Photo(path=STDIN, output=STDIN, hints=hints.of([STDIN])[0])
        _pipe(photo, method, read, write, min_confidence, finishing)
        return
    found = find_photos(photos, manifest, output, hints)
    repairs = _repairs([photo.path for photo in found], repair, alpha)
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
        ask=ask if paint else None, progress=stages, finishing=finishing,
    )  # fmt: skip
    items = [
        Item(
            path=photo.path,
            work=partial(work, photo, places, repair=repairs.get(photo.path)),
            inputs=(
                *photo.hint_files,
                *repairs.get(photo.path, ()),
                *(options.backdrop.files if options.backdrop else ()),
            ),
            outputs=tuple(places.values()),
        )
        for photo in found
        for places in [
            Names(output=photo.output, suffixes=options.suffixes(photo.path)).of(photo.stem)
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
    finishing: FinishingOptions,
    repair: Repair | None,
) -> Outcome:
    picture = read.photo(photo.path)
    try:
        if repair is not None:
            found = _repaired(picture, repair, build(), read.max_pixels)
        else:
            hint = hint_of(**photo.hints, strict=read.strict_trimap)
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
            )  # fmt: skip
        if "box" not in photo.hints:
            raise
        shown = next(iter(places.values())).with_name(f"{photo.path.stem}-preview.jpg")
        write_image(shown, box_preview(picture.colours, photo.hints["box"]))
        raise NoSubject(f"{error}; the box is shown in {shown}") from error
    if finishing.changes:
        found = finished(found, picture.colours, finishing)
    options.write(places, found, picture)
    return _outcome(found, min_confidence, list(places.values()))


def _outcome(cut: Cutout, min_confidence: float | None, outputs: list[Path]) -> Outcome:
    return with_confidence(
        cut.confidence,
        min_confidence,
        cut.subject_confidence,
        extra=_segmented(cut),
        outputs=outputs,
        warnings=cut.warnings,
        model=cut.model,
        strategy=cut.strategy,
    )


def _stronger_segmenter() -> bool:
    """Offer a stronger segmenter to somebody at a terminal; whether it is there now and was not."""
    entry = registered(STRONGER)
    return _at_terminal() and not entry.installed and _accepted(entry)


def _at_terminal() -> bool:
    return sys.stdin.isatty()


@cache
def _accepted(entry: RegisteredModel) -> bool:
    """The answer to the offer, asked once."""
    return obtain(entry, accepted=False)


def _segmented(cut: Cutout) -> dict[str, Any]:
    """What found the subject, and on which terms it and the model may be used."""
    found: dict[str, Any] = {"segmenter": cut.segmenter} if cut.segmenter else {}
    terms = {"terms": cut.terms, "model_terms": cut.model_terms}
    return found | {name: asdict(said) for name, said in terms.items() if said is not None}


def _repairs(photos: list[Path], strokes: Path | None, alpha: Path | None) -> dict[Path, Repair]:
    """The alpha and the strokes of each photo that is repaired."""
    if strokes is None and alpha is None:
        return {}
    if strokes is None or alpha is None:
        raise BadArgument("--repair STROKES and --alpha ALPHA go together; give both")
    alphas, strokes_of = pair(photos, alpha), pair(photos, strokes)
    return {photo: (alphas[photo], strokes_of[photo]) for photo in photos}


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
    """One photo from stdin to stdout; what there is to remark goes to stderr."""
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
    unsure = _outcome(found, min_confidence, []).unsure
    if unsure is not None:
        typer.echo(f"unsure: {unsure}", err=True)
        raise typer.Exit(FAILED)

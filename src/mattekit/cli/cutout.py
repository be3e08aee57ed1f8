"""`cutout`: the subject cut out of photos, with alpha, clean colours, and a new background."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Option

from mattekit.batch.files import Partners, left_out, partners_in
from mattekit.batch.runner import Outcome
from mattekit.classical.closed_form import Quality
from mattekit.cli.models import obtain
from mattekit.cli.options import BatchOptions, Device, MaxMemory, Output
from mattekit.cli.output import FAILED, printable, remark
from mattekit.cli.photo_options import (
    FinishOptions,
    HintOptions,
    Manifest,
    MinConfidence,
    PhotoOptions,
    Photos,
    SavedOptions,
    StrategyOptions,
    StrictTrimap,
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
from mattekit.core.errors import BadArgument, NoSubject
from mattekit.cutouts.cutout import Cutout, cut_picture, seen_colours
from mattekit.cutouts.finishing import FinishingOptions, check_result
from mattekit.cutouts.finishing import finish as finished
from mattekit.cutouts.photos import Photo, PhotoWork, find_photos, with_confidence
from mattekit.cutouts.preview import box_preview
from mattekit.cutouts.repair import read_strokes, repaired_cutout
from mattekit.cutouts.save import SaveOptions
from mattekit.imaging.files import encode_image, read_alpha, write_image
from mattekit.imaging.picture import Picture
from mattekit.inference.matting import MODELS, Matting, build_matting, check_states_error
from mattekit.models.files import DEFAULT_MODEL
from mattekit.models.registry import RegisteredModel, registered
from mattekit.subject.finding import STRONGER
from mattekit.subject.hints import HintConfig, hint_of
from mattekit.subject.hints import Trimap as TrimapHint

STDIN = Path("-")
CUTOUTS = Path("cutouts")
SHOWN = 3
"""Files that were left out whose names are shown."""


@over_videos
def run(
    photos: Photos = None,
    output: Output = CUTOUTS,
    manifest: Manifest = None,
    *,
    model: Annotated[
        str | None,
        Option(
            metavar="NAME|FILE",
            help=f"{', '.join(MODELS)}, or a network; A+B is the mean of two; "
            f"default: {DEFAULT_MODEL}.",
        ),
    ] = None,
    quality: Annotated[
        Quality, Option(help="fast: closed-form at a quarter of the size, for previews.")
    ] = "full",
    device: Device = "auto",
    max_memory: MaxMemory = 4 * 2**30,
    min_confidence: MinConfidence = None,
    sequence: InSequence = False,
    paint: Annotated[bool, Option(help="Paint the subject of one photo in the browser.")] = False,
    repair: Annotated[
        Path | None,
        Option(metavar="FILE|DIR", help="Strokes that correct --alpha: subject white, rest black."),
    ] = None,
    alpha: Annotated[
        Path | None, Option(metavar="FILE|DIR", help="The alpha that --repair corrects.")
    ] = None,
    hints: HintOptions,
    strict_trimap: StrictTrimap = False,
    saved: SavedOptions,
    write: WriteOptions,
    finish: FinishOptions,
    strategy: StrategyOptions,
    read: PhotoOptions,
    batch: BatchOptions,
) -> None:
    """Cut the subject out of photos.

    A hint says what the subject is: --trimap, --mask, --box, --point or --scribbles. Without one
    a segmenter finds the subject, or refuses the photo where it is not sure enough.

    --paint opens a page in the browser to paint the trimap of one photo, beginning with the hint
    (needs the extra 'serve'); files are written when you press Done. --repair corrects an alpha by
    strokes and leaves all else as it is.

    The photo '-' is read from stdin, and its cut-out is written to stdout as PNG. A video (MP4,
    MOV or WebM) is a sequence of photos; -o names the new one.
    """
    build = partial(
        build_matting,
        model,
        quality=quality,
        strategy=strategy.chosen(),
        max_memory=max_memory,
        device=device,
    )
    method = build()
    if min_confidence is not None:
        check_states_error(method)
    finishing = finish.chosen()
    cutting = partial(
        Cutting,
        build=build,
        read=read,
        strict_trimap=strict_trimap,
        finishing=finishing,
        min_confidence=min_confidence,
    )
    if photos == ["-"]:
        of_files = {
            "-o": output != CUTOUTS,
            "--save": saved.save,
            "--background": saved.background,
            "--subjects": hints.subjects,
            "--paint": paint,
            "--repair": repair,
            "--sequence": sequence,
            "--json": batch.json,
            "--ledger": batch.ledger,
        }
        given = [option for option, value in of_files.items() if value]
        if given:
            raise BadArgument(
                f"{given[0]} is for one photo in a file or more, and '-' only writes its cut-out "
                "to stdout; leave that out, or name the file"
            )
        photo = Photo(path=STDIN, output=STDIN, hints=hints.given().of(several=False)(STDIN))
        _pipe(photo, cutting(), write)
        return
    find, known = find_frames if sequence else find_photos, hints.given()
    found = find(photos, output, known, manifest=manifest)
    unread = left_out(photos or ())
    if unread and not batch.quiet:
        shown = ", ".join(path.name for path in unread[:SHOWN])
        more = " and others" if len(unread) > SHOWN else ""
        remark(f"left out, of kinds that are not read: {shown}{more}; save them as PNG or JPEG")
    several = not isinstance(found, Sequence) or len(found) > 1
    repairs = _repairs(repair, alpha, several=several)
    if repairs and (known.values or hints.band):
        raise BadArgument(
            "--repair corrects --alpha by its strokes; leave hints such as --mask and --box out"
        )
    if paint and several:
        shown = ", ".join(str(photo.path) for photo in islice(found, SHOWN))
        raise BadArgument(f"--paint is for one photo in a file, not for {shown}; name one file")
    options = saved.chosen(output, write)
    if sequence:
        check_sequence(batch, options.parts, finishing)
        if hints.subjects:
            raise BadArgument("a sequence follows one subject; leave --subjects out")
    ask = None
    if paint:
        from mattekit.cli.painting import painted

        ask = partial(painted, model=model, max_pixels=read.max_pixels)
    stages = Stages() if batch.here else None
    how = cutting(repairs=repairs, ask=ask, progress=stages)
    work = PhotoWork(
        work=partial(_cut, how=how, options=options),
        suffixes=options.suffixes,
        partners=repairs,
        files=options.backdrop.files if options.backdrop else (),
    )
    items = items_of(work, found, sequence=sequence)
    run_batch(items, batch, own_terminal=paint, stages=stages)


@dataclass(frozen=True, kw_only=True)
class Cutting:
    """How a photo is cut out. Worker processes are sent a copy."""

    build: Callable[[], Matting]
    """Builds the method; its network is opened once per process."""
    read: PhotoOptions
    strict_trimap: bool
    finishing: FinishingOptions
    min_confidence: float | None
    repairs: tuple[Partners, ...] = ()
    """The alphas that strokes correct, and the strokes."""
    ask: Callable[..., HintConfig] | None = None
    """Asks the user to paint a hint, beginning with the given one."""
    progress: Stages | None = None

    def cut(
        self, photo: Photo, picture: Picture, *, clean: bool = True, known: TrimapHint | None = None
    ) -> Cutout:
        """The cut-out, before it is finished.

        Args:
            known: what the frame before says, where the photo has no hint.
        """
        check_result(self.finishing, picture.size, max_pixels=self.read.max_pixels)
        if self.repairs:
            alpha, strokes = (partners.of(photo.path) for partners in self.repairs)
            most = self.read.max_pixels
            painted = read_strokes(strokes, max_pixels=most)
            known_alpha = read_alpha(alpha, max_pixels=most)
            return repaired_cutout(picture, known_alpha, painted, self.build())
        hint = known or hint_of(**photo.hints, strict=self.strict_trimap)
        if self.ask is not None:
            hint = self.ask(picture, hint, name=photo.path.stem)
        return cut_picture(
            picture,
            hint,
            self.build(),
            clean=clean,
            max_pixels=self.read.max_pixels,
            progress=self.progress,
        )

    def finish(self, cut: Cutout, picture: Picture) -> Cutout:
        """The cut-out after all finishing steps."""
        if not self.finishing.changes:
            return cut
        most = self.read.max_pixels
        return finished(cut, seen_colours(picture), self.finishing, max_pixels=most)

    def outcome(
        self, cut: Cutout, outputs: Sequence[Path] = (), extra: Mapping[str, Any] | None = None
    ) -> Outcome:
        """What is reported of a cut-out."""
        told: dict[str, Any] = {"segmenter": cut.segmenter} if cut.segmenter else {}
        terms = {"terms": cut.terms, "model_terms": cut.model_terms}
        told |= {name: asdict(said) for name, said in terms.items() if said is not None}
        return with_confidence(
            {"confidence": cut.confidence, "subject_confidence": cut.subject_confidence},
            self.min_confidence,
            extra=told | dict(extra or {}),
            outputs=outputs,
            warnings=cut.warnings,
            model=cut.model,
            strategy=cut.strategy,
        )


def _cut(
    photo: Photo,
    places: Mapping[str, Path],
    *,
    how: Cutting,
    options: SaveOptions,
    before: Before | None,
) -> Outcome:
    if how.progress is not None:
        how.progress.item = printable(photo.path.name)
    picture = how.read.photo(photo.path)
    earlier = None if before is None else before.carried(picture, how.read)
    carried = earlier if photo.kind is None else None
    known = None if carried is None else TrimapHint(value=carried.trimap())
    try:
        found = how.cut(photo, picture, clean=options.clean, known=known)
    except NoSubject as error:
        if how.progress is not None and _stronger_segmenter():
            return _cut(photo, places, how=how, options=options, before=before)
        if "box" not in photo.hints:
            raise
        shown = next(iter(places.values())).with_name(f"{photo.path.stem}-preview.jpg")
        write_image(shown, box_preview(picture.colours, photo.hints["box"]))
        raise NoSubject(f"{error}; the box is shown in {shown}") from error
    found = how.finish(found, picture)
    alpha, extra = steady(found.alpha, earlier)
    found = replace(found, matte=replace(found.matte, alpha=alpha))
    options.write(places, found, picture)
    if carried is not None:
        found = replace(found, subject_confidence=carried.sure)
    return how.outcome(found, list(places.values()), extra)


def _pipe(photo: Photo, how: Cutting, write: WriteOptions) -> None:
    """Process one photo from stdin to stdout; warnings go to stderr."""
    picture = how.read.photo(sys.stdin.buffer.read())
    found = how.finish(how.cut(photo, picture), picture)
    for warning in found.warnings:
        typer.echo(f"note: {warning}", err=True)
    sys.stdout.buffer.write(
        encode_image(
            found.colours,
            format=write.format or "png",
            alpha=found.alpha,
            bits=write.bits,
            exif=picture.exif if write.keep_metadata else b"",
            linear=found.linear,
            straight=write.straight,
        )
    )
    unsure = how.outcome(found).unsure
    if unsure is not None:
        typer.echo(f"unsure: {unsure}", err=True)
        raise typer.Exit(FAILED)


def _stronger_segmenter() -> bool:
    """Offer a stronger segmenter at a terminal; returns whether it was installed now."""
    entry = registered(STRONGER)
    return _at_terminal() and not entry.installed and _accepted(entry)


@cache
def _accepted(entry: RegisteredModel) -> bool:
    """The user's answer, asked once."""
    return obtain(entry, accepted=False)


def _at_terminal() -> bool:
    return sys.stdin.isatty()


def _repairs(strokes: Path | None, alpha: Path | None, *, several: bool) -> tuple[Partners, ...]:
    """The alphas of photos that are repaired, and the strokes."""
    if strokes is None and alpha is None:
        return ()
    if strokes is None or alpha is None:
        raise BadArgument("--repair STROKES and --alpha ALPHA go together; give both")
    return partners_in(alpha, several=several), partners_in(strokes, several=several)

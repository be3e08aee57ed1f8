"""Cut the subject out of photos: alpha, clean colours, RGBA, a new background."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, cast, get_args

import typer

from mattekit.cli.backdrop import Backdrop, Fit, read_backdrop
from mattekit.cli.batch import Outcome, Reporting, gather, pair, run_batch
from mattekit.cli.confidence import MinConfidence, with_confidence
from mattekit.cli.failures import FAILED
from mattekit.cli.options import (
    DEFAULT_MAX_PIXELS,
    Bits,
    Json,
    MaxMemory,
    MaxPixels,
    Overwrite,
    Pictures,
    Quiet,
    SkipExisting,
    to_box,
)
from mattekit.core.errors import BadArgument, NoSubject
from mattekit.cutouts.cutout import Cutout, cut_picture
from mattekit.cutouts.preview import box_preview, preview
from mattekit.imaging.compose import named_colour
from mattekit.imaging.files import (
    ExistingAlpha,
    Picture,
    apply_existing_alpha,
    encode_image,
    open_picture,
    write_alpha,
    write_image,
    write_trimap,
)
from mattekit.inference.matting import MODELS, Matting, build_matting, check_states_error
from mattekit.models.files import DEFAULT_MODEL
from mattekit.subject.hints import HintConfig, hint_of
from mattekit.subject.segment import Rectangle

PARTS = ("rgba", "alpha", "foreground", "trimap", "preview")
CLEAN = {"rgba", "foreground", "preview", "composite"}
"""What is made of the subject's own colours."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How photos and hints are read."""

    existing: tuple[ExistingAlpha, str]
    """What becomes of a photo's own alpha, and the colour under it."""
    allow_8bit: bool
    strict: bool
    max_pixels: int

    def photo(self, source: Path | bytes) -> Picture:
        """The photo, its own alpha dealt with."""
        picture = open_picture(source, max_pixels=self.max_pixels, allow_8bit=self.allow_8bit)
        how, colour = self.existing
        red, green, blue = named_colour(colour).tolist()
        return apply_existing_alpha(picture, how, (red, green, blue))


@dataclass(frozen=True, kw_only=True)
class Known:
    """Where the hints are: one of them for all photos, or one for each."""

    trimap: dict[Path, Path]
    mask: dict[Path, Path]
    scribbles: dict[Path, Path]
    box: Rectangle | None
    band: str | None

    def of(self, photo: Path, reading: Reading) -> HintConfig:
        """The hint of one photo."""
        return hint_of(
            trimap=self.trimap.get(photo),
            mask=self.mask.get(photo),
            scribbles=self.scribbles.get(photo),
            box=self.box,
            strict=reading.strict,
            band=self.band,
        )


@dataclass(frozen=True, kw_only=True)
class Writing:
    """What is written of every photo, and where."""

    folder: Path
    save: tuple[str, ...]
    backdrop: Backdrop | None
    bits: int
    keep_metadata: bool

    def places(self, photo: Path) -> dict[str, Path]:
        """Part -> its file. Photos in linear light keep it: EXR gives EXR."""
        colours = ".exr" if photo.suffix.lower() == ".exr" else ".png"
        names = {
            "rgba": f"{photo.stem}{colours}",
            "alpha": f"{photo.stem}-alpha.png",
            "foreground": f"{photo.stem}-foreground{colours}",
            "trimap": f"{photo.stem}-trimap.png",
            "preview": f"{photo.stem}-preview.jpg",
        }
        places = {part: self.folder / names[part] for part in self.save}
        if self.backdrop is not None:
            places["composite"] = self.folder / f"{photo.stem}-on-{self.backdrop.name}.png"
        return places


@dataclass(frozen=True, kw_only=True)
class Method:
    """How the alpha is found."""

    model: str | None
    matting: Matting
    min_confidence: float | None = None
    """Below it, a result is reported as unsure."""
    paint: bool = False
    """Whether the subject is painted on a page first."""


def run(
    photos: Pictures,
    output_folder: Annotated[
        Path, typer.Option("-o", "--output-folder", metavar="DIR", help="Where the results go.")
    ] = Path("cutouts"),
    trimap: Annotated[
        Path | None,
        typer.Option(metavar="FILE|DIR", help="Black background, grey unknown, white subject."),
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option(metavar="FILE|DIR", help="Any segmentation, white on the subject."),
    ] = None,
    band: Annotated[
        str | None,
        typer.Option(metavar="N|N%", help="Width of a mask's unknown edge, in pixels or relative."),
    ] = None,
    box: Annotated[
        str | None, typer.Option(metavar="X,Y,W,H", help="A box around the subject, in pixels.")
    ] = None,
    scribbles: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|DIR", help="White strokes on the subject, black ones on the background."
        ),
    ] = None,
    paint: Annotated[
        bool, typer.Option("--paint", help="Paint the subject of one photo in the browser.")
    ] = False,
    save: Annotated[
        str, typer.Option(metavar="LIST", help=f"Any of {','.join(PARTS)}, with commas.")
    ] = "rgba",
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
    strategy: Annotated[
        str | None, typer.Option(metavar="NAME", help="How a network goes over the photo.")
    ] = None,
    max_memory: MaxMemory = 4 * 2**30,
    min_confidence: MinConfidence = None,
    bits: Bits = 8,
    existing_alpha: Annotated[
        str,
        typer.Option(
            metavar="ignore|multiply|composite:COLOUR", help="What becomes of a photo's own alpha."
        ),
    ] = "ignore",
    keep_metadata: Annotated[
        bool, typer.Option("--keep-metadata", help="Carry what the camera noted to the RGBA.")
    ] = False,
    strict_trimap: Annotated[
        bool, typer.Option("--strict-trimap", help="Refuse a trimap with smoothed values.")
    ] = False,
    allow_8bit: Annotated[
        bool, typer.Option("--allow-8bit", help="Read 16-bit photos with table profiles at 8 bits.")
    ] = False,
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS,
    overwrite: Overwrite = False,
    skip_existing: SkipExisting = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Cut the subject out of photos.

    What is known of the subject comes from --trimap, --mask, --box or --scribbles; without any, the
    subject is proposed, or the photo refused where it cannot be told. --paint opens a page in the
    browser to paint it, beginning with what is known; files are written when you press Done there.
    '-' reads a photo from stdin and writes the RGBA as PNG to stdout.
    """
    method = Method(
        model=model,
        matting=build_matting(model, quality=quality, strategy=strategy, max_memory=max_memory),
        min_confidence=min_confidence,
        paint=paint,
    )
    if min_confidence is not None:
        check_states_error(method.matting)
    reading = Reading(
        existing=to_existing(existing_alpha),
        allow_8bit=allow_8bit,
        strict=strict_trimap,
        max_pixels=max_pixels,
    )
    paths = [Path("-")] if photos == ["-"] else gather(photos)
    known = Known(
        trimap=pair(paths, trimap) if trimap else {},
        mask=pair(paths, mask) if mask else {},
        scribbles=pair(paths, scribbles) if scribbles else {},
        box=to_box(box) if box else None,
        band=band,
    )
    if paint and (len(paths) > 1 or photos == ["-"]):
        raise BadArgument(
            f"--paint is for one photo in a file, not for {', '.join(photos[:3])}; name one file"
        )
    if photos == ["-"]:
        _pipe(known, method, reading, bits=bits)
        return
    writing = Writing(
        folder=output_folder,
        save=to_parts(save),
        backdrop=read_backdrop(background, fit) if background else None,
        bits=bits,
        keep_metadata=keep_metadata,
    )
    run_batch(
        paths,
        lambda photo: _cut(photo, known, method, reading, writing),
        Reporting(json=json, quiet=quiet, overwrite=overwrite, skip_existing=skip_existing),
        outputs=lambda photo: list(writing.places(photo).values()),
        bar=not paint,
    )


def to_parts(text: str) -> tuple[str, ...]:
    """The parts that `--save` lists.

    >>> to_parts("rgba,alpha")
    ('rgba', 'alpha')
    """
    parts = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise typer.BadParameter(f"'{unknown[0]}' cannot be saved; choose from {', '.join(PARTS)}")
    return parts


def to_existing(text: str) -> tuple[ExistingAlpha, str]:
    """What becomes of an existing alpha, and the colour that a composite puts under it.

    >>> to_existing("composite:black")
    ('composite', 'black')
    """
    how, _, colour = text.replace(" ", ":").partition(":")
    if how not in get_args(ExistingAlpha) or (colour and how != "composite"):
        raise typer.BadParameter(
            f"'{text}' is no way to treat an existing alpha; "
            "choose ignore, multiply or composite:COLOUR"
        )
    return cast(ExistingAlpha, how), colour or "white"


def _cut(photo: Path, known: Known, method: Method, reading: Reading, writing: Writing) -> Outcome:
    picture = reading.photo(photo)
    places = writing.places(photo)
    try:
        hint = known.of(photo, reading)
        if method.paint:
            from mattekit.cli.painting import painted

            hint = painted(
                picture, hint, name=photo.stem, model=method.model, max_pixels=reading.max_pixels
            )
        cut = cut_picture(
            picture,
            hint,
            method.matting,
            clean=bool(CLEAN & {*places}),
            max_pixels=reading.max_pixels,
        )
    except NoSubject as error:
        if known.box is None:
            raise
        shown = writing.folder / f"{photo.stem}-preview.jpg"
        write_image(shown, box_preview(picture.colours, known.box))
        raise NoSubject(f"{error}; the box is shown in {shown}") from error
    for part, place in places.items():
        _write(part, place, picture, cut, writing)
    return with_confidence(
        cut.confidence,
        method.min_confidence,
        outputs=list(places.values()),
        warnings=cut.warnings,
        model=cut.model,
        strategy=cut.strategy,
    )


def _write(part: str, place: Path, picture: Picture, cut: Cutout, writing: Writing) -> None:
    exif = picture.exif if writing.keep_metadata else b""
    match part:
        case "rgba":
            cut.save(place, bits=writing.bits, exif=exif)
        case "alpha":
            write_alpha(place, cut.alpha, bits=writing.bits)
        case "foreground":
            write_image(place, cut.colours, bits=writing.bits, linear=cut.linear)
        case "trimap":
            write_trimap(place, cut.trimap)
        case "preview":
            write_image(place, preview(picture.colours, cut))
        case "composite":
            assert writing.backdrop is not None
            write_image(place, cut.on(writing.backdrop.at(cut.alpha.shape)), bits=writing.bits)


def _pipe(known: Known, method: Method, reading: Reading, *, bits: int) -> None:
    """One photo from stdin to stdout; what there is to remark goes to stderr."""
    picture = reading.photo(sys.stdin.buffer.read())
    cut = cut_picture(
        picture, known.of(Path("-"), reading), method.matting, max_pixels=reading.max_pixels
    )
    for warning in cut.warnings:
        typer.echo(f"note: {warning}", err=True)
    encoded = encode_image(cut.colours, format="png", alpha=cut.alpha, bits=bits, linear=cut.linear)
    sys.stdout.buffer.write(encoded)
    unsure = with_confidence(cut.confidence, method.min_confidence).unsure
    if unsure is not None:
        typer.echo(f"unsure: {unsure}", err=True)
        raise typer.Exit(FAILED)

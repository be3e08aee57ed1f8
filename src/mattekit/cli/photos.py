"""Shared by `cutout` and `predict`: photos with their hints, and groups of options."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, make_dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, cast, get_args

import typer

from mattekit.batch import tars
from mattekit.batch.files import Row, gather, partners_in, read_manifest, stream
from mattekit.batch.names import check_output
from mattekit.batch.runner import Item, Outcome
from mattekit.batch.tars import Sample, tar_item
from mattekit.cli.options import DEFAULT_MAX_PIXELS, Bits, MaxPixels, to_ratio, to_size
from mattekit.core.errors import BadArgument, BadData
from mattekit.core.storage import below
from mattekit.cutouts.save import SaveFormat
from mattekit.imaging.compose import named_colour
from mattekit.imaging.files import ExistingAlpha, Picture, apply_existing_alpha, open_picture
from mattekit.inference.strategies import STRATEGIES, StrategyConfig
from mattekit.keying.sequence import expanded, frames_of
from mattekit.subject.hints import HINTS, Subjects, hints_of_subjects

KINDS = [kind for kind in HINTS if kind != "auto"]
"""Hints that a user gives."""
STDIN = Path("-")
S = TypeVar("S")
T = TypeVar("T")

Photos = Annotated[
    list[str] | None,
    typer.Argument(metavar="PHOTO...", help="Files, folders or quoted globs."),
]
CommercialOnly = Annotated[
    bool,
    typer.Option(
        "--commercial-only",
        help="Refuse models whose terms do not clearly allow commercial use; also "
        "MATTEKIT_COMMERCIAL_ONLY=1.",
    ),
]
MinConfidence = Annotated[
    float | None,
    typer.Option(
        "--min-confidence",
        min=0.0,
        max=1.0,
        metavar="X",
        help="Report what is written with less confidence, from 0 to 1, as unsure; exit code 1.",
    ),
]
Trimap = Annotated[
    Path | None,
    typer.Option(metavar="FILE|DIR", help="Black background, grey unknown, white subject."),
]


@dataclass(frozen=True, kw_only=True)
class Photo:
    """One photo, its hints, and the output of its results."""

    path: Path
    output: Path
    """A folder, or the file of a single result."""
    hints: dict[str, Any] = field(default_factory=dict)
    """Kind of hint -> its file or value, and options, as `hint_of` takes them."""
    called: Path | None = None
    """What reports call it, where one photo is there several times."""
    subject: int | None = None
    """Number of the subject, if each of several has its own results."""

    @property
    def stem(self) -> str:
        """The stem of the results' names."""
        return self.path.stem if self.subject is None else f"{self.path.stem}-{self.subject}"

    @property
    def kind(self) -> str | None:
        """Of its hint, where it has one."""
        return next((kind for kind in KINDS if kind in self.hints), None)

    @property
    def hint_files(self) -> tuple[Path, ...]:
        """Files of hints."""
        return tuple(value for value in self.hints.values() if isinstance(value, Path))


@dataclass(frozen=True, kw_only=True)
class _Hints:
    """The hint: one of `HINTS` for all photos, or one for each."""

    band: Annotated[
        str | None,
        typer.Option(
            metavar="N|N%",
            help="Width of a mask's unknown edge, in pixels or relative; default: by its softness.",
        ),
    ] = None
    point: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y", help="A pixel of the subject; may be repeated."),
    ] = None
    not_point: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y", help="A pixel of the background; may be repeated."),
    ] = None
    subjects: Annotated[
        Literal["each", "all"] | None,
        typer.Option(
            help="Several subjects, from a mask with one value per subject or a point on each: a "
            "result for each, or one for all."
        ),
    ] = None
    segmenter: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE.onnx",
            help="Finds the subject without a hint, in a box or from points; default: the best "
            "installed one.",
        ),
    ] = None
    commercial_only: CommercialOnly = False

    @property
    def clicks(self) -> str | None:
        """All points as one text."""
        words = [*(self.point or ()), *(f"{word},0" for word in self.not_point or ())]
        return " ".join(words) or None

    def of(self, *, several: bool) -> Callable[[Path], dict[str, Any]]:
        """The hint of a photo and its options, as `hint_of` takes them."""
        given = {kind: getattr(self, kind) for kind in KINDS if getattr(self, kind, None)}
        if self.clicks is not None:
            given["points"] = " ".join(filter(None, (given.get("points"), self.clicks)))
        options = {
            "band": self.band,
            "segmenter": self.segmenter,
            "commercial_only": self.commercial_only,
        }
        files = {kind: partners_in(given[kind], several=several) for kind in given
                 if HINTS[kind].is_file}  # fmt: skip
        values = {kind: parsed(kind, given[kind]) for kind in given if kind not in files}
        return lambda photo: (
            {**options, **values} | {kind: partners.of(photo) for kind, partners in files.items()}
        )

    def of_frames(self, frames: Sequence[Path]) -> list[dict[str, Any]]:
        """The same for frames in time: of those in a folder, or else of the first one alone."""
        places = [getattr(self, kind, None) for kind in KINDS if HINTS[kind].is_file]
        folders = [place for place in places if place is not None and place.is_dir()]
        known = self.of(several=bool(folders))
        rows = [known(frame) for frame in (frames if folders else frames[:1])]
        rows += [{"segmenter": self.segmenter} for _ in frames[len(rows) :]]
        found = [
            {name: value for name, value in row.items() if name not in KINDS or _is_there(value)}
            for row in rows
        ]
        if folders and not any(row.keys() & {*KINDS} for row in found):
            raise BadData(f"{folders[0]} has no hint of any frame; name one as its frame is named")
        return found


def _is_there(value: Any) -> bool:
    return not isinstance(value, Path) or value.exists()


if TYPE_CHECKING:

    class HintOptions(_Hints):
        """The options of all hints."""

        def __init__(self, *, band: str | None = None, **others: Any) -> None: ...

else:
    HintOptions = make_dataclass(
        "HintOptions",
        [
            (
                kind,
                Annotated[
                    (Path if HINTS[kind].is_file else str) | None,
                    typer.Option(metavar=HINTS[kind].metavar, help=HINTS[kind].help),
                ],
                None,
            )
            for kind in KINDS
        ],
        bases=(_Hints,),
        frozen=True,
        kw_only=True,
    )


def parsed(kind: str, text: str) -> Any:
    """The value of a hint given as text, such as a box."""
    value: Any = HINTS[kind].parse(text).value
    return value


def find_photos(
    inputs: Sequence[str] | None, manifest: Path | None, output: Path, hints: HintOptions
) -> Sequence[Photo] | Iterator[Photo]:
    """The photos of a command line or of a manifest; of a long listing as it comes."""
    if bool(inputs) == bool(manifest):
        raise BadArgument("name the photos, or a file that lists them with --manifest")
    photos: Sequence[Photo] | Iterator[Photo]
    if manifest is None:
        found = stream(inputs or [])
        several, named = not isinstance(found, list) or len(found) > 1, False
        known = hints.of(several=several)
        photos = each(lambda path: Photo(path=path, output=output, hints=known(path)), found)
    else:
        rows = read_manifest(manifest)
        several, named = len(rows) > 1, any("output" in row for row in rows)
        known = hints.of(several=several)
        photos = [_listed(row, manifest.parent, output, known) for row in rows]
    if hints.subjects is not None:
        apart = (one for photo in photos for one in _of_subjects(photo, hints.subjects))
        photos = [*apart] if isinstance(photos, Sequence) else apart
        several = several or not isinstance(photos, Sequence) or len(photos) > 1
    if not named:
        check_output(output, several=several)
    return photos


def _of_subjects(photo: Photo, subjects: Subjects) -> list[Photo]:
    several = hints_of_subjects(photo.hints, subjects)
    return [
        replace(photo, hints=hints, subject=number if subjects == "each" else None)
        for number, hints in enumerate(several, 1)
    ]


def find_frames(
    inputs: Sequence[str] | None, manifest: Path | None, output: Path, hints: HintOptions
) -> list[Photo]:
    """The frames of a sequence, in the order of their numbers."""
    if manifest is not None or not inputs:
        raise BadArgument("--sequence takes files or a folder, not a manifest")
    frames = frames_of(gather([expanded(text) for text in inputs]))
    check_output(output, several=len(frames) > 1)
    return [
        Photo(path=frame, output=output, hints=known)
        for frame, known in zip(frames, hints.of_frames(frames), strict=True)
    ]


def _listed(row: Row, folder: Path, output: Path, known: Callable[[Path], dict[str, Any]]) -> Photo:
    """The photo of a row of a manifest in that folder."""
    path = below(folder, row["photo"])
    own = {
        kind: below(folder, row[kind]) if HINTS[kind].is_file else parsed(kind, row[kind])
        for kind in KINDS
        if kind in row
    }
    place = below(output, row["output"]) if "output" in row else output
    return Photo(path=path, output=place, hints=known(path) | own)


def each(make: Callable[[S], T], given: Iterable[S]) -> Sequence[T] | Iterator[T]:
    """What is made of each: of a list at once, of a stream as it comes."""
    return [make(one) for one in given] if isinstance(given, Sequence) else map(make, given)


def items_of(photos: Iterable[Photo], make: Callable[[Photo], Item]) -> Iterable[Item]:
    """The items of photos, and of tars of photos.

    Args:
        make: the item of one photo; a `partial` of a function of a module.
    """

    def item(photo: Photo) -> Item:
        if photo.path.suffix.lower() != tars.SUFFIX:
            return make(photo)
        if photo.hint_files:
            raise BadArgument(f"the hints of {photo.path} are in it, like 7.trimap.png of 7.jpg; "
                              f"leave out {photo.hint_files[0]}")  # fmt: skip
        return tar_item(photo.path, photo.output, partial(_packed, make=make, hints=photo.hints))

    return each(item, photos)


def _packed(
    sample: Sample, folder: Path, *, make: Callable[[Photo], Item], hints: dict[str, Any]
) -> Item:
    """The item of a photo that was unpacked from a tar."""
    own = {kind: sample.others[kind] for kind in KINDS if kind in sample.others}
    files = {kind: path for kind, path in own.items() if HINTS[kind].is_file}
    values = {kind: parsed(kind, path.read_text("utf-8").strip()) for kind, path in own.items()
              if kind not in files}  # fmt: skip
    return make(Photo(path=sample.photo, output=folder, hints={**hints, **files, **values}))


@dataclass(frozen=True, kw_only=True)
class PhotoOptions:
    """How photos are read."""

    existing_alpha: Annotated[
        str,
        typer.Option(
            metavar="ignore|multiply|composite:COLOUR", help="How a photo's own alpha is handled."
        ),
    ] = "ignore"
    allow_8bit: Annotated[
        bool, typer.Option("--allow-8bit", help="Read 16-bit photos with table profiles at 8 bits.")
    ] = False
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS

    def photo(self, source: Path | bytes) -> Picture:
        """The photo, its own alpha handled."""
        picture = open_picture(source, max_pixels=self.max_pixels, allow_8bit=self.allow_8bit)
        how, colour = to_existing(self.existing_alpha)
        red, green, blue = named_colour(colour).tolist()
        return apply_existing_alpha(picture, how, (red, green, blue))


@dataclass(frozen=True, kw_only=True)
class ReadOptions(PhotoOptions):
    """How photos and hints are read."""

    strict_trimap: Annotated[
        bool, typer.Option("--strict-trimap", help="Refuse a trimap with smoothed values.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class WriteOptions:
    """How pictures are written."""

    format: Annotated[
        SaveFormat | None,
        typer.Option(help="Default: PNG, or EXR for an EXR photo; psd has layers."),
    ] = None
    bits: Bits = 8
    straight: Annotated[
        bool, typer.Option("--straight", help="EXR: colours are not multiplied by alpha.")
    ] = False
    keep_metadata: Annotated[
        bool, typer.Option("--keep-metadata", help="Copy the photo's EXIF data to the RGBA.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class StrategyOptions:
    """How a network processes a picture."""

    strategy: Annotated[
        str | None,
        typer.Option("--strategy", metavar="whole|tile|resize|hybrid", help="Default: what suits."),
    ] = None
    size: Annotated[
        str | None, typer.Option("--size", metavar="WxH", help="resize: what the network sees.")
    ] = None
    max_size: Annotated[
        int | None, typer.Option("--max-size", metavar="N", help="whole: longest side.")
    ] = None
    tile: Annotated[
        int | None, typer.Option("--tile", metavar="N", help="tile: longest side of a window.")
    ] = None
    tile_batch: Annotated[
        int | None, typer.Option("--tile-batch", metavar="N", help="tile: windows at once.")
    ] = None
    overlap: Annotated[
        int | None, typer.Option("--overlap", metavar="N", help="tile: context around it.")
    ] = None
    ratio: Annotated[
        float | None,
        typer.Option("--ratio", metavar="1/3", parser=to_ratio, help="resize: of each picture."),
    ] = None
    glance_ratio: Annotated[
        float | None,
        typer.Option(
            "--glance-ratio", metavar="1/3", parser=to_ratio, help="hybrid: size of the first pass."
        ),
    ] = None
    focus_ratio: Annotated[
        float | None,
        typer.Option(
            "--focus-ratio", metavar="1/2", parser=to_ratio, help="hybrid: size of the second pass."
        ),
    ] = None
    legacy: Annotated[
        bool, typer.Option("--legacy", help="hybrid, --ratio: sizes and fusion as published.")
    ] = False

    def chosen(self) -> StrategyConfig | None:
        """The strategy with the fields that were given; None leaves the choice open."""
        height, width = (None, None) if self.size is None else to_size(self.size)
        given = {
            "max_size": self.max_size,
            "size": self.tile,
            "batch": self.tile_batch,
            "overlap": self.overlap,
            "height": height,
            "width": width,
            "ratio": self.ratio,
            "glance_ratio": self.glance_ratio,
            "focus_ratio": self.focus_ratio,
            "legacy": self.legacy or None,
        }
        given = {name: value for name, value in given.items() if value is not None}
        known = {name: {f.name for f in fields(kind)} for name, kind in STRATEGIES.items()}
        name = self.strategy
        if name is None and given:
            name = next(strategy for strategy, own in known.items() if {*given} & own)
        if name is None:
            return None
        if name not in known:
            raise BadArgument(f"there is no strategy {name!r}; choose {', '.join(known)}")
        foreign = sorted({*given} - known[name])
        if foreign:
            raise BadArgument(
                f"the strategy {name} has no {', '.join(foreign)}; it has {', '.join(known[name])}"
            )
        try:
            strategy: StrategyConfig = STRATEGIES[name](**given)  # type: ignore[arg-type]
        except ValueError as error:
            raise BadArgument(f"the strategy {name}: {error}") from error
        return strategy


def to_existing(text: str) -> tuple[ExistingAlpha, str]:
    """The handling of an existing alpha, and the colour below it in a composite.

    >>> to_existing("composite:black")
    ('composite', 'black')
    """
    how, _, colour = text.replace(" ", ":").partition(":")
    if how not in get_args(ExistingAlpha) or (colour and how != "composite"):
        raise typer.BadParameter(
            f"'{text}' is not a way to treat an existing alpha; "
            "choose ignore, multiply or composite:COLOUR"
        )
    return cast(ExistingAlpha, how), colour or "white"


def with_confidence(
    confidence: float | None,
    least: float | None,
    subject_confidence: float | None = None,
    **given: Any,
) -> Outcome:
    """An outcome with both confidences; unsure if the lower is below `least`."""
    known = {"confidence": confidence, "subject_confidence": subject_confidence}
    shown = {name: round(value, 4) for name, value in known.items() if value is not None}
    given["extra"] = shown | given.get("extra", {})
    unsure = None
    if least is not None and shown and min(shown.values()) < least:
        name = min(shown, key=lambda name: shown[name])
        unsure = (
            f"{name.replace('_', ' ')} {shown[name]} is below {least:g}; look at the result, "
            "or paint a better hint"
        )
    return Outcome(unsure=unsure, **given)

"""What `cutout` and `predict` share: photos with what is known of them, and groups of options."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, make_dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast, get_args

import typer

from mattekit.batch.files import gather, pair, read_manifest
from mattekit.batch.names import check_output
from mattekit.batch.runner import Outcome
from mattekit.cli.options import DEFAULT_MAX_PIXELS, Bits, MaxPixels, to_size
from mattekit.core.errors import BadArgument
from mattekit.cutouts.save import SaveFormat
from mattekit.imaging.compose import named_colour
from mattekit.imaging.files import ExistingAlpha, Picture, apply_existing_alpha, open_picture
from mattekit.inference.strategies import STRATEGIES, StrategyConfig
from mattekit.subject.hints import HINTS
from mattekit.subject.several import Subjects, hints_of_subjects

KINDS = [kind for kind in HINTS if kind != "auto"]
"""Hints that somebody gives."""
STDIN = Path("-")

Photos = Annotated[
    list[str] | None,
    typer.Argument(metavar="PHOTO...", help="Files, folders or quoted globs."),
]
CommercialOnly = Annotated[
    bool,
    typer.Option(
        "--commercial-only",
        help="Refuse models whose terms do not plainly allow commercial use; also "
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
    """One photo, what is known of its subject, and where its results go."""

    path: Path
    output: Path
    """A folder, or the file of a single result."""
    hints: dict[str, Any] = field(default_factory=dict)
    """Kind of hint -> its file or value, and options, as `hint_of` takes them."""
    subject: int | None = None
    """Number of the subject, where each of several has results of its own."""

    @property
    def stem(self) -> str:
        """What the results are called."""
        return self.path.stem if self.subject is None else f"{self.path.stem}-{self.subject}"

    @property
    def hint_files(self) -> tuple[Path, ...]:
        """Files that are read beside the photo."""
        return tuple(value for value in self.hints.values() if isinstance(value, Path))


@dataclass(frozen=True, kw_only=True)
class _Hints:
    """What is known of the subject: one of `HINTS` for all photos, or one for each."""

    band: Annotated[
        str | None,
        typer.Option(
            metavar="N|N%",
            help="Width of a mask's unknown edge, in pixels or relative; default: as it is soft.",
        ),
    ] = None
    point: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y", help="A pixel of the subject; may be repeated."),
    ] = None
    not_point: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y", help="A pixel beside the subject; may be repeated."),
    ] = None
    subjects: Annotated[
        Literal["each", "all"] | None,
        typer.Option(
            help="Of several, by a mask with one value a subject or a point on each: a result for "
            "each, or one for all."
        ),
    ] = None
    segmenter: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE.onnx",
            help="What finds the subject without a hint, in a box or from points; default: the "
            "best installed.",
        ),
    ] = None
    commercial_only: CommercialOnly = False

    @property
    def clicks(self) -> str | None:
        """All points as one text."""
        words = [*(self.point or ()), *(f"{word},0" for word in self.not_point or ())]
        return " ".join(words) or None

    def of(self, photos: Sequence[Path]) -> list[dict[str, Any]]:
        """The hint of each photo and its options, as `hint_of` takes them."""
        given = {kind: getattr(self, kind) for kind in KINDS if getattr(self, kind, None)}
        if self.clicks is not None:
            given["points"] = " ".join(filter(None, (given.get("points"), self.clicks)))
        options = {
            "band": self.band,
            "segmenter": self.segmenter,
            "commercial_only": self.commercial_only,
        }
        partners = {kind: pair(photos, given[kind]) for kind in given if HINTS[kind].is_file}
        values = {kind: parsed(kind, given[kind]) for kind in given if kind not in partners}
        return [
            {**options, **values} | {kind: files[path] for kind, files in partners.items()}
            for path in photos
        ]


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
    """The value of a hint that is written on the line, such as a box."""
    value: Any = HINTS[kind].parse(text).value
    return value


def find_photos(
    inputs: Sequence[str] | None, manifest: Path | None, output: Path, hints: HintOptions
) -> list[Photo]:
    """The photos of a command line or of a manifest."""
    if bool(inputs) == bool(manifest):
        raise BadArgument("name the photos, or a file that lists them with --manifest")
    rows = (
        read_manifest(manifest) if manifest else [{"photo": str(p)} for p in gather(inputs or [])]
    )
    root = manifest.parent if manifest else Path()
    paths = [root / row["photo"] for row in rows]
    photos = [
        Photo(
            path=path,
            output=output / row["output"] if "output" in row else output,
            hints=known
            | {
                kind: root / row[kind] if HINTS[kind].is_file else parsed(kind, row[kind])
                for kind in KINDS
                if kind in row
            },
        )
        for path, row, known in zip(paths, rows, hints.of(paths), strict=True)
    ]
    if hints.subjects is not None:
        photos = [one for photo in photos for one in _of_subjects(photo, hints.subjects)]
    if not any("output" in row for row in rows):
        check_output(output, len(photos))
    return photos


def _of_subjects(photo: Photo, subjects: Subjects) -> list[Photo]:
    several = hints_of_subjects(photo.hints, subjects)
    return [
        replace(photo, hints=hints, subject=number if subjects == "each" else None)
        for number, hints in enumerate(several, 1)
    ]


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How photos and hints are read."""

    existing_alpha: Annotated[
        str,
        typer.Option(
            metavar="ignore|multiply|composite:COLOUR", help="What becomes of a photo's own alpha."
        ),
    ] = "ignore"
    strict_trimap: Annotated[
        bool, typer.Option("--strict-trimap", help="Refuse a trimap with smoothed values.")
    ] = False
    allow_8bit: Annotated[
        bool, typer.Option("--allow-8bit", help="Read 16-bit photos with table profiles at 8 bits.")
    ] = False
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS

    def photo(self, source: Path | bytes) -> Picture:
        """The photo, its own alpha dealt with."""
        picture = open_picture(source, max_pixels=self.max_pixels, allow_8bit=self.allow_8bit)
        how, colour = to_existing(self.existing_alpha)
        red, green, blue = named_colour(colour).tolist()
        return apply_existing_alpha(picture, how, (red, green, blue))


@dataclass(frozen=True, kw_only=True)
class WriteOptions:
    """How pictures are written."""

    format: Annotated[
        SaveFormat | None,
        typer.Option(help="Else PNG, or EXR of an EXR photo; psd holds layers."),
    ] = None
    bits: Bits = 8
    straight: Annotated[
        bool, typer.Option("--straight", help="EXR: colours are not multiplied by alpha.")
    ] = False
    keep_metadata: Annotated[
        bool, typer.Option("--keep-metadata", help="Carry what the camera noted to the RGBA.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class StrategyOptions:
    """How a network goes over a picture."""

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
    overlap: Annotated[
        int | None, typer.Option("--overlap", metavar="N", help="tile: context around it.")
    ] = None
    ratio: Annotated[
        str | None, typer.Option("--ratio", metavar="1/3", help="resize: a share of each picture.")
    ] = None
    glance_ratio: Annotated[
        str | None,
        typer.Option("--glance-ratio", metavar="1/3", help="hybrid: size of the first pass."),
    ] = None
    focus_ratio: Annotated[
        str | None,
        typer.Option("--focus-ratio", metavar="1/2", help="hybrid: size of the second pass."),
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
            "overlap": self.overlap,
            "height": height,
            "width": width,
            "legacy": self.legacy or None,
        }
        for name in ("ratio", "glance_ratio", "focus_ratio"):
            given[name] = to_ratio(getattr(self, name))
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


def to_ratio(text: str | None) -> float | None:
    """A share, from `1/3` or a plain number.

    >>> to_ratio("1/4"), to_ratio("0.5")
    (0.25, 0.5)
    """
    if text is None:
        return None
    try:
        return float(Fraction(text))
    except (ValueError, ZeroDivisionError) as error:
        raise typer.BadParameter(f"'{text}' is no share; write it like 1/3 or 0.5") from error


def to_existing(text: str) -> tuple[ExistingAlpha, str]:
    """What becomes of an existing alpha, and the colour that a composite puts under it.

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
    """An outcome with both confidences, unsure where the lower is below the least."""
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

"""Options that verbs for photos and cut-outs share: aliases, and groups of them as in `options`."""

from dataclasses import dataclass, fields, make_dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args

from typer import Argument, BadParameter, Option

from mattekit.batch.names import is_file
from mattekit.cli.options import Bits, MaxPixels, to_ratio, to_size
from mattekit.core.errors import BadArgument
from mattekit.cutouts.finishing import FinishingOptions
from mattekit.cutouts.photos import KINDS, GivenHints, parsed
from mattekit.cutouts.save import (
    PARTS,
    Fit,
    SaveFormat,
    SaveOptions,
    chosen_format,
    chosen_parts,
    read_backdrop,
)
from mattekit.imaging.compose import named_colour
from mattekit.imaging.files import MAX_PIXELS, open_picture
from mattekit.imaging.picture import ExistingAlpha, Picture, apply_existing_alpha
from mattekit.inference.strategies import STRATEGIES, StrategyConfig, strategy_named
from mattekit.subject.hints import HINTS, hint_of

Photos = Annotated[
    list[str] | None, Argument(metavar="PHOTO", help="Files, folders or quoted globs.")
]
Manifest = Annotated[
    Path | None,
    Option(metavar="FILE", help="Photos and hints from JSON lines, CSV, Parquet or text."),
]
CommercialOnly = Annotated[
    bool,
    Option(
        help="Refuse models whose terms do not clearly allow commercial use; also "
        "MATTEKIT_COMMERCIAL_ONLY=1."
    ),
]
MinConfidence = Annotated[
    float | None,
    Option(
        metavar="X",
        min=0.0,
        max=1.0,
        help="Report results of less confidence, from 0 to 1, as unsure; exit code 1.",
    ),
]
Trimap = Annotated[
    Path | None, Option(metavar="FILE|DIR", help="Black background, grey unknown, white subject.")
]
StrictTrimap = Annotated[bool, Option(help="Refuse a trimap with more than black, grey and white.")]
Pixels = partial(Option, metavar="N", min=0, show_default=False)
"""An option of a distance."""
BackgroundFit = Annotated[Fit, Option(help="How a background of another size is fitted.")]


SUBJECT = "What is known of the subject."
_Kinds: Any = make_dataclass(
    "_Kinds",
    [
        (
            kind,
            Annotated[
                (Path if HINTS[kind].is_file else str) | None,
                Option(metavar=HINTS[kind].metavar, help=HINTS[kind].help),
            ],
            None,
        )
        for kind in KINDS
    ],
    namespace={"__doc__": SUBJECT},
    frozen=True,
    kw_only=True,
)
"""An option of each kind of hint."""


@dataclass(frozen=True, kw_only=True)
class HintOptions(_Kinds):
    __doc__ = SUBJECT

    band: Annotated[
        str | None,
        Option(
            metavar="N|N%",
            help="Width of a mask's unknown edge, in pixels or relative; default: by its softness.",
        ),
    ] = None
    point: Annotated[
        list[str] | None, Option(metavar="X,Y", help="A pixel of the subject; may be repeated.")
    ] = None
    not_point: Annotated[
        list[str] | None, Option(metavar="X,Y", help="A pixel of the background; may be repeated.")
    ] = None
    subjects: Annotated[
        Literal["each", "all"] | None,
        Option(
            help="Several subjects, from a mask with one value per subject or a point on each: a "
            "result for each, or one for all."
        ),
    ] = None
    segmenter: Annotated[
        str | None,
        Option(
            metavar="NAME|FILE.onnx",
            help="Finds the subject without a hint, in a box or from points; default: the best "
            "installed one.",
        ),
    ] = None
    commercial_only: CommercialOnly = False

    def given(self) -> GivenHints:
        """The same, as the library takes it."""
        values = {kind: getattr(self, kind) for kind in KINDS if getattr(self, kind)}
        clicks = [*(self.point or ()), *(f"{word},0" for word in self.not_point or ())]
        if clicks:
            values["points"] = " ".join([*filter(None, [values.get("points")]), *clicks])
        options: dict[str, Any] = {
            "band": self.band,
            "segmenter": self.segmenter,
            "commercial_only": self.commercial_only,
        }
        known = {k: v if HINTS[k].is_file else parsed(k, v) for k, v in values.items()}
        hint_of(**known, **options)  # which refuses hints that exclude each other
        return GivenHints(values=values, options=options, subjects=self.subjects)


@dataclass(frozen=True, kw_only=True)
class PhotoOptions:
    """How photos are read."""

    existing_alpha: Annotated[
        str,
        Option(
            metavar="ignore|multiply|composite:COLOUR",
            help="What becomes of an alpha channel that the photo has.",
        ),
    ] = "ignore"
    allow_8bit: Annotated[
        bool, Option(help="Convert 16-bit photos with table-based profiles at 8 bits.")
    ] = False
    max_pixels: MaxPixels = MAX_PIXELS

    def __post_init__(self) -> None:
        to_existing(self.existing_alpha)  # refuses what is no way to treat it

    def photo(self, source: Path | bytes) -> Picture:
        """The photo, its own alpha handled."""
        picture = open_picture(source, max_pixels=self.max_pixels, allow_8bit=self.allow_8bit)
        how, colour = to_existing(self.existing_alpha)
        red, green, blue = named_colour(colour).tolist()
        return apply_existing_alpha(picture, how, (red, green, blue))


def to_existing(text: str) -> tuple[ExistingAlpha, str]:
    """The handling of an existing alpha, and the colour below it in a composite.

    >>> to_existing("composite:black")
    ('composite', 'black')
    """
    how, _, colour = text.replace(" ", ":").partition(":")
    if how not in get_args(ExistingAlpha) or (colour and how != "composite"):
        raise BadParameter(
            f"'{text}' is not a way to treat an existing alpha; "
            "choose ignore, multiply or composite:COLOUR"
        )
    return cast(ExistingAlpha, how), colour or "white"


@dataclass(frozen=True, kw_only=True)
class StrategyOptions:
    """How a network goes over a photo."""

    strategy: Annotated[
        str | None,
        Option(metavar="whole|tile|resize|hybrid", help="Default: what suits network and photo."),
    ] = None
    size: Annotated[
        str | None, Option(metavar="WxH", help="resize: width and height that the network sees.")
    ] = None
    max_size: Annotated[
        int | None, Option(metavar="N", help="whole: longest side that the network sees.")
    ] = None
    tile: Annotated[int | None, Option(metavar="N", help="tile: longest side of a window.")] = None
    tile_batch: Annotated[
        int | None, Option(metavar="N", help="tile: windows that are processed at once.")
    ] = None
    overlap: Annotated[
        int | None, Option(metavar="N", help="tile: pixels of context around a window.")
    ] = None
    ratio: Annotated[
        float | None,
        Option(metavar="1/3", parser=to_ratio, help="resize: share of the photo's own size."),
    ] = None
    glance_ratio: Annotated[
        float | None, Option(metavar="1/3", parser=to_ratio, help="hybrid: size of the first pass.")
    ] = None
    focus_ratio: Annotated[
        float | None,
        Option(metavar="1/2", parser=to_ratio, help="hybrid: size of the second pass."),
    ] = None
    legacy: Annotated[bool, Option(help="hybrid, --ratio: sizes and fusion as published.")] = False

    def chosen(self) -> StrategyConfig | None:
        """The strategy with the fields that were given; None leaves the choice open."""
        height, width = (None, None) if self.size is None else to_size(self.size)
        values = {
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
        given = {name: value for name, value in values.items() if value is not None}
        known = {name: [f.name for f in fields(kind)] for name, kind in STRATEGIES.items()}
        name = self.strategy or next((n for n in known if given.keys() & {*known[n]}), None)
        if name is None:
            return None
        if name not in known:
            return strategy_named(name)  # which refuses it
        foreign = sorted(given.keys() - {*known[name]})
        if foreign:
            raise BadArgument(
                f"the strategy {name} has no {', '.join(foreign)}; it has {', '.join(known[name])}"
            )
        try:
            strategy: StrategyConfig = STRATEGIES[name](**given)  # type: ignore[arg-type]
        except ValueError as error:
            raise BadArgument(f"the strategy {name}: {error}") from error
        return strategy


@dataclass(frozen=True, kw_only=True)
class FinishOptions:
    """What is done to a finished cut-out."""

    crop: Annotated[bool, Option(help="Cut to the subject.")] = False
    margin: Annotated[
        str,
        Option(
            metavar="N|N%",
            show_default=False,
            help="Room around it, in pixels or of its longer side.",
        ),
    ] = "0"
    square: Annotated[bool, Option(help="Pad the shorter side.")] = False
    longest: Annotated[
        int | None, Option(metavar="N", min=1, help="Longest side of the result.")
    ] = None
    canvas: Annotated[
        str | None, Option(metavar="WxH", help="Size of the result, the subject as large as fits.")
    ] = None
    fill_holes: Annotated[bool, Option(help="Make small enclosed holes opaque.")] = False
    drop_islands: Annotated[bool, Option(help="Keep the largest piece only.")] = False
    grow: Annotated[float, Pixels(help="Move the edge outwards by N pixels.")] = 0.0
    shrink: Annotated[float, Pixels(help="Move the edge inwards by N pixels.")] = 0.0
    feather: Annotated[float, Pixels(help="Soften the edge over N pixels.")] = 0.0
    shadow: Annotated[
        Literal["none", "keep"], Option(help="keep: the subject's shadow on the ground.")
    ] = "none"

    def chosen(self) -> FinishingOptions:
        """The same, as the library takes it."""
        if self.grow and self.shrink:
            raise BadArgument("--grow and --shrink both move the edge; give one")
        if self.canvas and (self.square or self.longest):
            raise BadArgument("--canvas sets both sides; leave out --square and --longest")
        return FinishingOptions(
            crop=self.crop,
            margin=0 if self.margin == "0" else self.margin,
            square=self.square,
            size=self.longest,
            canvas=None if self.canvas is None else to_size(self.canvas),
            fill_holes=self.fill_holes,
            drop_islands=self.drop_islands,
            grow=self.grow - self.shrink,
            feather=self.feather,
            shadow=self.shadow,
        )


@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """How files are written."""

    format: Annotated[
        SaveFormat | None, Option(help="Default: PNG, or EXR for an EXR photo; psd has layers.")
    ] = None
    bits: Bits = 8


@dataclass(frozen=True, kw_only=True)
class WriteOptions(FileOptions):
    """How pictures with colours are written."""

    straight: Annotated[bool, Option(help="EXR: colours are not multiplied by alpha.")] = False
    keep_metadata: Annotated[bool, Option(help="Copy the photo's EXIF data to the result.")] = False


@dataclass(frozen=True, kw_only=True)
class SavedOptions:
    """What is written."""

    save: Annotated[
        str | None,
        Option(metavar="LIST", help=f"Any of {', '.join(PARTS)}, with commas; default: rgba."),
    ] = None
    background: Annotated[
        str | None, Option(metavar="COLOUR|IMAGE", help="Also put the subject on this background.")
    ] = None
    fit: BackgroundFit = "cover"

    def chosen(self, output: Path, write: WriteOptions) -> SaveOptions:
        """The same, as the library takes it; refused where the format cannot hold it."""
        format = chosen_format(output, write.format, is_file=is_file(output))
        options = SaveOptions(
            parts=chosen_parts(self.save, format, background=self.background is not None),
            format=format,
            bits=write.bits,
            straight=write.straight,
            keep_metadata=write.keep_metadata,
            backdrop=read_backdrop(self.background, self.fit) if self.background else None,
        )
        options.check()
        return options

"""Options that several commands share, each declared once, and groups of them.

A command that takes a group, `def run(..., batch: BatchOptions)`, has all of its options, listed in
`--help` under the group's heading: the first line of its docstring; see `flattened`. Sizes are
WIDTHxHEIGHT on the command line and (height, width) in Python. Options about photos and cut-outs:
`photo_options`.
"""

import functools
import inspect
import re
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, fields, is_dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from typer import Argument, BadParameter, Option

from mattekit.batch.files import Shard, parse_shard
from mattekit.batch.processes import Limits
from mattekit.batch.runner import Existing
from mattekit.core.errors import BadArgument
from mattekit.core.storage import Url, as_path

MEMORY_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def to_pixels(text: str | int) -> int:
    """Number of pixels from `150MP` or a plain number.

    >>> to_pixels("1.5MP"), to_pixels("4000")
    (1500000, 4000)
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(mp)?", str(text).strip().lower())
    if not match or not float(match[1]):
        raise BadParameter(f"'{text}' is not a number of pixels; write it like 150MP")
    return round(float(match[1]) * (1_000_000 if match[2] else 1))


def to_bytes(text: str | int) -> int:
    """Number of bytes from `2GB`, `500MB` or a plain number.

    >>> to_bytes("2GB"), to_bytes("1.5 kb")
    (2147483648, 1536)
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", str(text).strip().lower())
    if not match or not float(match[1]):
        raise BadParameter(f"'{text}' is not an amount of memory; write it like 2GB")
    return round(float(match[1]) * MEMORY_UNITS[match[2]])


def to_bits(text: str | int) -> int:
    """8, 16, or of EXR 32.

    >>> to_bits("16")
    16
    """
    if str(text) not in ("8", "16", "32"):
        raise BadParameter(f"'{text}' bits cannot be written; choose 8, 16, or of EXR 32")
    return int(text)


def to_shard(text: str | Shard) -> Shard:
    """One part of several, from `I/N`."""
    try:
        return parse_shard(str(text))
    except BadArgument as error:
        raise BadParameter(str(error)) from error


def to_size(text: str) -> tuple[int, int]:
    """(height, width) from `WIDTHxHEIGHT`; a command calls it on its `PictureSize`.

    >>> to_size("640x480")
    (480, 640)
    """
    match = re.fullmatch(r"(\d+)x(\d+)", text.strip().lower())
    if not match or not int(match[1]) or not int(match[2]):
        raise BadParameter(f"'{text}' is not a size; write WIDTHxHEIGHT, like 640x480")
    return int(match[2]), int(match[1])


def to_ratio(text: str | float) -> float:
    """A share, from `1/3` or a plain number.

    >>> to_ratio("1/4"), to_ratio("0.5")
    (0.25, 0.5)
    """
    try:
        return float(Fraction(text))
    except (ValueError, ZeroDivisionError) as error:
        raise BadParameter(f"'{text}' is no share; write it like 1/3 or 0.5") from error


Pictures = Annotated[list[str], Argument(metavar="PICTURE", help="Files, folders or quoted globs.")]
Output = Annotated[
    Path,
    Option("-o", "--output", metavar="FILE|DIR", help="A folder, or the file of a single result."),
]
OutputFolder = Annotated[Path, Option("-o", "--output", metavar="DIR", help="Where results go.")]
OutputFile = Annotated[Path, Option("-o", "--output", metavar="FILE", help="The file to write.")]
Overwrite = Annotated[bool, Option(help="Replace results that exist.")]
Json = Annotated[bool, Option(help="Print one JSON document in place of lines.")]
Quiet = Annotated[bool, Option(help="Print failures only.")]
MaxPixels = Annotated[
    int,
    Option(
        metavar="N|150MP",
        parser=to_pixels,
        show_default=False,
        help="Refuse larger pictures before decoding them; default: 150MP.",
    ),
]
MaxMemory = Annotated[
    int | None,
    Option(metavar="2GB", parser=to_bytes, show_default=False, help="Memory of the whole process."),
]
Processes = Annotated[
    int, Option(metavar="N", min=0, help="Inputs worked on at a time; 0: one per processor.")
]
ItemSeconds = Annotated[
    float | None, Option(metavar="N", min=0.1, help="Give up on an input that takes longer.")
]
ItemMemory = Annotated[
    int | None,
    Option(metavar="4GB", parser=to_bytes, help="Give up on an input that takes more memory."),
]
PictureSize = Annotated[str, Option(metavar="WxH", help="Width and height in pixels.")]
Bits = Annotated[
    int,
    Option(
        metavar="8|16|32",
        parser=to_bits,
        help="Bits per value; PNG and TIFF: 8 or 16; EXR: half floats, or 32.",
    ),
]
Seed = Annotated[int, Option(metavar="N", help="The same seed gives the same result.")]
Device = Annotated[
    str,
    Option(
        metavar="auto|cpu|cuda|cuda:N|mps",
        help="Where networks run; auto: the fastest there is, named once.",
    ),
]
Precision = Annotated[str | None, Option(metavar="32|bf16|fp16", help="Arithmetic of the network.")]
RecipeName = Annotated[
    str, Argument(metavar="RECIPE", help="Name of a bundled recipe, or a YAML file.")
]
Overrides = Annotated[
    list[str] | None,
    Argument(metavar="KEY=VALUE", help="Values to change, such as optimiser.lr=1e-4."),
]


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """Existing results and messages."""

    overwrite: Overwrite = False
    json: Json = False
    quiet: Quiet = False


@dataclass(frozen=True, kw_only=True)
class BatchOptions(ReportOptions):
    """Many inputs."""

    skip_existing: Annotated[
        bool, Option(help="Skip inputs whose results exist; resumes a run.")
    ] = False
    processes: Processes = 1
    item_seconds: ItemSeconds = None
    item_memory: ItemMemory = None
    shard: Annotated[
        Shard, Option(metavar="I/N", parser=to_shard, help="Process only part I of N, from 0/N.")
    ] = Shard()  # noqa: RUF009
    ledger: Annotated[
        Path | None, Option(metavar="FILE.jsonl", help="Add a line about each input to this file.")
    ] = None
    prometheus: Annotated[
        Path | None,
        Option(metavar="FILE.prom", help="Keep counts for Prometheus in this file meanwhile."),
    ] = None
    engine: Annotated[
        Literal["local", "ray"], Option(help="Work on this machine, or on a Ray cluster.")
    ] = "local"
    address: Annotated[
        str | None,
        Option(metavar="HOST:PORT", help="ray: of a running cluster; default: start one."),
    ] = None
    num_cpus_per_worker: Annotated[
        float | None, Option(metavar="N", min=0.1, help="ray: processors per worker; default: 1.")
    ] = None
    command: str = ""
    """All options that affect the results; filled in by `flattened`."""

    def __post_init__(self) -> None:
        if self.overwrite and self.skip_existing:
            raise BadArgument("--overwrite and --skip-existing exclude each other; give one")

    @property
    def existing(self) -> Existing:
        """How to handle an input whose results exist."""
        return "skip" if self.skip_existing else "replace" if self.overwrite else "refuse"

    @property
    def limits(self) -> Limits:
        """What the work on one input may take."""
        return Limits(seconds=self.item_seconds, memory=self.item_memory)

    @property
    def here(self) -> bool:
        """Whether the work is done in this very process."""
        return self.processes == 1 and self.engine == "local" and not self.limits


@dataclass(frozen=True, kw_only=True)
class ManyProcesses(BatchOptions):
    """The same for single-threaded work, which uses all processors by default."""

    processes: Processes = 0


SAME_RESULTS = {field.name for field in fields(BatchOptions)} | {"photos", "manifest"}
"""Parameters that do not change what is written for an input."""
TAKES_URLS = {
    "cutout", "key", "predict", "pictures", "evaluate", "ledger", "samples",
    "preparing.photographs",
}  # fmt: skip
"""Modules of verbs whose files may lie in object storage."""


def flattened(run: Callable[..., None]) -> Callable[..., None]:
    """The same function with the options of its groups as parameters instead of the groups."""
    hints = get_type_hints(run, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(run).parameters.items():
        if name in groups:
            parameters += _options_of(groups[name])
        else:
            parameters.append(_option(name, hints[name], parameter.default))

    @functools.wraps(run)
    def call(**given: Any) -> None:
        given = {name: _places(value, run.__module__) for name, value in given.items()}
        decides = {name: str(value) for name, value in given.items() if name not in SAME_RESULTS}
        for name, group in groups.items():
            names = {field.name for field in fields(group)} & given.keys()
            built = group(**{option: given.pop(option) for option in names})
            if isinstance(built, BatchOptions):
                command = f"{run.__module__}.{run.__qualname__} {sorted(decides.items())}"
                built = replace(built, command=command)
            given[name] = built
        run(**given)

    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return call


def _options_of(group: Any) -> list[inspect.Parameter]:
    """The options of a group, under the heading of the class that is the first to have each."""
    hints = get_type_hints(group, include_extras=True)
    options = []
    for field in fields(group):
        if get_origin(hints[field.name]) is Annotated:
            owner = next(
                c for c in reversed(group.__mro__) if field.name in inspect.get_annotations(c)
            )
            heading = (owner.__doc__ or "").partition("\n")[0].rstrip(".")
            options.append(_option(field.name, hints[field.name], field.default, heading))
    return options


def _option(name: str, hint: Any, default: Any, heading: str | None = None) -> inspect.Parameter:
    """The parameter of an option; a flag is called `--name`, without Typer's `--no-name`."""
    kind, option = get_args(hint)
    option = copy(option)
    option.rich_help_panel = heading
    if kind is bool:
        option.param_decls = (f"--{name.replace('_', '-')}",)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
    )


def _places(value: Any, module: str) -> Any:
    """The value of an option; a path that is the URL of object storage becomes one."""
    if isinstance(value, list):
        return [_places(one, module) for one in value]
    if not isinstance(value, Path):
        return value
    place = as_path(value)
    if isinstance(place, Url) and module.removeprefix("mattekit.cli.") not in TAKES_URLS:
        raise BadArgument(f"{place} is in object storage; this command takes local files only")
    return place

"""Options that several commands share: types, and groups of them.

A command that takes a group, `def run(..., batch: BatchOptions)`, has all of its options, see
`flattened`. Sizes are WIDTHxHEIGHT on the command line and (height, width) in Python.
"""

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin, get_type_hints

import typer

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
        raise typer.BadParameter(f"'{text}' is not a number of pixels; write it like 150MP")
    return round(float(match[1]) * (1_000_000 if match[2] else 1))


def to_bytes(text: str | int) -> int:
    """Number of bytes from `2GB`, `500MB` or a plain number.

    >>> to_bytes("2GB"), to_bytes("1.5 kb")
    (2147483648, 1536)
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", str(text).strip().lower())
    if not match or not float(match[1]):
        raise typer.BadParameter(f"'{text}' is not an amount of memory; write it like 2GB")
    return round(float(match[1]) * MEMORY_UNITS[match[2]])


def to_bits(text: str | int) -> int:
    """8, 16, or of EXR 32.

    >>> to_bits("16")
    16
    """
    if str(text) not in ("8", "16", "32"):
        raise typer.BadParameter(f"'{text}' bits cannot be written; choose 8, 16, or of EXR 32")
    return int(text)


def to_shard(text: str | Shard) -> Shard:
    """One part of several, from `I/N`."""
    try:
        return parse_shard(str(text))
    except BadArgument as error:
        raise typer.BadParameter(str(error)) from error


def to_size(text: str) -> tuple[int, int]:
    """(height, width) from `WIDTHxHEIGHT`; a command calls it on its `PictureSize`.

    >>> to_size("640x480")
    (480, 640)
    """
    match = re.fullmatch(r"(\d+)x(\d+)", text.strip().lower())
    if not match or not int(match[1]) or not int(match[2]):
        raise typer.BadParameter(f"'{text}' is not a size; write WIDTHxHEIGHT, like 640x480")
    return int(match[2]), int(match[1])


def to_ratio(text: str | float) -> float:
    """A share, from `1/3` or a plain number.

    >>> to_ratio("1/4"), to_ratio("0.5")
    (0.25, 0.5)
    """
    try:
        return float(Fraction(text))
    except (ValueError, ZeroDivisionError) as error:
        raise typer.BadParameter(f"'{text}' is no share; write it like 1/3 or 0.5") from error


Pictures = Annotated[
    list[str],
    typer.Argument(metavar="PICTURE...", help="Files, folders or quoted globs."),
]
Output = Annotated[
    Path, typer.Option("-o", "--output", metavar="FILE|DIR", help="The file or folder to write.")
]
OutputFolder = Annotated[
    Path, typer.Option("-o", "--output", metavar="DIR", help="Where the results go.")
]
OutputFile = Annotated[
    Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")
]
Manifest = Annotated[
    Path | None,
    typer.Option(
        "--manifest", metavar="FILE", help="Photos and hints from JSON lines, CSV, Parquet or text."
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results that exist.")]
SkipExisting = Annotated[
    bool,
    typer.Option("--skip-existing", help="Skip inputs whose results exist; resumes a run."),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document that lists every input.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print failures only.")]
MaxPixels = Annotated[
    int,
    typer.Option(
        "--max-pixels",
        metavar="N|150MP",
        parser=to_pixels,
        help="Refuse larger pictures before decoding them.",
    ),
]
MaxMemory = Annotated[
    int,
    typer.Option(
        "--max-memory", metavar="2GB", parser=to_bytes, help="Memory that the work may use."
    ),
]
Processes = Annotated[
    int,
    typer.Option("--processes", metavar="N", min=0, help="0: one per processor."),
]
PictureSize = Annotated[
    str, typer.Option("--size", metavar="WxH", help="Width and height in pixels.")
]
Bits = Annotated[
    int,
    typer.Option(
        "--bits", metavar="8|16|32", parser=to_bits, help="Bits of a value; EXR: 32, or else half."
    ),
]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same result.")]
Device = Annotated[
    str,
    typer.Option(
        "--device", metavar="auto|cpu|cuda|cuda:N|mps", help="Where to compute; auto names it once."
    ),
]

DEFAULT_MAX_PIXELS = 150_000_000


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """What a command prints, and whether it replaces what it wrote before."""

    overwrite: Overwrite = False
    json: Json = False
    quiet: Quiet = False


ItemSeconds = Annotated[
    float | None,
    typer.Option(
        "--item-seconds", metavar="N", min=0.1, help="Set an input aside that takes longer."
    ),
]
ItemMemory = Annotated[
    int | None,
    typer.Option(
        "--item-memory",
        metavar="4GB",
        parser=to_bytes,
        help="Set an input aside whose process takes more.",
    ),
]


@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """How a batch is run, and what it prints."""

    processes: Processes = 1
    item_seconds: ItemSeconds = None
    item_memory: ItemMemory = None
    shard: Annotated[
        Shard,
        typer.Option(
            "--shard", metavar="I/N", parser=to_shard, help="Process only part I of N, from 0/N."
        ),
    ] = Shard()  # noqa: RUF009
    ledger: Annotated[
        Path | None,
        typer.Option("--ledger", metavar="FILE.jsonl", help="Add a line for each input."),
    ] = None
    prometheus: Annotated[
        Path | None,
        typer.Option("--prometheus", metavar="FILE.prom", help="Keep counts there while it runs."),
    ] = None
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option("--engine", help="Where the work is done: this machine, or a Ray cluster."),
    ] = "local"
    address: Annotated[
        str | None,
        typer.Option("--address", metavar="HOST:PORT", help="ray: of the cluster; else a new one."),
    ] = None
    num_cpus_per_worker: Annotated[
        float | None,
        typer.Option("--num-cpus-per-worker", metavar="N", min=0.1, help="ray: default 1."),
    ] = None
    overwrite: Overwrite = False
    skip_existing: SkipExisting = False
    json: Json = False
    quiet: Quiet = False
    command: str = ""
    """All options that affect the results; filled in by `flattened`."""

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


SAME_RESULTS = {
    "photos", "manifest", "shard", "ledger", "processes", "overwrite", "skip_existing", "json",
    "quiet", "item_seconds", "item_memory", "prometheus", "engine", "address",
    "num_cpus_per_worker",
}  # fmt: skip
"""Parameters that do not change what is written for an input."""
TAKES_URLS = {
    "cutout", "key", "predict", "trimap", "foreground", "composite", "inspect", "evaluate",
    "ledger", "synth", "preparing.photographs",
}  # fmt: skip
"""Modules of verbs whose files may lie in object storage."""


def flattened(run: Callable[..., None]) -> Callable[..., None]:
    """The same function with the options of its groups as parameters instead of the groups."""
    hints = get_type_hints(run, include_extras=True)
    parameters: list[inspect.Parameter] = []
    groups: dict[str, tuple[Any, list[str]]] = {}
    for name, parameter in inspect.signature(run).parameters.items():
        if not is_dataclass(hints[name]):
            parameters.append(
                parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
            )
            continue
        inner = get_type_hints(hints[name], include_extras=True)
        options = [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=field.default,
                annotation=inner[field.name],
            )
            for field in fields(hints[name])
            if get_origin(inner[field.name]) is Annotated
        ]
        groups[name] = hints[name], [option.name for option in options]
        parameters += options

    @functools.wraps(run)
    def call(**given: Any) -> None:
        given = {name: _places(value, run.__module__) for name, value in given.items()}
        decides = {name: str(value) for name, value in given.items() if name not in SAME_RESULTS}
        for name, (group, names) in groups.items():
            built = group(**{option: given.pop(option) for option in names})
            if isinstance(built, BatchOptions):
                command = f"{run.__module__}.{run.__qualname__} {sorted(decides.items())}"
                built = replace(built, command=command)
            given[name] = built
        run(**given)

    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return call


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

"""Options that several commands share, as types: `def run(..., json: Json = False)`.

Sizes are WIDTHxHEIGHT on the command line and (height, width) in Python.
"""

import re
from pathlib import Path
from typing import Annotated

import typer

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
    """8 or 16.

    >>> to_bits("16")
    16
    """
    if str(text) not in ("8", "16"):
        raise typer.BadParameter(f"'{text}' bits cannot be written; choose 8 or 16")
    return int(text)


def to_box(text: str) -> tuple[int, int, int, int]:
    """x, y, width, height from `X,Y,W,H`.

    >>> to_box("10, 20,300,400")
    (10, 20, 300, 400)
    """
    match = re.fullmatch(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*", text)
    if not match:
        raise typer.BadParameter(f"'{text}' is no box; write x,y,width,height in pixels")
    x, y, width, height = (int(number) for number in match.groups())
    return x, y, width, height


def to_size(text: str) -> tuple[int, int]:
    """(height, width) from `WIDTHxHEIGHT`; a command calls it on its `PictureSize`.

    >>> to_size("640x480")
    (480, 640)
    """
    match = re.fullmatch(r"(\d+)x(\d+)", text.strip().lower())
    if not match or not int(match[1]) or not int(match[2]):
        raise typer.BadParameter(f"'{text}' is not a size; write WIDTHxHEIGHT, like 640x480")
    return int(match[2]), int(match[1])


Pictures = Annotated[
    list[str],
    typer.Argument(metavar="PICTURE...", help="Files, folders or quoted globs."),
]
OutputFolder = Annotated[
    Path, typer.Option("-o", "--output-folder", metavar="DIR", help="Where the results go.")
]
Output = Annotated[
    Path, typer.Option("-o", "--output", metavar="FILE|DIR", help="The file or folder to write.")
]
OutputFile = Annotated[
    Path, typer.Option("-o", "--output-file", metavar="FILE", help="The file to write.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results that exist.")]
SkipExisting = Annotated[
    bool,
    typer.Option("--skip-existing", help="Leave out inputs whose results exist; resumes a run."),
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
        "--max-memory", metavar="2GB", parser=to_bytes, help="Memory that the work may take."
    ),
]
Processes = Annotated[
    int,
    typer.Option("--processes", metavar="N", min=0, help="0: one a processor."),
]
PictureSize = Annotated[
    str, typer.Option("--size", metavar="WxH", help="Width and height in pixels.")
]
Bits = Annotated[
    int,
    typer.Option("--bits", metavar="8|16", parser=to_bits, help="Bits of every written value."),
]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same result.")]
Device = Annotated[
    str,
    typer.Option(
        "--device", metavar="auto|cpu|cuda|cuda:N|mps", help="Where to compute; auto says once."
    ),
]

DEFAULT_MAX_PIXELS = 150_000_000

"""Where the files of a batch are listed and paired: the only place that looks into folders."""

import csv
import glob
import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mattekit.core.errors import BadArgument, BadData

Row = dict[str, str]
"""A line of a manifest: `photo`, and the hint and output of that photo where it names them."""


def gather(inputs: Sequence[str]) -> list[Path]:
    """The pictures that files, folders and globs stand for, each once.

    A named file that does not exist is kept: it fails alone, when its turn comes.
    """
    return list(dict.fromkeys(path for text in inputs for path in _expand(text)))


def pair(paths: Sequence[Path], place: Path) -> dict[Path, Path]:
    """The partner of every path: `place` itself for a single path, else by stem in that folder.

    A partner that is not in the folder is named as a PNG there, so that reading it fails for that
    one input, with its name.
    """
    if not place.is_dir():
        if len(paths) > 1:
            raise BadArgument(f"{place} is one file for {len(paths)} inputs; give a folder")
        return dict.fromkeys(paths, place)
    by_stem: dict[str, list[Path]] = {}
    for candidate in pictures_in(place):
        by_stem.setdefault(candidate.stem, []).append(candidate)
    for candidates in by_stem.values():
        if len(candidates) > 1:
            raise BadData(f"{candidates[0]} and {candidates[1]} share a stem; keep one of them")
    return {path: by_stem.get(path.stem, [place / f"{path.stem}.png"])[0] for path in paths}


def pictures_in(folder: Path) -> list[Path]:
    """Readable kinds of pictures directly in the folder, sorted by name, hidden ones left out."""
    from mattekit.imaging.files import SUFFIXES

    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if not entry.name.startswith(".")]
    return [folder / name for name in sorted(names) if Path(name).suffix.lower() in SUFFIXES]


def read_manifest(path: Path) -> list[Row]:
    """The rows of a JSON lines, CSV or Parquet file, or of a text file with one photo a line.

    Photos and hints that are relative are so to the folder of the manifest.
    """
    try:
        rows = _rows(path)
    except (OSError, UnicodeError, ValueError, csv.Error) as error:
        raise BadData(f"{path} cannot be read as a manifest: {error}") from error
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or not row.get("photo"):
            raise BadData(f"{path}: row {number} names no photo; expected a value for 'photo'")
    if not rows:
        raise BadData(f"{path} has no rows; expected one for each photo")
    return [{name: str(value) for name, value in row.items() if name and value} for row in rows]


def _rows(path: Path) -> list[Any]:
    if path.suffix == ".parquet":
        from pyarrow import parquet

        found: list[Any] = parquet.read_table(path).to_pylist()
        return found
    lines = [line for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
    if path.suffix == ".csv":
        return list(csv.DictReader(lines))
    if path.suffix == ".txt":
        return [{"photo": line.strip()} for line in lines]
    return [json.loads(line) for line in lines]


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One of several equal parts of a batch, by the names of its items; counted from 0."""

    index: int = 0
    count: int = 1

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def holds(self, name: str) -> bool:
        """Whether an item of this name belongs to this part, wherever it lies.

        >>> [Shard(index=index, count=2).holds("cat.png") for index in range(2)]
        [True, False]
        """
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
        return int.from_bytes(digest[:8]) % self.count == self.index


def parse_shard(text: str) -> Shard:
    """The shard of `I/N`.

    >>> parse_shard("3/64")
    Shard(index=3, count=64)
    """
    match = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    if not match or int(match[1]) >= int(match[2]):
        raise BadArgument(f"'{text}' is not a shard; write I/N with I from 0 to N - 1, like 0/4")
    return Shard(index=int(match[1]), count=int(match[2]))


def _expand(text: str) -> list[Path]:
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        raise BadArgument(f"{text} is an address, not a file; download it first")
    path = Path(text)
    if path.is_dir():
        found = pictures_in(path)
        if not found:
            raise BadData(f"the folder {path} holds no pictures; give another one or name files")
        return found
    if not path.exists() and glob.has_magic(text):
        found = sorted(Path(match) for match in glob.glob(text) if Path(match).is_file())
        if not found:
            raise BadData(f"no file fits '{text}'; check the pattern and the folder")
        return found
    return [path]

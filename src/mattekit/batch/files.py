"""Where the files of a batch are listed and paired: the only place that looks into folders."""

import csv
import glob
import hashlib
import json
import mimetypes
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import chain, islice
from pathlib import Path
from typing import Any

from mattekit.core.errors import BadArgument, BadData
from mattekit.core.storage import SCHEME, Url, as_path, names_in

AHEAD = 10_000
"""Names that object storage lists before the work begins; it goes on listing while that lasts."""

RAW = (".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".pef", ".raf", ".raw", ".rw2", ".srw")
"""Suffixes of camera raw files, which `mimetypes` does not know."""

Row = dict[str, str]
"""A line of a manifest: `photo`, and the hint and output of that photo where it names them."""


def gather(inputs: Sequence[str]) -> list[Path]:
    """The pictures that files, folders, globs and URLs stand for, each once.

    A named file that does not exist is kept: it fails alone, when its turn comes.
    """
    return list(dict.fromkeys(path for text in inputs for path in _expand(text)))


def stream(inputs: Sequence[str]) -> list[Path] | Iterator[Path]:
    """The same; what object storage lists beyond `AHEAD` names comes as it is asked for."""
    if len(inputs) != 1 or not SCHEME.match(inputs[0]):
        return gather(inputs)
    found = iter(_expand(inputs[0]))
    first = list(islice(found, AHEAD))
    following = list(islice(found, 1))
    return chain(first, following, found) if following else first


def pair(paths: Sequence[Path], place: Path) -> dict[Path, Path]:
    """The partner of every path, see `Partners`."""
    partners = partners_in(place, several=len(paths) > 1)
    return {path: partners.of(path) for path in paths}


@dataclass(frozen=True, kw_only=True)
class Partners:
    """What belongs to each path: `place` itself for a single path, else by stem in that folder."""

    place: Path
    by_stem: dict[str, Path] | None

    def of(self, path: Path) -> Path:
        """The partner of a path; one that is not in the folder is named as a PNG there, so that
        reading it fails for that one input, with its name.
        """
        if self.by_stem is None:
            return self.place
        return self.by_stem.get(path.stem, self.place / f"{path.stem}.png")


def partners_in(place: Path, *, several: bool) -> Partners:
    """The partners of one or of several paths."""
    if not place.is_dir():
        if several:
            raise BadArgument(f"{place} is one file for several inputs; give a folder")
        return Partners(place=place, by_stem=None)
    return Partners(place=place, by_stem=by_stem(pictures_in(place)))


def by_stem(pictures: Iterable[Path]) -> dict[str, Path]:
    """Stem -> the picture that has it."""
    found: dict[str, Path] = {}
    for picture in pictures:
        if found.setdefault(picture.stem, picture) is not picture:
            raise BadData(f"{found[picture.stem]} and {picture} share a stem; keep one of them")
    return found


def pictures_in(folder: Path) -> list[Path]:
    """Readable kinds of pictures directly in the folder, sorted by name, hidden ones left out."""
    names = names_in(folder) if isinstance(folder, Url) else os.listdir(folder)
    return [folder / name for name in sorted(names) if _is_input(name)]


def left_out(inputs: Sequence[str]) -> list[Path]:
    """Pictures directly in those of the inputs that are folders, of kinds that are not read."""
    folders = [Path(text) for text in inputs if not SCHEME.match(text) and Path(text).is_dir()]
    names = [path for folder in folders for path in sorted(folder.iterdir())]
    return [path for path in names if _is_unread_picture(path.name)]


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

        with path.open("rb") as file:
            found: list[Any] = parquet.read_table(file).to_pylist()
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


def _expand(text: str) -> Iterator[Path]:
    path = as_path(text)
    if isinstance(path, Url):
        return _expand_url(path, text)
    if path.is_dir():
        found = pictures_in(path)
        if not found:
            raise BadData(
                f"the folder {path} holds no pictures of a kind that is read, and the folders in "
                f"it are not searched; name another, or a pattern in quotes: '{path}/**/*.jpg'"
            )
        return iter(found)
    if not path.exists() and glob.has_magic(text):
        matches = map(Path, glob.glob(text, recursive=True))
        found = sorted(match for match in matches if match.is_file())
        if not found:
            raise BadData(f"no file fits '{text}'; check the pattern and the folder")
        return iter(found)
    return iter([path])


def _expand_url(url: Url, text: str) -> Iterator[Path]:
    """An object, or what a folder of object storage holds, as it is listed."""
    pattern = url.name if glob.has_magic(url.name) else ""
    if not pattern and url.is_file() and not text.endswith("/"):
        yield url
        return
    folder, none = (url.parent if pattern else url), True
    for name in names_in(folder):
        if fnmatch(name, pattern) if pattern else _is_input(name):
            none = False
            yield folder / name
    if none:
        raise BadData(f"{text} holds no pictures; give another folder or pattern, or name files")


def _is_unread_picture(name: str) -> bool:
    if name.startswith(".") or _is_input(name):
        return False
    kind = mimetypes.guess_type(name)[0] or ""
    return kind.startswith("image/") or Path(name).suffix.lower() in RAW


def _is_input(name: str) -> bool:
    from mattekit.imaging.sources import SUFFIXES

    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES

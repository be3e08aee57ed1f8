"""Shards: decoded planes in large files that are memory-mapped.

An index has the offset of each sample; its planes are stored one after another. Only the pages of a
window are read, so the cost of a crop depends on its own size. Written by `preparation.shards`.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.core.types import UNKNOWN, Image, Mask, Plane, Sample, Size
from mattekit.data.source import WindowedSource
from mattekit.data.window import BackgroundPlacement, Window
from mattekit.imaging.compose import over
from mattekit.imaging.picture import Picture, to_float

INDEX = "shards.json"
VERSION = 1
SHAPE_OF = {"image": (3,), "foreground": (3,), "background": (3,), "alpha": (), "trimap": ()}
"""The stored planes and the shape of a pixel of each; one byte per value."""
WHITE = 255


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A sample of the index: its file, offset and planes."""

    name: str
    file: str
    offset: int
    size: Size
    planes: tuple[str, ...]

    def __post_init__(self) -> None:
        planes = set(self.planes)
        shown = "image" in planes or {"foreground", "background"} <= planes
        if not ("alpha" in planes and shown and planes <= set(SHAPE_OF)):
            raise ValueError(f"a sample cannot have the planes {', '.join(self.planes)} alone")
        if Path(self.file).name != self.file or min(self.offset, *self.size) < 0:
            raise ValueError(f"no sample lies at {self.offset} of {self.file}")

    def end(self) -> int:
        """The first byte after the sample."""
        return self.offset + sum(bytes_of(plane, self.size) for plane in self.planes)

    def mapped(self, folder: Path) -> dict[str, Plane]:
        """The planes, still on disk."""
        planes, first = {}, self.offset
        for name in self.planes:
            last = first + bytes_of(name, self.size)
            shape = (*self.size, *SHAPE_OF[name])
            planes[name] = _mapped_file(folder / self.file)[first:last].reshape(shape)
            first = last
        return planes


@dataclass(frozen=True, kw_only=True)
class Index:
    """The file that names all samples of a folder."""

    version: int
    licence: str
    test_set: str | None
    samples: tuple[Entry, ...]


@dataclass(kw_only=True)
class ShardsSource(WindowedSource):
    """The samples of a folder of shards, composited if they have foreground and background."""

    folder: Path
    entries: Sequence[Entry]
    backgrounds: str
    licence: str
    test_set: str | None = None

    def __post_init__(self) -> None:
        self.names = tuple(entry.name for entry in self.entries)
        self.composed = [entry for entry in self.entries if "image" not in entry.planes]

    def read(self, index: int, rng: np.random.Generator, side: int | None) -> Sample:
        entry = self.entries[index]
        mapped = entry.mapped(self.folder)
        window = Window.square(side, entry.size, partial(_unknown, mapped), rng)
        stored = {name: window.of(plane) for name, plane in mapped.items()}
        trimap = stored.pop("trimap", None)
        planes: dict[str, Any] = {name: to_float(plane) for name, plane in stored.items()}
        if "image" not in planes:
            if self.backgrounds == "drawn":
                planes["background"] = self._background(entry.size, window, rng)
            alpha = planes["alpha"][..., None]
            planes["image"] = over(planes["foreground"], alpha, planes["background"])
        return Sample(
            trimap=None if trimap is None else np.array(trimap), name=entry.name, **planes
        )

    def _background(self, size: Size, window: Window, rng: np.random.Generator) -> Image:
        """The background of a random composed sample, scaled to cover."""
        other = self.composed[int(rng.integers(len(self.composed)))]
        behind = Picture(colours=other.mapped(self.folder)["background"])
        return BackgroundPlacement.compute("cover", other.size, size, rng).part(behind, window)


@config
class ShardsConfig:
    """A folder of decoded samples that `mattekit prepare shards` has written."""

    name: Literal["shards"] = "shards"
    folder: str
    """The folder with `shards.json`."""
    backgrounds: Literal["drawn", "stored"] = "drawn"
    """drawn: the background of a random sample each time; stored: the sample's own."""

    def open(self) -> ShardsSource:
        folder = Path(self.folder)
        index = _read_index(folder / INDEX)
        for entry in index.samples:
            path = folder / entry.file
            length = path.stat().st_size if path.is_file() else 0
            if length < entry.end():
                raise BadData(
                    f"{path} has {length} bytes and {entry.end()} are expected; write it again"
                )
        return ShardsSource(
            folder=folder,
            entries=index.samples,
            backgrounds=self.backgrounds,
            licence=index.licence,
            test_set=index.test_set,
        )


def bytes_of(plane: str, size: Size) -> int:
    """Bytes that a plane takes."""
    return math.prod((*size, *SHAPE_OF[plane]))


@lru_cache(maxsize=1024)
def _mapped_file(path: Path) -> Plane:
    """The bytes of a file; kept mapped, since mapping costs more than reading a small window."""
    return np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))


def _unknown(planes: dict[str, Plane]) -> Mask:
    if "trimap" in planes:
        return np.equal(planes["trimap"], UNKNOWN)
    return (planes["alpha"] > 0) & (planes["alpha"] < WHITE)


def _read_index(path: Path) -> Index:
    from pydantic import TypeAdapter  # takes a moment to import

    try:
        tree = json.loads(path.read_bytes())
        if tree["version"] != VERSION:
            raise BadData(
                f"{path} is not of version {VERSION}, which mattekit reads; write it again"
            )
        return TypeAdapter(Index).validate_python(tree)
    except FileNotFoundError as error:
        raise BadData(
            f"there is no {path}; write shards with `mattekit prepare shards`, which ends with it"
        ) from error
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise BadData(
            f"{path} is damaged: not what `mattekit prepare shards` writes; write the shards again"
        ) from error

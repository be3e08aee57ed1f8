"""Turning any source into shards: its samples decoded once, as bytes to be mapped into memory.

A pixel takes eight bytes where the sample is composed (foreground, alpha, background, trimap). The
index is written last, so that a folder without one never counts as complete.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import product, starmap
from pathlib import Path

import numpy as np

from mattekit.core.atomic import make_folder, replacing, write_text
from mattekit.core.errors import BadArgument, BadData, BadOutput
from mattekit.core.types import Plane, Sample
from mattekit.data.crop import Crop, Step
from mattekit.data.source import Source, draw, public_test_set
from mattekit.data.sources.shards import INDEX, VERSION, Entry
from mattekit.imaging.picture import to_depth

SAMPLES_PER_FILE = 64
FILES = "shard-*.bytes"


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was written."""

    samples: int
    files: int
    bytes: int
    """Size on disk, the index included."""


def write_shards(
    source: Source,
    folder: Path,
    *,
    window: int | None = None,
    draws: int = 1,
    seed: int = 0,
    overwrite: bool = False,
    each: Callable[[], object] = lambda: None,
) -> Written:
    """Write every sample of the source, drawn `draws` times, into files of 64 samples.

    Args:
        window: store squares of this side around unknown pixels instead of whole pictures; at least
            the largest crop that training will cut.
        each: called after every sample.
    """
    if draws < 1 or (window is not None and window < 8):
        raise BadArgument("draws must be at least 1 and a window at least 8 pixels")
    _clear(make_folder(folder), overwrite=overwrite)
    steps: list[Step] = [] if window is None else [Crop((window,), window)]

    def drawn(turn: int, index: int) -> tuple[str, dict[str, Plane]]:
        rng = np.random.default_rng((seed, turn, index))
        sample = draw(source, index, steps, rng)
        each()
        return source.names[index], dict(_stored(sample))

    places = list(product(range(draws), range(len(source))))
    entries: list[Entry] = []
    for first in range(0, len(places), SAMPLES_PER_FILE):
        path = folder / f"shard-{first // SAMPLES_PER_FILE:05d}.bytes"
        samples = starmap(drawn, places[first : first + SAMPLES_PER_FILE])
        entries += _write_file(path, samples)
    index = {
        "version": VERSION,
        "licence": source.licence,
        "test_set": public_test_set(source),
        "samples": [asdict(entry) for entry in entries],
    }
    write_text(folder / INDEX, json.dumps(index))
    files = list(folder.glob(FILES))
    sizes = [path.stat().st_size for path in (*files, folder / INDEX)]
    return Written(samples=len(entries), files=len(files), bytes=sum(sizes))


def _write_file(path: Path, samples: Iterable[tuple[str, dict[str, Plane]]]) -> list[Entry]:
    """Write samples one after the other, and say where each lies."""
    entries = []
    with replacing(path) as aside, aside.open("wb") as file:
        for name, planes in samples:
            offset, size = file.tell(), planes["alpha"].shape
            file.writelines(plane.tobytes() for plane in planes.values())
            entries.append(
                Entry(name=name, file=path.name, offset=offset, size=size, planes=tuple(planes))
            )
    return entries


def _stored(sample: Sample) -> Iterator[tuple[str, Plane]]:
    """The planes as bytes; an image that its layers make again is left out."""
    if sample.prior is not None:
        raise BadData(
            f"the sample {sample.name} brings classical estimates, which shards do not hold; "
            "its source keeps its own files"
        )
    layered = sample.foreground is not None and sample.background is not None
    names = ("foreground", "background") if layered else ("image", "foreground", "background")
    for name in (*names, "alpha"):
        plane = getattr(sample, name)
        if plane is not None:
            yield name, to_depth(plane, 8)
    if sample.trimap is not None:
        yield "trimap", sample.trimap


def _clear(folder: Path, *, overwrite: bool) -> None:
    """Make way for new shards, the old index first."""
    index = folder / INDEX
    if index.exists() and not overwrite:
        raise BadOutput(f"{folder} holds shards already; name another folder, or give --overwrite")
    index.unlink(missing_ok=True)
    for path in folder.glob(FILES):
        path.unlink()

"""The one loop over many inputs: what is done, skipped, refused or set aside, and goes on."""

import hashlib
import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mattekit.batch.failures import Failure, attempt
from mattekit.batch.files import Shard
from mattekit.batch.processes import NO_LIMITS, Limits, run_on_processes
from mattekit.core import system
from mattekit.core.errors import BadArgument
from mattekit.core.storage import Url, as_path

if TYPE_CHECKING:
    from mattekit.batch.tars import OpenTar

SCHEMA = "mattekit/1"
"""Version of the JSON documents of all commands, see docs/commands.md."""

WHOLE = Shard()

Existing = Literal["refuse", "replace", "skip"]
"""What becomes of an item whose outputs exist."""
Status = Literal["done", "unsure", "skipped", "failed"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the work on one item gives."""

    outputs: Sequence[Path] = ()
    warnings: Sequence[str] = ()
    model: str | None = None
    strategy: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    """Further entries of the JSON object, such as scores."""
    unsure: str | None = None
    """Why somebody should look at the result, which is written all the same."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One input of a batch, and the work on it."""

    path: Path
    work: Callable[[], Outcome] = Outcome
    """With several processes a `partial` of a function of a module."""
    opens: "Callable[[Existing], OpenTar] | None" = None
    """In place of `work`, of a tar whose photos are items of their own."""
    inputs: tuple[Path, ...] = ()
    """Other files that are read for it; no result may take the place of one."""
    outputs: tuple[Path, ...] = ()
    current: bool = False
    """The outputs are there already, made in the same way."""
    refused: str | None = None
    """Why it is not worked on."""


@dataclass(frozen=True, kw_only=True)
class ItemResult:
    """What became of one item, as `--json` and the ledger show it."""

    input: str
    status: Status
    outputs: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    model: str | None = None
    strategy: str | None = None
    error: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)
    """Output -> its checksum, where a ledger is kept."""


def plan_items(items: Iterable[Item], shard: Shard = WHOLE) -> list[Item] | Iterator[Item]:
    """The items of a shard; those of which two would write the same file are refused.

    Of a list both are refused, before any work; of a stream the later one, when it comes.

    Raises:
        BadArgument: if an output would take the place of an input.
    """
    claims = _Claims()
    if not isinstance(items, Sequence):
        checked = (claims.check(claims.add(item)) for item in items)
        return (item for item in checked if shard.holds(item.path.name))
    for item in items:
        claims.add(item)
    return [item for item in map(claims.check, items) if shard.holds(item.path.name)]


class _Claims:
    """Who reads and who writes what."""

    def __init__(self) -> None:
        self.read: set[int] = set()
        self.written: dict[int, list[str]] = {}
        """Hashes of places, since there may be millions -> the first inputs that write there."""

    def add(self, item: Item) -> Item:
        self.read.update(hash(_place(path)) for path in (item.path, *item.inputs))
        for output in item.outputs:
            claimed = self.written.setdefault(hash(_place(output)), [])
            claimed += [str(item.path)][: 2 - len(claimed)]
        return item

    def check(self, item: Item) -> Item:
        for output in item.outputs:
            if hash(_place(output)) in self.read:
                raise BadArgument(f"{output} is an input and would be overwritten; change -o")
            others = [o for o in self.written[hash(_place(output))] if o != str(item.path)]
            if others:
                sentence = f"{others[0]} would also be written to {output}; rename one of them"
                return replace(item, refused=sentence)
        return item


def run_items(
    items: Iterable[Item],
    *,
    existing: Existing = "refuse",
    processes: int = 1,
    limits: Limits = NO_LIMITS,
    checksums: bool = False,
    stopped: Callable[[], bool] = lambda: False,
) -> Generator[ItemResult, None, None]:
    """Work on planned items; one that fails, or whose process is ended, does not stop the others.

    Args:
        processes: 0 is one a processor.
        limits: of the work on one item.
        checksums: results tell those of their outputs.
        stopped: once it is true, items at hand are finished and no other is begun.

    Raises:
        KeyboardInterrupt: in the item at hand; nothing of it is half-written.
    """
    work = partial(run_item, existing=existing, checksums=checksums)
    spread = partial(
        run_on_processes, work, processes=processes, limits=limits, stopped=stopped, lost=lost_item
    )
    return results_of(items, spread, existing)


def results_of(
    items: Iterable[Item],
    spread: Callable[[Iterable[Item]], Generator[ItemResult, None, None]],
    existing: Existing,
) -> Generator[ItemResult, None, None]:
    """The results of items, wherever they are worked on; a tar is worked on photo by photo."""
    tars: list[OpenTar] = []

    def opened() -> Iterator[Item]:
        for item in items:
            known = attempt(partial(known_result, item, existing)) if item.opens else None
            if item.opens is None or isinstance(known, ItemResult):
                yield item
            elif isinstance(known, Failure):
                yield replace(item, refused=known.sentence)
            else:
                tars.append(item.opens(existing))
                yield from tars[-1].items()

    try:
        with closing(spread(opened())) as results:
            for result in results:
                if not any(tar.take(result) for tar in tars):
                    yield result
                for tar in [tar for tar in tars if tar.finished]:
                    tars.remove(tar)
                    yield from tar.close()
        for tar in tars:
            yield from tar.close()
    finally:
        for tar in tars:
            tar.discard()


def run_item(item: Item, *, existing: Existing, checksums: bool) -> ItemResult:
    """What becomes of one item."""
    start = time.perf_counter()
    result = attempt(partial(_result, item, existing, checksums, start))
    if isinstance(result, Failure):
        return replace(failed(item.path, result.sentence), seconds=_since(start))
    return result


def known_result(
    item: Item, existing: Existing, exists: Callable[[Path], bool] = lambda path: path.exists()
) -> ItemResult | None:
    """What becomes of an item without work, which is refused, or whose outputs are there."""
    there = [output for output in item.outputs if exists(output)]
    if there and (item.current or (existing == "skip" and len(there) == len(item.outputs))):
        return ItemResult(input=str(item.path), status="skipped", outputs=[*map(str, there)])
    if item.refused:
        return failed(item.path, item.refused)
    if there and existing == "refuse":
        missing = next((path for path in item.inputs if not exists(path)), None)
        if missing is not None:
            return failed(item.path, f"{missing} does not exist; check its name")
        return failed(item.path, f"{there[0]} exists; add --overwrite or --skip-existing")
    return None


def lost_item(item: Item, reason: str) -> ItemResult:
    """The result of an item whose process was ended."""
    return failed(item.path, reason)


def failed(path: Path, error: str) -> ItemResult:
    """The result of an input that gave none."""
    return ItemResult(input=str(path), status="failed", error=error)


def sha256(path: Path) -> str:
    """The file's fingerprint."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _place(path: Path) -> str:
    """Where a path leads, in small letters where they are the same file; a loop leads to itself."""
    if isinstance(path, Url):
        return str(path)
    place = os.path.realpath(path)
    return place.casefold() if system.WINDOWS or system.MACOS else place


def _since(start: float) -> float:
    return round(time.perf_counter() - start, 3)


def _result(item: Item, existing: Existing, checksums: bool, start: float) -> ItemResult:
    result = known_result(item, existing)
    if result is None:
        outcome = item.work()
        result = ItemResult(
            input=str(item.path),
            status="unsure" if outcome.unsure else "done",
            outputs=[*map(str, outcome.outputs)],
            warnings=[*([outcome.unsure] if outcome.unsure else []), *outcome.warnings],
            seconds=_since(start),
            model=outcome.model,
            strategy=outcome.strategy,
            extra=outcome.extra,
        )
    if not checksums:
        return result
    files = {name: path for name in result.outputs if (path := as_path(name)).is_file()}
    return replace(result, sha256={name: sha256(path) for name, path in files.items()})

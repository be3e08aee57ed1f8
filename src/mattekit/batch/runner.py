"""The one loop over many inputs: what is done, skipped, refused or set aside, and goes on."""

import os
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from mattekit.batch.failures import Failure, attempt
from mattekit.batch.files import Shard
from mattekit.batch.processes import run_on_processes
from mattekit.core.errors import BadArgument, BadOutput

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
    work: Callable[[], Outcome]
    """With several processes a `partial` of a function of a module."""
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


def plan_items(items: Sequence[Item], shard: Shard = WHOLE) -> list[Item]:
    """The items of a shard; those of which two would write the same file are refused.

    Raises:
        BadArgument: if an output would take the place of an input.
    """
    sources = {_place(path) for item in items for path in (item.path, *item.inputs)}
    owners: dict[str, list[Path]] = {}
    for item in items:
        for output in item.outputs:
            if _place(output) in sources:
                raise BadArgument(f"{output} is an input and would be overwritten; change -o")
            owners.setdefault(_place(output), []).append(item.path)

    def check(item: Item) -> Item:
        for output in item.outputs:
            others = [str(path) for path in owners[_place(output)] if path != item.path]
            if others:
                sentence = f"{others[0]} would also be written to {output}; rename one of them"
                return replace(item, refused=sentence)
        return item

    return [check(item) for item in items if shard.holds(item.path.name)]


def run_items(
    items: Sequence[Item],
    *,
    existing: Existing = "refuse",
    processes: int = 1,
    stopped: Callable[[], bool] = lambda: False,
) -> Generator[ItemResult, None, None]:
    """Work on planned items; one that fails, or whose process is ended, does not stop the others.

    Args:
        processes: 0 is one a processor.
        stopped: once it is true, items at hand are finished and no other is begun.

    Raises:
        KeyboardInterrupt: in the item at hand; nothing of it is half-written.
    """
    work = partial(_run_one, existing=existing)
    return run_on_processes(work, items, processes, stopped=stopped, lost=_lost)


def _place(path: Path) -> str:
    """Where a path leads; a loop of links leads to itself."""
    return os.path.normcase(os.path.realpath(path))


def _run_one(item: Item, existing: Existing) -> ItemResult:
    there = [output for output in item.outputs if output.exists()]
    if there and (item.current or (existing == "skip" and len(there) == len(item.outputs))):
        return ItemResult(input=str(item.path), status="skipped", outputs=[*map(str, there)])
    start = time.perf_counter()
    outcome = attempt(partial(_work, item, existing, there), passing=(KeyboardInterrupt,))
    seconds = round(time.perf_counter() - start, 3)
    if isinstance(outcome, Failure):
        return ItemResult(
            input=str(item.path), status="failed", seconds=seconds, error=outcome.sentence
        )
    return ItemResult(
        input=str(item.path),
        status="unsure" if outcome.unsure else "done",
        outputs=[str(output) for output in outcome.outputs],
        warnings=[*([outcome.unsure] if outcome.unsure else []), *outcome.warnings],
        seconds=seconds,
        model=outcome.model,
        strategy=outcome.strategy,
        extra=outcome.extra,
    )


def _work(item: Item, existing: Existing, there: Sequence[Path]) -> Outcome:
    if item.refused:
        raise BadArgument(item.refused)
    if there and existing == "refuse":
        raise BadOutput(f"{there[0]} exists; add --overwrite or --skip-existing")
    return item.work()


def _lost(item: Item) -> ItemResult:
    sentence = (
        "the process that worked on it was ended from outside, most likely for lack of memory; "
        "run it alone, or with fewer --processes"
    )
    return ItemResult(input=str(item.path), status="failed", error=sentence)

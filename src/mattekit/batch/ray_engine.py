"""A batch on a Ray cluster: the same items, outcomes and files as on one machine.

Ray Data spreads the items over actors; each holds a worker process that keeps its model, reads its
photo and writes its results, so pixels never pass through Ray, and a photo that kills the process
is set aside as everywhere. Items of a lost node are done again on another one.
"""

import json
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Any

from mattekit.batch.processes import NO_LIMITS, Limits, Worker, spread
from mattekit.batch.runner import (
    Existing,
    Item,
    ItemResult,
    known_result,
    lost_item,
    results_of,
    run_item,
)
from mattekit.core.extras import require
from mattekit.core.storage import Url, names_in

WINDOW = 10_000
"""Items that Ray is given at once, so that the driver's memory does not grow with the batch."""
IN_BLOCK = 4
"""Items that are reported, or lost with a node, together."""


def run_on_ray(
    items: Iterable[Item],
    *,
    address: str | None = None,
    cpus: float = 1.0,
    existing: Existing = "refuse",
    limits: Limits = NO_LIMITS,
    checksums: bool = False,
    stopped: Callable[[], bool] = lambda: False,
) -> Generator[ItemResult, None, None]:
    """Work on planned items wherever the cluster has room; see `batch.runner.run_items`.

    Args:
        address: of the cluster, such as `auto`; without one Ray starts on this machine for as long
            as the work lasts. A connection that is there already is used.
        cpus: that a worker is given.
        limits: of the work on one item; no more workers run on a node than its memory allows.
        stopped: once it is true, nothing more is waited for; what is unfinished leaves no file.
    """
    with _connected(address) as data:
        rest = iter(items)
        while not stopped() and (window := list(islice(rest, WINDOW))):
            there = _existence()
            left = []
            for item in window:
                if known_result(item, existing, there) is not None:
                    yield run_item(item, existing=existing, checksums=checksums)
                else:
                    left.append(item)
            if left:
                # a retry finds its own results there: what may be replaced was decided above
                work = partial(run_item, existing="replace", checksums=checksums)
                for row in _spread(data, left, work, cpus, limits).iter_rows():
                    yield from (ItemResult(**result) for result in json.loads(row["results"]))
                    if stopped():
                        return


def _spread(
    data: Any, items: list[Item], work: Callable[[Item], Any], cpus: float, limits: Limits
) -> Any:
    worker = partial(Worker, work, limits, threads=max(1, int(cpus)))
    places = [{"place": place} for place in range(len(items))]
    given = data.from_items(places, override_num_blocks=-(-len(items) // IN_BLOCK))
    given.context.enable_progress_bars = False
    given.context.execution_no_progress_timeout_s = -1  # a tar may take an hour
    given.context.max_consecutive_actor_init_deaths = 3  # nodes come and go
    return given.map_batches(
        _Actor,
        fn_constructor_args=(items, worker, Path.cwd()),
        batch_size=1,
        compute=data.ActorPoolStrategy(min_size=1, max_tasks_in_flight_per_actor=2),
        num_cpus=cpus,
        memory=limits.memory,
    )


class _Actor:
    """What Ray starts on a node."""

    def __init__(
        self, items: list[Item], worker: Callable[[], Worker[Item, ItemResult]], folder: Path
    ) -> None:
        with suppress(OSError):  # of the driver, to which paths are relative
            os.chdir(folder)
        self.items = items
        self.spread = partial(spread, [worker()], lost=lost_item)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        (place,) = batch["place"]
        results = results_of([self.items[place]], self.spread, "replace")
        return {"results": [json.dumps([asdict(one) for one in results])]}


def _existence() -> Callable[[Path], bool]:
    """Whether a file is there; a folder of object storage is listed once for all."""

    @cache
    def listed(folder: Url) -> set[str]:
        try:
            return {*names_in(folder)}
        except FileNotFoundError:
            return set()

    def exists(path: Path) -> bool:
        folder = path.parent
        return path.name in listed(folder) if isinstance(folder, Url) else path.exists()

    return exists


@contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    """Ray Data, on the cluster of that address."""
    ray = require("ray", "--engine ray")
    data = require("ray.data", "--engine ray")
    if ray.is_initialized():
        yield data
        return
    ray.init(address=address, log_to_driver=False, logging_level="error")
    try:
        yield data
    finally:
        ray.shutdown()

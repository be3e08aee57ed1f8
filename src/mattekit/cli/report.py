"""Batches: a line for each input, warnings on stderr, one JSON document, exit codes."""

import logging
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import typer

from mattekit.batch.counters import BatchCounters
from mattekit.batch.files import pair
from mattekit.batch.ledger import Ledger
from mattekit.batch.names import check_output, result_paths
from mattekit.batch.runner import SCHEMA, Item, ItemResult, Outcome, plan_items, run_items
from mattekit.cli.options import BatchOptions
from mattekit.cli.output import FAILED, print_json, printable, remark
from mattekit.cli.progress import Stages, progress
from mattekit.core.errors import BadArgument
from mattekit.core.extras import require

SHOWN = 6
"""Maximum of output paths printed per input."""


def run_pictures(
    paths: Sequence[Path],
    output: Path,
    work: Callable[..., Outcome],
    batch: BatchOptions,
    *,
    part: str,
    suffix: str = ".png",
    alpha: Path | None = None,
    inputs: tuple[Path, ...] = (),
    show_extra: bool = False,
) -> None:
    """A batch of pictures, of each of which one file is written.

    Args:
        work: called with the picture, its alpha where there are alphas, and the file to write.
        part: the name of the result, see `batch.names`.
        alpha: the alpha of the picture, or a folder of alphas.
        inputs: further files that every result depends on.
        show_extra: see `run_batch`.
    """
    check_output(output, several=len(paths) > 1)
    alphas = {} if alpha is None else pair(paths, alpha)
    items = []
    for path in paths:
        own = (alphas[path],) if path in alphas else ()
        (place,) = result_paths(output, path.stem, {part: suffix}).values()
        items.append(
            Item(
                path=path,
                work=partial(work, path, *own, place),
                inputs=(*own, *inputs),
                outputs=(place,),
            )
        )
    run_batch(items, batch, show_extra=show_extra)


def run_batch(
    items: Iterable[Item],
    options: BatchOptions,
    *,
    own_terminal: bool = False,
    show_extra: bool = False,
    stages: Stages | None = None,
) -> None:
    """Process the items of this shard, report each, and exit with code 1 if one failed.

    Args:
        own_terminal: the work shows how far it is, or asks somebody; Ctrl-C ends it at once.
        show_extra: also print what only this command knows, such as scores.
        stages: where work in this process reports its stage.
    """
    planned = plan_items(items, options.shard)
    total = None  # of a long listing, or of what tars hold
    if isinstance(planned, Sequence) and not any(item.opens for item in planned):
        total = len(planned)
    silent = options.quiet or options.json or own_terminal
    counts: Counter[str] = Counter()
    kept: dict[str, list[ItemResult]] = {}
    with ExitStack() as stack:
        ledger = None if options.ledger is None else stack.enter_context(
            Ledger(options.ledger, command=options.command, shard=options.shard)
        )  # fmt: skip
        counters = None if options.prometheus is None else stack.enter_context(
            BatchCounters(options.prometheus, shard=options.shard, total=total)
        )  # fmt: skip
        received = stack.enter_context(_signals(handled=not own_terminal))
        advance = stack.enter_context(progress(total, quiet=silent, stages=stages))
        run = stack.enter_context(closing(_engine(planned, options, received)))
        try:
            for result in run:
                if ledger is not None:
                    result = ledger.add(result)
                if counters is not None:
                    counters.add(result)
                if options.json:
                    kept.setdefault(result.input, []).append(result)
                counts[result.status] += 1
                _report(result, options, show_extra=show_extra)
                advance()
        except KeyboardInterrupt:
            received.append(signal.SIGINT)
    order = [str(item.path) for item in planned] if isinstance(planned, Sequence) else []
    in_order = [one for name in dict.fromkeys([*order, *kept]) for one in kept.get(name, ())]
    _close(in_order, counts, options, received)


def report_result(result: ItemResult, options: BatchOptions) -> None:
    """Report the one result of a command that is no batch: a line, or one JSON document."""
    _report(result, options, show_extra=False)
    if options.json:
        print_json({"schema": SCHEMA, "results": [asdict(result)]})


def _engine(
    items: Iterable[Item], options: BatchOptions, received: Sequence[int]
) -> Generator[ItemResult, None, None]:
    """The results, wherever they are made."""
    common: dict[str, Any] = {
        "existing": options.existing,
        "limits": options.limits,
        "checksums": options.ledger is not None,
        "stopped": lambda: bool(received),
    }
    if options.engine == "local":
        if options.address is not None or options.num_cpus_per_worker is not None:
            raise BadArgument("--address and --num-cpus-per-worker are for --engine ray; add it")
        return run_items(items, processes=options.processes, **common)
    from mattekit.batch.ray_engine import run_on_ray

    require("ray.data", "--engine ray")
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # what matters is in the results
    cpus = options.num_cpus_per_worker or 1.0
    return run_on_ray(items, address=options.address, cpus=cpus, **common)


@contextmanager
def _signals(*, handled: bool) -> Iterator[list[int]]:
    """Signals that stop after the current item; a second one stops at once."""
    received: list[int] = []

    def receive(number: int, frame: FrameType | None) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        os.write(2, b"mattekit: finishing the current work; once more stops at once\n")

    if not handled or threading.current_thread() is not threading.main_thread():
        yield received
        return
    before = {number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _report(result: ItemResult, options: BatchOptions, *, show_extra: bool) -> None:
    name = printable(result.input)
    if result.error is not None:
        error = printable(result.error)
        typer.echo(error if error.startswith(name) else f"{name}: {error}", err=True)
        return
    if result.status == "unsure":
        typer.echo(f"{name}: unsure: {printable(result.warnings[0])}", err=True)
    if options.quiet:
        return
    for warning in map(printable, result.warnings[result.status == "unsure" :]):
        noted = warning.removeprefix(f"{name}: ")
        typer.echo(f"{name}: note: {noted}", err=True)
    if not options.json:
        if show_extra and result.extra:
            typer.echo(
                f"{name}: {', '.join(f'{key} {value}' for key, value in result.extra.items())}"
            )
        where = ", ".join(map(printable, result.outputs[:SHOWN])) or "done"
        if len(result.outputs) > SHOWN:
            where += f" and {len(result.outputs) - SHOWN} more"
        already = " (already there)" if result.status == "skipped" else ""
        typer.echo(f"{name} -> {where}{already}  {result.seconds:.1f} s")


def _close(
    results: Sequence[ItemResult],
    counts: Counter[str],
    options: BatchOptions,
    received: Sequence[int],
) -> None:
    if options.json:
        print_json({"schema": SCHEMA, "results": [asdict(result) for result in results]})
    for status, verb in (("failed", "failed"), ("unsure", "are unsure")):
        if counts[status] and counts.total() > 1:
            typer.echo(f"{counts[status]} of {counts.total()} {verb}", err=True)
    if received:
        name = "Ctrl-C" if received[0] == signal.SIGINT else signal.Signals(received[0]).name
        remark(f"stopped by {name}; finished files are whole and stay")
        raise typer.Exit(128 + received[0])
    if counts["failed"] or counts["unsure"]:
        raise typer.Exit(FAILED)

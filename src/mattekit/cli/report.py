"""Output of a batch: a line for each input, warnings on stderr, one JSON document, exit codes."""

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from types import FrameType

import typer

from mattekit.batch.ledger import Ledger
from mattekit.batch.runner import SCHEMA, Item, ItemResult, plan_items, run_items
from mattekit.cli.failures import FAILED, printable
from mattekit.cli.options import BatchOptions
from mattekit.cli.progress import Stages, progress

SHOWN = 6
"""Maximum of output paths printed per input."""


def run_batch(
    items: Sequence[Item],
    options: BatchOptions,
    *,
    estimate_after: int | None = None,
    own_terminal: bool = False,
    show_extra: bool = False,
    stages: Stages | None = None,
) -> None:
    """Process the items of this shard, report each, and exit with code 1 if one failed.

    Args:
        estimate_after: number of items after which the remaining time is printed.
        own_terminal: the work shows its own progress or prompts; Ctrl-C ends it at once.
        show_extra: also print the command's own results, such as scores.
        stages: display of the stages of work in this process.
    """
    planned = plan_items(items, options.shard)
    ledger = None
    if options.ledger is not None:
        ledger = Ledger(options.ledger, command=options.command, shard=options.shard)
    silent = options.quiet or options.json or own_terminal
    results: dict[str, ItemResult] = {}
    worked, start = 0, time.perf_counter()
    with _signals(handled=not own_terminal) as received:
        run = run_items(
            planned,
            existing=options.existing,
            processes=options.processes,
            stopped=lambda: bool(received),
        )
        try:
            with progress(len(planned), quiet=silent, stages=stages) as advance, closing(run):
                for result in run:
                    results[result.input] = result
                    if ledger is not None:
                        ledger.add(result)
                    _report(result, options, show_extra=show_extra)
                    advance()
                    worked += result.status != "skipped"
                    if worked == estimate_after and result.status != "skipped" and not silent:
                        each = (time.perf_counter() - start) / worked
                        _estimate(each, len(planned) - len(results))
        except KeyboardInterrupt:
            received.append(signal.SIGINT)
    in_order = [results[str(item.path)] for item in planned if str(item.path) in results]
    _close(in_order, options, received)


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


def _estimate(seconds: float, left: int) -> None:
    minutes = seconds * left / 60
    amount = f"{minutes / 60:.1f} hours" if minutes >= 90 else f"{minutes:.1f} minutes"
    if left:
        typer.echo(f"about {amount} for the {left} that are left", err=True)


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


def _close(results: Sequence[ItemResult], options: BatchOptions, received: Sequence[int]) -> None:
    counts: Counter[str] = Counter(result.status for result in results)
    if options.json:
        document = {"schema": SCHEMA, "results": [asdict(result) for result in results]}
        typer.echo(json.dumps(document, indent=2))
    for status, verb in (("failed", "failed"), ("unsure", "are unsure")):
        if counts[status] and len(results) > 1:
            typer.echo(f"{counts[status]} of {len(results)} {verb}", err=True)
    if received:
        name = "Ctrl-C" if received[0] == signal.SIGINT else signal.Signals(received[0]).name
        typer.echo(f"mattekit: stopped by {name}; finished files are whole and stay", err=True)
        raise typer.Exit(128 + received[0])
    if counts["failed"] or counts["unsure"]:
        raise typer.Exit(FAILED)

"""Progress of long work."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import typer

SECONDS = 10.0
"""Seconds between two lines about one item, without a terminal."""


class Stages:
    """Shows the stage of the current item: `subject`, `alpha`, `colours`, each from 0 to 1."""

    def __init__(self) -> None:
        self.show: Callable[[str], object] = lambda text: None
        self.last = time.monotonic()

    def __call__(self, stage: str, share: float) -> None:
        """Show the progress of a stage."""
        self.show(f"{stage} {share:.0%}")

    def now_and_then(self, text: str) -> None:
        """Print a line on stderr, at most every `SECONDS`."""
        if time.monotonic() - self.last > SECONDS:
            self.last = time.monotonic()
            typer.echo(f"  {text}", err=True)


@contextmanager
def progress(
    total: int, *, quiet: bool, said: str = "", stages: Stages | None = None
) -> Iterator[Callable[[], object]]:
    """A bar on a terminal; elsewhere a line per tenth if `said` is given.

    Args:
        said: what was done to the items, such as `measured`.
        stages: shown next to the bar, or in separate lines if an item takes long.
    """
    terminal = sys.stderr.isatty()
    if stages is not None and not quiet and not terminal:
        stages.show = stages.now_and_then
    if quiet or not (said or terminal):
        yield lambda: None
    elif terminal:
        with _bar() as bar:
            task = bar.add_task("", total=total)
            if stages is not None:
                stages.show = lambda text: bar.update(task, description=text)
            yield lambda: bar.advance(task)
    else:
        done = count(1)
        yield lambda: _say_tenth(next(done), total, said)


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    text = TextColumn("{task.description}")
    return Progress(*columns, text, console=Console(stderr=True), transient=True)


def _say_tenth(done: int, total: int, said: str) -> None:
    if done * 10 // total > (done - 1) * 10 // total:
        typer.echo(f"{done} of {total} {said}", err=True)

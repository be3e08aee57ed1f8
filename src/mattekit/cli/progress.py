"""Progress of long work."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import typer

SECONDS = 10.0
"""Between two lines about one item, where there is no terminal; before the first about a batch."""


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


class Rate:
    """Says now and then how many items are done, how fast, and how long the rest will take."""

    def __init__(self, total: int | None) -> None:
        self.total = total
        self.done = 0
        self.begun = time.monotonic()
        self.next = SECONDS

    def __call__(self) -> None:
        """One more is done."""
        self.done += 1
        passed = time.monotonic() - self.begun
        if passed >= self.next and self.done != self.total:
            self.next = passed + 6 * SECONDS
            typer.echo(self.line(passed), err=True)

    def line(self, passed: float) -> str:
        """What is said after so many seconds.

        >>> rate = Rate(64_000)
        >>> rate.done = 100
        >>> rate.line(50.0)
        '100 of 64000 done, 2.0 a second, about 8.9 hours left'
        """
        of = "" if self.total is None else f" of {self.total}"
        said = f"{self.done}{of} done, {self.done / passed:.1f} a second"
        if self.total is None:
            return said
        minutes = passed / self.done * (self.total - self.done) / 60
        left = f"{minutes / 60:.1f} hours" if minutes >= 90 else f"{minutes:.1f} minutes"
        return f"{said}, about {left} left"


@contextmanager
def progress(
    total: int | None, *, quiet: bool, said: str = "", stages: Stages | None = None
) -> Iterator[Callable[[], object]]:
    """A bar on a terminal; elsewhere a line every tenth of the way, or every minute.

    Args:
        total: of items, where it is known.
        said: what was done to the items, such as `measured`; without it each has a line anyway.
        stages: shown beside the bar, or in lines of their own where an item takes long.
    """
    terminal = sys.stderr.isatty()
    if stages is not None and not quiet and not terminal:
        stages.show = stages.now_and_then
    if quiet:
        yield lambda: None
    elif terminal:
        with _bar() as bar:
            task = bar.add_task("", total=total)
            if stages is not None:
                stages.show = lambda text: bar.update(task, description=text)
            yield lambda: bar.advance(task)
    elif said and total is not None:
        done, whole = count(1), total
        yield lambda: _say_tenth(next(done), whole, said)
    else:
        yield Rate(total)


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Speed(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text("" if task.speed is None else f"{task.speed:.2g}/s")

    columns = (BarColumn(), MofNCompleteColumn(), Speed(), TimeRemainingColumn())
    text = TextColumn("{task.description}")
    return Progress(*columns, text, console=Console(stderr=True), transient=True)


def _say_tenth(done: int, total: int, said: str) -> None:
    if done * 10 // total > (done - 1) * 10 // total:
        typer.echo(f"{done} of {total} {said}", err=True)

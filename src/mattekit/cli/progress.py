"""Progress of long work: a bar on a terminal, plain lines elsewhere; always on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

SECONDS = 10.0
"""Between two lines about one item, where there is no terminal; before the first about a batch."""


@contextmanager
def terminal_bar(*, quiet: bool, in_bytes: bool = False, stays: bool = False) -> Iterator[Any]:
    """The bar of a terminal; None where there is no terminal.

    Args:
        stays: the bar is left on the screen when the work ends.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich import progress as rich
    from rich.console import Console
    from rich.text import Text

    class Speed(rich.ProgressColumn):
        def render(self, task: rich.Task) -> Text:
            return Text("" if task.speed is None else f"{task.speed:.2g}/s")

    count = (rich.DownloadColumn(),) if in_bytes else (rich.MofNCompleteColumn(), Speed())
    text = rich.TextColumn("{task.description}")
    columns = (rich.BarColumn(), *count, rich.TimeRemainingColumn(), text)
    with rich.Progress(*columns, console=Console(stderr=True), transient=not stays) as bar:
        yield bar


class Stages:
    """Shows the stage of the current item: `subject`, `alpha`, `colours`, each from 0 to 1."""

    def __init__(self) -> None:
        self.show: Callable[[str], object] = lambda text: None
        self.last = time.monotonic()
        self.item = ""
        """What is worked on."""

    def __call__(self, stage: str, share: float) -> None:
        self.show(f"{self.item}: {stage} {share:.0%}" if self.item else f"{stage} {share:.0%}")

    def now_and_then(self, text: str) -> None:
        """Print a line, at most every `SECONDS`."""
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
    done = 0

    def say_tenth() -> None:
        nonlocal done
        done += 1
        if is_tenth(done - 1, done, total or 1):
            typer.echo(f"{done} of {total} {said}", err=True)

    with terminal_bar(quiet=quiet) as bar:
        if bar is not None:
            task = bar.add_task("", total=total)
            if stages is not None:
                stages.show = lambda text: bar.update(task, description=text)
            yield lambda: bar.advance(task)
            return
        if stages is not None and not quiet:
            stages.show = stages.now_and_then
        if quiet:
            yield lambda: None
        else:
            yield say_tenth if said and total is not None else Rate(total)


@contextmanager
def download_progress(*, quiet: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    """The same for downloads: called with a file's name, the bytes received and their total."""
    with terminal_bar(quiet=quiet, in_bytes=True) as bar:
        tasks: dict[str, Any] = {}
        received: dict[str, int] = {}

        def show(name: str, here: int, total: int | None) -> None:
            if bar is not None:
                if name not in tasks:
                    tasks[name] = bar.add_task(name, total=total)
                bar.update(tasks[name], completed=here, total=total)
            elif not quiet and total:
                if is_tenth(received.get(name, 0), here, total):
                    typer.echo(f"{name}: {here / 1e6:.1f} MB, {10 * here // total}0 %", err=True)
                received[name] = here

        yield show


def is_tenth(before: int, now: int, total: int) -> bool:
    """Whether another tenth of the total was reached."""
    return 10 * now // total > 10 * before // total

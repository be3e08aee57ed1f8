"""How far long work has come."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import typer


@contextmanager
def progress(total: int, *, quiet: bool, said: str = "") -> Iterator[Callable[[], object]]:
    """A bar on a terminal; elsewhere a line every tenth of the way, where there is one to say.

    Args:
        said: what was done to the items, such as `measured`.
    """
    if quiet or not (said or sys.stderr.isatty()):
        yield lambda: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=total)
            yield lambda: bar.advance(task)
    else:
        done = count(1)
        yield lambda: _say_tenth(next(done), total, said)


def _say_tenth(done: int, total: int, said: str) -> None:
    if done * 10 // total > (done - 1) * 10 // total:
        typer.echo(f"{done} of {total} {said}", err=True)

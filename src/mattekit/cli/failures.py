"""Failures on the command line: a message on stderr and an exit code."""

from collections.abc import Callable
from typing import NoReturn, TypeVar

import typer

from mattekit.batch import failures
from mattekit.batch.failures import Failure
from mattekit.core.errors import BadArgument

FAILED, USAGE, STOPPED = 1, 2, 130

WAYS_TO_END = (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError)
"""Typer's own ways to end a command; a closed pipe is the reader's choice."""

T = TypeVar("T")


def attempt(work: Callable[[], T]) -> T | Failure:
    """The result of `work`, or its failure."""
    return failures.attempt(work, passing=WAYS_TO_END)


def exit_code(failure: Failure) -> int:
    """The exit code of the program."""
    if isinstance(failure.error, KeyboardInterrupt):
        return STOPPED
    return USAGE if isinstance(failure.error, BadArgument) else FAILED


def end(failure: Failure) -> NoReturn:
    """Print the message on stderr and exit with the failure's code."""
    typer.echo(f"mattekit: {printable(failure.sentence)}", err=True)
    raise typer.Exit(exit_code(failure))


def printable(text: str) -> str:
    r"""The text with control characters and unencodable ones escaped.

    >>> printable("cat\x1b[2J.png")
    'cat\\x1b[2J.png'
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )

"""What every command prints in one way: failures with their exit codes, and JSON documents.

Results of batches: `report`; how far long work is: `progress`.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import typer

from mattekit.batch import failures
from mattekit.batch.failures import Failure
from mattekit.core.errors import BadArgument, BadOutput

FAILED, USAGE, STOPPED = 1, 2, 130

WAYS_TO_END = (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError)
"""Typer's own ways to end a command; a closed pipe is the reader's choice."""

T = TypeVar("T")


def attempt(work: Callable[[], T]) -> T | Failure:
    """The result of `work`, or its failure."""
    return failures.attempt(work, passing=WAYS_TO_END)


def result_of(work: Callable[[], T]) -> T:
    """The result of `work`; a failure ends the program with its sentence and exit code."""
    outcome = attempt(work)
    if not isinstance(outcome, Failure):
        return outcome
    remark(printable(outcome.sentence))
    raise typer.Exit(exit_code(outcome))


def exit_code(failure: Failure) -> int:
    if isinstance(failure.error, KeyboardInterrupt):
        return STOPPED
    return USAGE if isinstance(failure.error, BadArgument) else FAILED


def remark(sentence: str) -> None:
    """Print a sentence of the program itself on stderr."""
    typer.echo(f"mattekit: {sentence}", err=True)


def print_json(document: Any) -> None:
    """Print a document on stdout."""
    typer.echo(json.dumps(document, indent=2))


def printable(text: str) -> str:
    r"""The text with control characters and unencodable ones escaped.

    >>> printable("cat\x1b[2J.png")
    'cat\\x1b[2J.png'
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def check_new(path: Path, *suffixes: str, overwrite: bool) -> None:
    """Refuse, before any work, a file of another kind, or one that exists."""
    if suffixes and path.suffix not in suffixes:
        expected = " or ".join(filter(None, (", ".join(suffixes[:-1]), suffixes[-1])))
        raise BadArgument(f"{path} does not end in {expected}; name the file so")
    if path.exists() and not overwrite:
        raise BadOutput(f"{path} exists; add --overwrite to replace it")

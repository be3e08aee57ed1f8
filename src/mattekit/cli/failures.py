"""Any failure as one sentence and an exit code: the one place of the commands that catches all."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import typer

from mattekit.core.errors import BadArgument, MattekitError
from mattekit.core.extras import missing_extra

DONE, FAILED, USAGE, STOPPED = 0, 1, 2, 130

log = logging.getLogger("mattekit")
T = TypeVar("T")


@dataclass(frozen=True)
class Failure:
    """What went wrong, as the user reads it."""

    sentence: str
    exit_code: int


def attempt(work: Callable[[], T]) -> T | Failure:
    """The result of `work`, or the sentence that says why there is none.

    >>> attempt(lambda: open("no-such-file"))
    Failure(sentence='no-such-file: no such file or directory', exit_code=1)
    """
    try:
        return work()
    except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
        raise  # Typer's own ways to end a command; a closed pipe is the reader's choice
    except KeyboardInterrupt:
        return Failure("stopped by Ctrl-C; finished files are whole and stay", STOPPED)
    except Exception as error:
        log.debug("traceback of the failure below", exc_info=error)
        return Failure(_sentence(error), USAGE if isinstance(error, BadArgument) else FAILED)


def _sentence(error: Exception) -> str:
    if isinstance(error, MattekitError):
        return str(error)
    if isinstance(error, MemoryError):
        return "out of memory; use a smaller picture, or a lower --max-memory where there is one"
    if isinstance(error, ModuleNotFoundError) and (missing := missing_extra(error, "this command")):
        return str(missing)
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror.lower()}"
    kind = type(error).__name__
    return f"unexpected {kind}: {error}; please report it with what --debug prints"

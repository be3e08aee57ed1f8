"""Any failure as one sentence: with `core.storage` the only place that catches every error."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from mattekit.core.errors import MattekitError
from mattekit.core.extras import missing_extra

log = logging.getLogger("mattekit")
T = TypeVar("T")


@dataclass(frozen=True)
class Failure:
    """What went wrong, as the user reads it, and the error itself."""

    sentence: str
    error: BaseException


def attempt(
    work: Callable[[], T], *, passing: tuple[type[BaseException], ...] = (KeyboardInterrupt,)
) -> T | Failure:
    """The result of `work`, or the sentence that says why there is none.

    Args:
        passing: errors that are raised, not returned.

    >>> attempt(lambda: open("no-such-file")).sentence
    'no-such-file: no such file or directory'
    """
    try:
        return work()
    except passing:
        raise
    except KeyboardInterrupt as error:
        return Failure("stopped by Ctrl-C; finished files are whole and stay", error)
    except Exception as error:
        log.debug("traceback of the failure below", exc_info=error)
        return Failure(_sentence(error), error)


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

"""Any failure as one sentence and an exit code: the one place of the commands that catches all."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import typer

from mattekit.core.errors import BadArgument, MattekitError, MissingExtra

DONE, FAILED, USAGE, STOPPED = 0, 1, 2, 130

EXTRA_OF = {
    "torch": "torch",
    "torchvision": "torch",
    "timm": "torch",
    "safetensors": "torch",
    "jaxtyping": "torch",
    "lightning_fabric": "train",
    "pydantic": "train",
    "yaml": "train",
    "tensorboard": "train",
    "matplotlib": "train",
    "fastapi": "serve",
    "uvicorn": "serve",
    "onnx": "export",
    "onnxscript": "export",
    "OpenEXR": "exr",
    "pillow_heif": "heif",
}
"""Top-level package -> the extra of mattekit that brings it."""

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
    if isinstance(error, ModuleNotFoundError) and _package(error) in EXTRA_OF:
        return str(MissingExtra(f"this command ({_package(error)})", EXTRA_OF[_package(error)]))
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror.lower()}"
    kind = type(error).__name__
    return f"unexpected {kind}: {error}; please report it with what --debug prints"


def _package(error: ModuleNotFoundError) -> str:
    return (error.name or "").split(".")[0]

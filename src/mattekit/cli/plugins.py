"""`--import FILE.py|MODULE`: plug-ins with networks, losses, sources and steps, for any command."""

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from mattekit.core.errors import BadArgument
from mattekit.core.plugins import MODULES

OPTION = "--import"


def take_imports(args: Sequence[str]) -> list[str]:
    """The words of a command line without `--import`, whose modules are noted for this process and
    its children; a module is imported once a list of choices is read."""
    rest: list[str] = []
    words = iter(args)
    for word in words:
        option, equals, place = word.partition("=")
        if option != OPTION:
            rest.append(word)
            continue
        place = place if equals else next(words, "")
        known = os.environ.get(MODULES, "").split(",")
        os.environ[MODULES] = ",".join(filter(None, dict.fromkeys([*known, _module(place)])))
    return rest


def _module(place: str) -> str:
    """The name of a module, or of the module in a file, whose folder is added to the path."""
    path = Path(place)
    if path.suffix != ".py":
        if not place or not _found(place):
            raise BadArgument(f"{OPTION} {place}: there is no such module; name one, or a .py file")
        return place
    if not path.is_file():
        raise BadArgument(f"{OPTION} {place}: there is no such file")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    found = _found(path.stem)
    if Path(found or "").resolve() != path.resolve():
        raise BadArgument(
            f"{OPTION} {place}: a module needs a unique name, and {path.stem} is "
            f"{found or 'no name'}; rename the file"
        )
    return path.stem


def _found(module: str) -> str | None:
    """Where a module comes from."""
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        return None
    return None if spec is None else spec.origin or module

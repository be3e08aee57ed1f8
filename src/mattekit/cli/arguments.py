"""The words of a command line before its options are read: `--import`, and old spellings.

`--import FILE.py|MODULE`, anywhere on the line, brings plug-ins with networks, losses, sources and
steps. Old spellings of options are accepted for one release, with a remark on stderr.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import typer

from mattekit.core.errors import BadArgument
from mattekit.core.plugins import MODULES

IMPORT = "--import"
RENAMED = {
    ("*", "--output-folder"): "--output",
    ("*", "--output-file"): "--output",
    ("*", "--legacy-sizes"): "--legacy",
    ("train", "--out"): "--output",
    ("predict", "--trimaps"): "--trimap",
    ("predict", "--images"): "",
    ("evaluate", "--trimaps"): "--trimap",
    ("evaluate", "--csv"): "--output",
    ("evaluate", "--html"): "--output",
}
"""(Verb or `*` for all, old option) -> its new name; none where the value became an argument."""
PARTS_OF_PREDICT = {
    "alpha", "foreground", "background", "glance", "focus", "error", "recomposition", "trimap",
    "rgba",
}  # fmt: skip


def without_imports(words: Sequence[str]) -> list[str]:
    """The words without `--import`, whose modules are noted for this process and its children.

    A module is imported once a list of choices is read, see `core.plugins`.
    """
    rest: list[str] = []
    following = iter(words)
    for word in following:
        option, equals, place = word.partition("=")
        if option != IMPORT:
            rest.append(word)
            continue
        place = place if equals else next(following, "")
        known = os.environ.get(MODULES, "").split(",")
        os.environ[MODULES] = ",".join(filter(None, dict.fromkeys([*known, _module(place)])))
    return rest


def _module(place: str) -> str:
    """The name of a module, or of the module in a file, whose folder is added to the path."""
    path = Path(place)
    if path.suffix != ".py":
        if not place or not _found(place):
            raise BadArgument(f"{IMPORT} {place}: there is no such module; name one, or a .py file")
        return place
    if not path.is_file():
        raise BadArgument(f"{IMPORT} {place}: there is no such file")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    found = _found(path.stem)
    if Path(found or "").resolve() != path.resolve():
        raise BadArgument(
            f"{IMPORT} {place}: a module needs a unique name, and {path.stem} is "
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


def renewed(verb: str, words: Sequence[str]) -> Iterator[str]:
    """The words with old spellings replaced; each causes a remark on stderr.

    >>> list(renewed("cutout", ["cat.jpg", "--output-folder=out"]))
    ['cat.jpg', '--output=out']
    """
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            yield from [word, *rest]
            return
        option, equals, value = word.partition("=")
        new = _new_name(verb, option, value if equals else next(iter(rest), ""))
        if new is None:
            yield word
            continue
        what = f"now {new}" if new else "left out"
        typer.echo(
            f"mattekit: {option} is {what}; the old spelling ends with the next release", err=True
        )
        if equals:
            yield f"{new}={value}" if new else value
        elif new:
            yield new
        if new == "--json" and not equals:
            rest.pop(0)


def _new_name(verb: str, option: str, value: str) -> str | None:
    if (verb, option) == ("evaluate", "--json") and value and not value.startswith("--"):
        return "--json" if value == "-" else "--output"
    if (verb, option) == ("predict", "--output") and {*value.split(",")} <= PARTS_OF_PREDICT:
        return "--save"
    return RENAMED.get((verb, option), RENAMED.get(("*", option)))

"""Plug-ins: networks, losses, sources and steps defined outside mattekit.

A module adds a config to a list with `register`. An installed package names its configs as entry
points of the group `mattekit.networks`, `mattekit.losses`, ...; other modules are named by the
environment variable MATTEKIT_PLUGINS (the command line's `--import`), which worker processes
inherit. They are imported when a list is read, after mattekit's own modules.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from functools import cache, partial
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Literal, TypeVar, get_args

from mattekit.core.config import name_of
from mattekit.core.errors import BadArgument

Kind = Literal["networks", "losses", "sources", "steps"]
MODULES = "MATTEKIT_PLUGINS"
"""Environment variable: names of modules to import, separated by commas."""

Config = TypeVar("Config", bound=type)
_registered: dict[Kind, dict[str, type]] = {kind: {} for kind in get_args(Kind)}


def register(kind: Kind) -> Callable[[Config], Config]:
    """Add the decorated config to the networks, losses, sources or steps."""

    def add(config: Config) -> Config:
        if not (is_dataclass(config) and fields(config)[0].name == "name"):
            raise BadArgument(
                f"the plug-in {config.__qualname__} is not a config; decorate it with "
                '@config and begin with a field name: Literal["..."] = "..."'
            )
        known = _registered[kind].setdefault(name_of(config), config)
        _refuse_two(kind, known, config)
        return config

    return add


def by_name(kind: Kind, built_in: Iterable[type]) -> dict[str, type]:
    """The choices by name: mattekit's own, then those of plug-ins."""
    _import_entry_points(kind)
    for module in filter(None, os.environ.get(MODULES, "").split(",")):
        _import(module, partial(import_module, module))
    choices = {name_of(config): config for config in built_in}
    for name, config in _registered[kind].items():
        _refuse_two(kind, choices.setdefault(name, config), config)
    return choices


@cache
def _import_entry_points(kind: Kind) -> None:
    for entry in entry_points(group=f"mattekit.{kind}"):
        register(kind)(_import(entry.value, entry.load))


def _import(what: str, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except (ImportError, AttributeError, SyntaxError) as error:
        raise BadArgument(
            f"the plug-in {what} cannot be imported ({error}); repair it, or leave it out"
        ) from error


def _refuse_two(kind: Kind, known: type, other: type) -> None:
    places = [f"{each.__module__}.{each.__qualname__}" for each in (known, other)]
    if places[0] != places[1]:
        raise BadArgument(
            f"{places[1]} and {places[0]} are both called '{name_of(known)}' among the {kind}; "
            "give the plug-in another name"
        )

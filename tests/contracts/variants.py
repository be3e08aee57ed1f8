"""Every option of every member of a union, one at a time."""

from dataclasses import fields
from typing import Any, get_type_hints

from mattekit.networks.options import choices


def variants(member: type) -> list[Any]:
    """The config as it comes, and once with each other value of each of its choices."""
    hints = get_type_hints(member)
    default = member()
    changed = [
        member(**{field.name: value})
        for field in fields(member)[1:]
        for value in choices(hints[field.name])
        if value != getattr(default, field.name)
    ]
    return [default, *changed]


def label(config: Any) -> str:
    """The config's name and what differs from its defaults, as a test's name."""
    default = type(config)()
    differing = [
        f"{field.name}={value}"
        for field in fields(config)
        if (value := getattr(config, field.name)) != getattr(default, field.name)
    ]
    return " ".join([config.name, *differing])

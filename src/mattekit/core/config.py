"""`@config`: frozen dataclasses that are name, schema, help text and factory of a choice.

A config is defined in the same file as what it builds. The list of choices is a union of configs
(`NetworkConfig = DimConfig | GfmConfig | ...`), discriminated by the field `name`.
"""

from dataclasses import dataclass, fields
from typing import Any, TypeVar, dataclass_transform, get_args

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def config(cls: type[T]) -> type[T]:
    """Frozen keyword-only dataclass that pydantic, which reads the recipes, validates strictly."""
    frozen: Any = dataclass(frozen=True, kw_only=True, slots=True)(cls)
    frozen.__pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}
    return frozen  # type: ignore[no-any-return]


def by_name(union: Any) -> dict[str, Any]:
    """The configs of a union, by their names.

    >>> from typing import Literal
    >>> @config
    ... class Disc:
    ...     name: Literal["disc"] = "disc"
    >>> @config
    ... class Square:
    ...     name: Literal["square"] = "square"
    >>> list(by_name(Disc | Square))
    ['disc', 'square']
    """
    return {name_of(member): member for member in get_args(union)}


def name_of(config: Any) -> str:
    """The name by which a config is chosen: the default of its field `name`."""
    return next(str(field.default) for field in fields(config) if field.name == "name")

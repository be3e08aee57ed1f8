"""The one idiom for every choice: a frozen dataclass is name, schema, help text and factory.

A config belongs to the thing it builds and stands in the same file. The list of choices is a union
of configs (`NetworkConfig = DimConfig | GfmConfig | ...`), told apart by the field `name`.
"""

from dataclasses import dataclass, fields
from typing import Any, TypeVar, dataclass_transform, get_args

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def config(cls: type[T]) -> type[T]:
    """Frozen keyword-only dataclass that pydantic, seen from the recipes, reads strictly."""
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
    return {_name_of(member): member for member in get_args(union)}


def _name_of(member: Any) -> str:
    return next(str(field.default) for field in fields(member) if field.name == "name")

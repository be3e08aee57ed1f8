"""The options of a config as text: what help, `models show` and the tables in docs are made of, and
how `config_of` reads them."""

import ast
import inspect
import textwrap
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from mattekit.core.errors import BadArgument


@dataclass(frozen=True, kw_only=True)
class Option:
    """One field of a config."""

    member: type
    """The config."""
    name: str
    type: Any
    default: Any

    @property
    def meaning(self) -> str:
        """The text beneath the field in the source."""
        return _meanings(self.member).get(self.name, "")

    @property
    def values(self) -> tuple[Any, ...]:
        """The values it can have; empty for a number or a text."""
        return choices(self.type)

    @property
    def kind(self) -> str:
        """What it is where no values are listed."""
        return "text" if self.type is str else "number"

    def read(self, value: Any) -> Any:
        """The value, perhaps given as text, as its type has it."""
        listed = {str(choice).lower(): choice for choice in self.values}
        if listed and str(value).lower() not in listed:
            allowed = ", ".join(str(choice) for choice in self.values)
            raise BadArgument(f"{self.name} is one of {allowed}, not {value!r}")
        if listed:
            return listed[str(value).lower()]
        try:
            return self.type(value)
        except ValueError as error:
            raise BadArgument(f"{self.name} is a number, not {value!r}") from error


def options_of(member: type) -> list[Option]:
    """The options of a config, in their order, without its name."""
    hints = get_type_hints(member)
    return [
        Option(member=member, name=field.name, type=hints[field.name], default=field.default)
        for field in fields(member)[1:]  # type: ignore[arg-type]
    ]


def choices(hint: Any) -> tuple[Any, ...]:
    """The values that an option's type lists; none for numbers."""
    if hint is bool:
        return (False, True)
    if get_origin(hint) is Literal:
        return get_args(hint)
    return tuple(choice for part in get_args(hint) for choice in choices(part))


@cache
def _meanings(member: type) -> dict[str, str]:
    """Field -> its meaning."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(member))).body[0]
    assert isinstance(tree, ast.ClassDef), "a config is a class"
    found = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            below = text.value if isinstance(text, ast.Expr) else None
            if isinstance(below, ast.Constant) and isinstance(below.value, str):
                found[field.target.id] = " ".join(below.value.split())
    return found

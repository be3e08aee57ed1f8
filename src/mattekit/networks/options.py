"""The options of a config as text: what help, `models show` and the tables in docs are made of."""

import ast
import inspect
import textwrap
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

from mattekit.networks import choices


@dataclass(frozen=True, kw_only=True)
class Option:
    """One field of a config."""

    name: str
    values: tuple[Any, ...]
    """The values it can have; empty for a number or a text."""
    kind: str
    """What it is where no values are listed."""
    default: Any
    meaning: str


def options_of(member: type) -> list[Option]:
    """The options of a config, in their order, without its name."""
    hints, meanings = get_type_hints(member), _meanings(member)
    return [
        Option(
            name=field.name,
            values=tuple(choices(hints[field.name])),
            kind="text" if hints[field.name] is str else "number",
            default=field.default,
            meaning=meanings.get(field.name, ""),
        )
        for field in fields(member)[1:]  # type: ignore[arg-type]
    ]


def _meanings(member: type) -> dict[str, str]:
    """Field -> the text that stands beneath it in the source."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(member))).body[0]
    assert isinstance(tree, ast.ClassDef), "a config is a class"
    found = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            below = text.value if isinstance(text, ast.Expr) else None
            if isinstance(below, ast.Constant) and isinstance(below.value, str):
                found[field.target.id] = " ".join(below.value.split())
    return found

"""Things that stand in one place only, or nowhere."""

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "mattekit"
FILES = {
    path.relative_to(SOURCE).as_posix(): path.read_text("utf-8") for path in SOURCE.rglob("*.py")
}

ALLOWED = {
    # what clouds raise has no common base; what breaks a validation leaves once the run is saved
    r"except Exception\b": {
        "batch/failures.py",
        "core/storage.py",
        "training/run.py",
        "training/validation.py",
    },
    r"\.cuda\(": set(),
    r"\bTODO\b|\bNotImplementedError\b": set(),
    r"from __future__": set(),
    r"np\.random\.(seed|rand|randn|randint|random|normal|uniform)\(": set(),
    r"pickle\.loads?\(|weights_only=False": set(),
}


def without_docstrings(text: str) -> str:
    return re.sub(r'""".*?"""', "", text, flags=re.DOTALL)


@pytest.mark.parametrize("pattern", ALLOWED)
def test_a_pattern_stands_only_where_it_may(pattern: str) -> None:
    found = {
        name
        for name, text in FILES.items()
        if re.search(pattern, without_docstrings(text), re.MULTILINE)
    }
    beyond_the_server = {name for name in found if not name.startswith("server/")}
    assert beyond_the_server == ALLOWED[pattern]


def test_the_server_catches_everything_in_one_place_at_most() -> None:
    catching = [
        name
        for name, text in FILES.items()
        if name.startswith("server/") and re.search(r"except Exception\b", text)
    ]
    assert len(catching) <= 1


def test_only_the_commands_print() -> None:
    printing = [
        name
        for name, text in FILES.items()
        if re.search(r"^\s*print\(", without_docstrings(text), re.MULTILINE)
        and not name.startswith("cli/")
    ]
    assert printing == []


@pytest.mark.slow
def test_every_text_file_is_opened_as_utf8() -> None:
    """Without saying so it would be in the code page of Windows."""
    silent = [
        f"{name}: {ast.unparse(call)}"
        for name, text in FILES.items()
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and _opens_text(call) and "utf-8" not in ast.unparse(call)
    ]
    assert silent == []


def _opens_text(call: ast.Call) -> bool:
    *owner, name = ast.unparse(call.func).split(".")
    modes = {each.value for each in call.args if isinstance(each, ast.Constant)}
    text = name == "open" and not {"tarfile", "library"} & {*owner} and not modes.isdisjoint("rwax")
    return text or (bool(owner) and name in ("read_text", "write_text"))

"""A room has one subject and looks only down: the table below is the import order."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FLOORS = [
    {"core"},
    {"imaging"},
    {"classical", "metrics", "synthetic", "models", "batch"},
    {"networks", "losses", "data"},
    {"preparation", "inference", "subject"},
    {"cutouts", "evaluation"},
    {"training", "keying"},
    {"recipes"},
    {"server"},
    {"cli"},
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

ROOT = Path(__file__).parents[2] / "src" / "mattekit"
MODULES = sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT)

TORCH = {"torch", "torchvision", "timm", "jaxtyping", "safetensors", "lightning_fabric"}
TORCH_ROOMS = {"networks", "losses", "inference", "training", "recipes"}
IMPORTS = (ast.Import, ast.ImportFrom)
TORCH_FILES = {"core/tensors.py", "data/loader.py"}


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the floor"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_from_itself_and_from_lower_floors(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    for name in imports(ast.parse(path.read_text())):
        if name.startswith("mattekit.") and name.split(".")[1] in FLOOR_OF:
            other = name.split(".")[1]
            assert other == room or FLOOR_OF[other] < FLOOR_OF[room], f"{room} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_rooms_for_it_know_torch(path: Path) -> None:
    place = path.relative_to(ROOT)
    if place.parts[0] in TORCH_ROOMS or str(place) in TORCH_FILES:
        return
    nodes = list(ast.walk(ast.parse(path.read_text())))
    if place.parts[0] in {"cli", "server"}:  # a command may import torch when it runs
        nodes = ast.parse(path.read_text()).body
    names = [name for node in nodes if isinstance(node, IMPORTS) for name in imports(node)]
    assert not TORCH & {name.split(".")[0] for name in names}

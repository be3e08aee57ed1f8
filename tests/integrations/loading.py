"""Files of `integrations/`, loaded by path as the programs that they extend load them."""

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2] / "integrations"


def load(place: str) -> ModuleType:
    """The module in a file below `integrations`."""
    path = ROOT / place
    name = f"integration_{path.parent.name}".replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

"""The rows of docs/published-commands.md, as the program that writes the page reads them."""

import importlib.util
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[2] / "docs" / "published_commands.py"
_spec = importlib.util.spec_from_file_location("published_commands", PROGRAM)
assert _spec is not None
assert _spec.loader is not None
program = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = program  # dataclasses ask for it
_spec.loader.exec_module(program)

ROWS = program.rows()

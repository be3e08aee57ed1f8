"""Writes published-commands.md from published_commands.yaml: python docs/published_commands.py

A test compares the page with this program, and others run every command.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

TABLE = Path(__file__).with_suffix(".yaml")
PAGE = Path(__file__).with_name("published-commands.md")
HEAD = """# Coming from the published programs

What their READMEs and scripts tell you to run, and the same with mattekit. Models are imported
once, under any name; folders are those that the README of each system describes (`mattekit synth
LAYOUT` draws miniatures of them). Every command of mattekit on this page is run by a test, on such
miniatures. What becomes of each option of a training program:
[published-flags.md](published-flags.md); of each feature: [coverage.md](coverage.md).

<!-- written by docs/published_commands.py from published_commands.yaml -->
"""


@dataclass(frozen=True)
class Row:
    """What a published program is told, and the words for mattekit."""

    system: str
    published: str
    mattekit: str


def rows() -> list[Row]:
    """Every row of the table."""
    return [Row(part["system"], **row) for part in _parts() for row in part["rows"]]


def page() -> str:
    """The whole page."""
    text = HEAD
    for part in _parts():
        text += f"\n## {part['system']}\n\n| published | mattekit |\n|---|---|\n"
        for row in part["rows"]:
            text += f"| {row['published']} | `mattekit {row['mattekit']}` |\n"
        text += f"\n{part['text']}"
    return text


def _parts() -> list[dict]:
    return yaml.safe_load(TABLE.read_text())


if __name__ == "__main__":
    PAGE.write_text(page())

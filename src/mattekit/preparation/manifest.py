"""What is in a prepared folder and how it was made: a JSON object a line."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mattekit.core.atomic import make_folder, write_text
from mattekit.core.errors import BadOutput

MANIFEST = "manifest.jsonl"

Entry = Mapping[str, Any]


def write_manifest(folder: Path, entries: Iterable[Entry]) -> None:
    """Replace the folder's manifest."""
    write_text(folder / MANIFEST, "".join(map(_line, entries)))


def add_to_manifest(folder: Path, entry: Entry) -> None:
    """Append one entry in a single write, so that several processes may do it."""
    path = make_folder(folder) / MANIFEST
    try:
        with path.open("ab", buffering=0) as file:
            file.write(_line(entry).encode())
    except OSError as error:
        raise BadOutput(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from error


def read_manifest(folder: Path) -> list[dict[str, Any]]:
    """The entries in their order; a line that was cut short by a crash is passed over."""
    path = folder / MANIFEST
    if not path.is_file():
        return []
    entries = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    return entries


def _line(entry: Entry) -> str:
    return json.dumps(dict(entry)) + "\n"

"""Public test sets: results of networks trained on them are not comparable.

They are recognised by the name of a folder or by Composition-1k's own list. Renamed pictures are
found by `mattekit prepare check TRAIN --against TEST`.
"""

from collections.abc import Iterable
from pathlib import Path

from mattekit.data.lists import read_names

COMPOSITION_1K = "Composition-1k"
TEST_NAMES = "test_fg_names.txt"

FOLDERS = {
    ("aim-500",): "AIM-500",
    ("p3m-500",): "P3M-500",
    ("p3m-500-p",): "P3M-500-P",
    ("p3m-500-np",): "P3M-500-NP",
    ("am-2k", "validation"): "AM-2k/validation",
    ("composition-1k",): COMPOSITION_1K,
}
"""The last folders of a path, in lower case -> the test set in them."""


def public_test_set_in(folder: Path) -> str | None:
    """The public test set that a folder holds, by its name and those of the folders above it."""
    parts = tuple(part.casefold() for part in folder.absolute().parts)
    for names, test_set in FOLDERS.items():
        width = len(names)
        if any(parts[at : at + width] == names for at in range(len(parts) - width + 1)):
            return test_set
    return None


def composition1k_in(stems: Iterable[str], lists: Iterable[Path]) -> str | None:
    """Composition-1k, if one of its lists exists and names one of these foregrounds."""
    known = {Path(name).stem for path in lists if path.is_file() for name in read_names(path)}
    return COMPOSITION_1K if known & set(stems) else None

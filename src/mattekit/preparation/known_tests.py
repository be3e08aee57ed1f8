"""Public test pictures in a tree that is to be trained on, told by their names alone."""

from pathlib import Path

from mattekit.core.errors import BadData
from mattekit.data.lists import read_names
from mattekit.data.public_tests import COMPOSITION_1K, TEST_NAMES, public_test_set_in
from mattekit.data.sources.comp import foreground_of
from mattekit.preparation.doctor import Finding
from mattekit.preparation.inventory import Inventory

OWN_PLACE = "Test_set"
"""Where the pictures of Composition-1k belong."""


def known_tests(root: Path, inventory: Inventory) -> list[Finding]:
    """One finding a test set that is there by its name, one a foreground of Composition-1k."""
    folders = {
        entry.lead.parent: public_test_set_in(entry.lead.parent) for entry in inventory.entries
    }
    first = {
        test_set: folder for folder, test_set in sorted(folders.items(), key=str, reverse=True)
    }
    findings = [_finding(folder, f"is {name}") for name, folder in first.items() if name]
    names = {Path(name).stem for path in _lists(root) for name in _names(path)}
    told: set[str] = set()
    for path in (entry.lead for entry in inventory.entries):
        stem = foreground_of(path.stem)
        if stem in names - told and OWN_PLACE not in path.parts and not folders[path.parent]:
            told.add(stem)
            findings.append(_finding(path, f"is a foreground of {COMPOSITION_1K}"))
    return findings


def _finding(path: Path, what: str) -> Finding:
    sentence = f"{what}: a public test set, and nothing that was trained on it compares"
    return Finding(kind="test set", path=path, sentence=sentence)


def _lists(root: Path) -> list[Path]:
    """The lists of Composition-1k in the tree and beside it."""
    above = (root.absolute(), *root.absolute().parents[:2])
    beside = [place / folder / TEST_NAMES for place in above for folder in ("", OWN_PLACE)]
    return [path for path in {*root.rglob(TEST_NAMES), *beside} if path.is_file()]


def _names(path: Path) -> list[str]:
    try:
        return read_names(path)
    except BadData:
        return []

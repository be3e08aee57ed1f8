"""Finding pictures in folders of third-party data sets, and recognising public test sets.

Suffixes may be in any case, names may contain spaces and any script (in any Unicode normal form);
hidden files and files that are not pictures are ignored. Results of networks trained on a public
test set are not comparable. It is recognised by the names of its folders or by Composition-1k's own
list; `mattekit prepare check TRAIN --against TEST` finds renamed pictures.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter
from os.path import commonpath
from pathlib import Path

from mattekit.core.errors import BadData
from mattekit.data.lists import read_names
from mattekit.imaging.sources import SUFFIXES

ORDER = attrgetter("parts")
"""Of paths: that of Linux, also where they compare without case."""
SHOWN = 3
"""Missing files that an error names."""

COMPOSITION_1K = "Composition-1k"
TEST_NAMES = "test_fg_names.txt"
TEST_SETS = {
    ("aim-500",): "AIM-500",
    ("p3m-500",): "P3M-500",
    ("p3m-500-p",): "P3M-500-P",
    ("p3m-500-np",): "P3M-500-NP",
    ("am-2k", "validation"): "AM-2k/validation",
    ("composition-1k",): COMPOSITION_1K,
}
"""Folders within each other, in lower case -> the test set in them."""


class Folder:
    """The pictures directly in one folder, found by name, or by stem under another suffix."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pictures = _pictures(_existing(path).iterdir(), path, "")
        self._by_name = {_composed(picture.name): picture for picture in self.pictures}
        self._by_stem: dict[str, list[Path]] = {}
        for picture in self.pictures:
            self._by_stem.setdefault(_key(picture.stem), []).append(picture)

    def find(self, name: str) -> Path | None:
        """The picture of that name, or else of that stem."""
        exact = self._by_name.get(_composed(name))
        if exact is not None:
            return exact
        path = Path(name)
        stem = path.stem if path.suffix.lower() in SUFFIXES else name
        found = self._by_stem.get(_key(stem), [])
        if len(found) > 1:
            raise BadData(f"{found[0]} and {found[1]} share a stem; keep only one")
        return found[0] if found else None

    def all_of(self, names: Iterable[str]) -> list[Path]:
        """The pictures of these names; missing ones are an error."""
        wanted = list(names)
        found = [self.find(name) for name in wanted]
        missing = [name for name, path in zip(wanted, found, strict=True) if path is None]
        if missing:
            raise BadData(
                f"{len(missing)} of {len(wanted)} pictures are not in {self.path}: "
                f"{_some(missing)}; add them, or remove their names from the list"
            )
        return [path for path in found if path is not None]

    def partners(self, pictures: Sequence[Path]) -> list[Path]:
        """The pictures here with the same stems, in the given order."""
        return self.all_of(picture.name for picture in pictures)


def subfolder(root: Path, name: str) -> Path:
    """The folder of that name in `root`; case, spaces, hyphens and underscores do not matter."""
    found = here_or_in(root, name)
    if found != root:
        return found
    there = ", ".join(sorted(path.name for path in _existing(root).iterdir() if path.is_dir()))
    raise BadData(
        f"there is no folder '{name}' in {root} (folders there: {there or 'none'}); "
        "docs/datasets.md shows how the data set is laid out"
    )


def has_subfolder(root: Path, name: str) -> bool:
    """Whether `subfolder` would find one."""
    return here_or_in(root, name) != root


def here_or_in(root: Path, name: str) -> Path:
    """The folder of that name in `root`, or `root` itself, which then is that folder."""
    folders = sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    return next((path for path in folders if loose(path.name) == loose(name)), root)


def pictures_below(folder: str | Path) -> list[Path]:
    """All pictures in a folder and its sub-folders, by name, without hidden ones."""
    root = _existing(Path(folder))
    return _pictures(root.rglob("*"), root, ", nor do its sub-folders")


def require_files(paths: Iterable[Path], place: Path | str) -> None:
    """Refuse a list or folder that names missing files."""
    wanted = list(dict.fromkeys(paths))
    missing = [path for path in wanted if not path.is_file()]
    if missing:
        raise BadData(
            f"{len(missing)} of {len(wanted)} files that {place} names are missing: "
            f"{_some(missing)}; add them, or correct the list"
        )


def distinct_names(paths: Sequence[Path]) -> tuple[str, ...]:
    """A name for each file: its stem, with the folders before it where files share a stem.

    >>> distinct_names([Path("a/cat.jpg"), Path("b/cat.jpg"), Path("b/dog.jpg")])
    ('a-cat', 'b-cat', 'dog')
    """
    try:
        together: str | None = commonpath([path.parent for path in paths])
    except ValueError:  # on several drives, or some of them from the working folder
        together = None
    often = Counter(path.stem for path in set(paths))
    return tuple(
        path.stem
        if often[path.stem] == 1
        else "-".join(path.relative_to(together or path.anchor).with_suffix("").parts)
        for path in paths
    )


def public_test_set_in(folder: Path) -> str | None:
    """The public test set that a folder holds, by its name and those of the folders above it."""
    parts = tuple(part.casefold() for part in folder.absolute().parts)
    for names, test_set in TEST_SETS.items():
        width = len(names)
        if any(parts[at : at + width] == names for at in range(len(parts) - width + 1)):
            return test_set
    return None


def composition1k_in(stems: Iterable[str], lists: Iterable[Path]) -> str | None:
    """Composition-1k, if one of its lists exists and names one of these foregrounds."""
    known = {Path(name).stem for path in lists if path.is_file() for name in read_names(path)}
    return COMPOSITION_1K if known & set(stems) else None


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        raise BadData(f"there is no folder {folder}; give one with pictures")
    return folder


def _pictures(paths: Iterable[Path], folder: Path, extent: str) -> list[Path]:
    pictures = (path for path in paths if path.suffix.lower() in SUFFIXES)
    found = sorted((path for path in pictures if not path.name.startswith(".")), key=ORDER)
    if not found:
        raise BadData(f"the folder {folder} holds no pictures{extent}")
    return found


def _some(names: Sequence[object]) -> str:
    """The first few, for an error message."""
    return ", ".join(map(str, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")


def _composed(name: str) -> str:
    """The name in Unicode normal form C, since file systems differ."""
    return unicodedata.normalize("NFC", name)


def _key(name: str) -> str:
    return _composed(name).casefold()


def loose(name: str) -> str:
    """The name in small letters, with spaces for hyphens and underscores."""
    return _key(name).replace("_", " ").replace("-", " ")

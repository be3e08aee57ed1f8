"""Finding pictures in folders of third-party data sets.

Suffixes may be in any case, names may contain spaces and any script (in any Unicode normal form);
hidden files and files that are not pictures are ignored.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from os.path import commonpath
from pathlib import Path

from mattekit.core.errors import BadData
from mattekit.imaging.files import SUFFIXES

SHOWN = 3
"""Missing files that an error names."""


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
    found = sorted(path for path in _existing(root).iterdir() if path.is_dir())
    for path in found:
        if _loose(path.name) == _loose(name):
            return path
    there = ", ".join(path.name for path in found) or "none"
    raise BadData(
        f"there is no folder '{name}' in {root} (folders there: {there}); "
        "docs/datasets.md shows how the data set is laid out"
    )


def here_or_in(root: Path, name: str) -> Path:
    """The folder of that name in `root`, or `root` itself, which then is that folder."""
    return subfolder(root, name) if has_subfolder(root, name) else root


def has_subfolder(root: Path, name: str) -> bool:
    """Whether `subfolder` would find one."""
    return root.is_dir() and any(
        path.is_dir() and _loose(path.name) == _loose(name) for path in root.iterdir()
    )


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
            f"{_some(map(str, missing))}; add them, or correct the list"
        )


def distinct_names(paths: Sequence[Path]) -> tuple[str, ...]:
    """A name for each file: its stem, with the folders before it where files share a stem.

    >>> distinct_names([Path("a/cat.jpg"), Path("b/cat.jpg"), Path("b/dog.jpg")])
    ('a-cat', 'b-cat', 'dog')
    """
    together = Path(commonpath([path.parent for path in paths]))
    often = Counter(path.stem for path in set(paths))
    return tuple(
        path.stem if often[path.stem] == 1 else "-".join(_below(path, together)) for path in paths
    )


def _below(path: Path, folder: Path) -> tuple[str, ...]:
    return path.relative_to(folder).with_suffix("").parts


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        raise BadData(f"there is no folder {folder}; give one with pictures")
    return folder


def _pictures(paths: Iterable[Path], folder: Path, extent: str) -> list[Path]:
    found = sorted(
        path for path in paths if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )
    if not found:
        raise BadData(f"the folder {folder} holds no pictures{extent}")
    return found


def _some(names: Iterable[str]) -> str:
    """The first few, for an error message."""
    first = list(islice(names, SHOWN + 1))
    return ", ".join(first[:SHOWN]) + (", ..." if len(first) > SHOWN else "")


def _composed(name: str) -> str:
    """The name in Unicode normal form C, since file systems differ."""
    return unicodedata.normalize("NFC", name)


def _key(name: str) -> str:
    return _composed(name).casefold()


def _loose(name: str) -> str:
    return _key(name).replace("_", " ").replace("-", " ")

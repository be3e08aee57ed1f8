"""Which files of a tree belong together, whatever the data set is.

A folder's name says what its pictures are; folders side by side belong together, and their files do
by stem, or by the stem without its last number, as composites have it (`cat_7` goes with `cat`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mattekit.core.errors import BadData
from mattekit.data.composite_plan import foreground_of
from mattekit.data.folders import loose, pictures_below

Role = Literal["alpha", "image", "foreground", "trimap", "background", "picture"]
"""`picture` is in a folder whose name says nothing: nothing belongs to it."""

FOLDERS: dict[Role, set[str]] = {
    "alpha": {"alpha", "alphas", "mask", "masks", "matte", "mattes"},
    "image": {"image", "images", "original", "rgb", "input", "input lowres", "blurred image",
              "merged", "merged cv"},
    "foreground": {"fg", "foreground", "foregrounds"},
    "trimap": {"trimap", "trimaps", "trimap1", "trimap2", "trimap3"},
    "background": {"bg", "background", "backgrounds"},
}  # fmt: skip
"""What folders of each role are called, in small letters."""
LEADING: tuple[Role, ...] = ("alpha", "image", "foreground")
"""What the others must fit: the first of these that is there."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Files that must fit each other: the leading one, and what belongs to it."""

    lead: Path
    role: Role
    partners: tuple[tuple[Role, Path], ...] = ()

    @property
    def files(self) -> tuple[tuple[Role, Path], ...]:
        """All files with what they are."""
        return ((self.role, self.lead), *self.partners)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that is wrong with a file."""

    kind: str
    path: Path
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """The files of a tree, brought together, and what has no partner."""

    entries: tuple[Entry, ...]
    unpaired: tuple[Finding, ...]

    @property
    def files(self) -> int:
        """Number of all files."""
        return sum(len(entry.files) for entry in self.entries)


def take_inventory(root: Path) -> Inventory:
    """All pictures below a folder."""
    entries: list[Entry] = []
    unpaired: list[Finding] = []
    for planes in _groups(root).values():
        lead = next((role for role in LEADING if role in planes), None)
        for path in planes.pop("picture", []):
            entries.append(Entry(lead=path, role="picture"))
        if lead is None:
            entries += [Entry(lead=path, role=role) for role in planes for path in planes[role]]
        else:
            _bring_together(lead, planes, entries, unpaired)
    if not entries:
        raise BadData(f"the folder {root} holds no pictures, nor do its sub-folders")
    return Inventory(entries=tuple(entries), unpaired=tuple(unpaired))


def role_of(folder: Path) -> Role:
    """What the pictures of a folder are, by its name."""
    name = loose(folder.name)
    return next((role for role, names in FOLDERS.items() if name in names), "picture")


def _groups(root: Path) -> dict[Path, dict[Role, list[Path]]]:
    """The pictures of each role, by the folder around them."""
    groups: dict[Path, dict[Role, list[Path]]] = {}
    for path in pictures_below(root):
        if path.is_file():
            role = role_of(path.parent)
            group = path.parent if role == "picture" else path.parent.parent
            groups.setdefault(group, {}).setdefault(role, []).append(path)
    return groups


def _bring_together(
    lead: Role,
    planes: Mapping[Role, list[Path]],
    entries: list[Entry],
    unpaired: list[Finding],
) -> None:
    leads = {path.stem: path for path in planes[lead]}
    partners: dict[str, list[tuple[Role, Path]]] = {stem: [] for stem in leads}
    for role, paths in planes.items():
        if role == lead:
            continue
        fitting = dict(_fitting(paths, leads))
        if role == "background" and len(fitting) < len(paths) / 2:  # a stock of them, for all
            entries += [Entry(lead=path, role=role) for path in paths]
            continue
        for path, stem in fitting.items():
            partners[stem].append((role, path))
        alone = [path for path in paths if path not in fitting]
        unpaired += [_unpaired(path, lead) for path in alone]
        entries += [Entry(lead=path, role=role) for path in alone]
        without = sorted(leads.keys() - fitting.values())
        unpaired += [_unpaired(leads[stem], role) for stem in without]
    entries += [
        Entry(lead=path, role=lead, partners=tuple(partners[stem])) for stem, path in leads.items()
    ]


def _unpaired(path: Path, lacking: Role) -> Finding:
    return Finding(kind="unpaired", path=path, sentence=f"has no {lacking}")


def _fitting(paths: Iterable[Path], leads: Mapping[str, Path]) -> Iterator[tuple[Path, str]]:
    for path in paths:
        stem = path.stem if path.stem in leads else foreground_of(path.stem)
        if stem in leads:
            yield path, stem

"""What is wrong with the files of a data set: every file decoded, known test pictures named."""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from mattekit.core.errors import BadData, MattekitError
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Plane, Size, Trimap
from mattekit.data.composite_plan import foreground_of
from mattekit.data.folders import COMPOSITION_1K, TEST_NAMES, public_test_set_in
from mattekit.data.lists import read_names
from mattekit.imaging.files import open_alpha, open_picture, open_trimap
from mattekit.imaging.picture import Picture, to_depth
from mattekit.preparation.fingerprints import Fingerprint, fingerprint
from mattekit.preparation.inventory import Entry, Finding, Inventory, Role

KINDS = {
    "unreadable": "does not decode, or is not what its folder says",
    "unpaired": "lacks a file of the same stem",
    "size": "has another size than what it belongs to",
    "empty": "an alpha that is 0 everywhere, or nowhere less than 1",
    "inverted": "an alpha that is white where the background is",
    "mask": "an alpha without soft pixels: a segmentation, not a matte",
    "trimap": "a trimap with other values than 0, 128 and 255, or without unknown pixels",
    "test set": "a public test picture in a training set",
    "same bytes": "the same file as one of the other set",
    "same look": "nearly the same picture as one of the other set",
    "same name": "the same stem as a picture of the other set",
}
"""What is looked for, in the order of the report."""

SOFT = (38, 217)  # 15 and 85 % of 255: what JPEG does to a mask stays outside
SOFT_SHARE = 0.1
"""A matte has at least so many soft pixels for every pixel of its outline."""
WHITE_RIM, DARK_SHARE = 0.8, 0.02
"""Mean of the outermost pixels from which on, with so many dark ones, an alpha is inverted."""
OWN_PLACE = "Test_set"
"""Where the pictures of Composition-1k belong."""


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What one entry's files gave."""

    lead: Path
    findings: list[Finding] = field(default_factory=list)
    fingerprints: list[Fingerprint] = field(default_factory=list)


def examine(entry: Entry, *, allow_masks: bool = False) -> Examined:
    """Decode every file of an entry and say what is wrong with it.

    Args:
        allow_masks: alphas of only 0 and 1 are meant.
    """
    examination = Examination(entry, allow_masks=allow_masks)
    for role, path in entry.files:
        examination.look_at(role, path)
    return examination.found


class Examination:
    """The planes of one entry, looked at one after the other, the leading one first."""

    def __init__(self, entry: Entry, *, allow_masks: bool) -> None:
        self.found = Examined(lead=entry.lead)
        self.allow_masks = allow_masks
        self.size: Size | None = None
        self.alpha: Plane | None = None

    def look_at(self, role: Role, path: Path) -> None:
        """Decode one file; what follows from it is added to the findings."""
        try:
            if role == "alpha":
                plane = to_depth(open_alpha(path), 8)
                self._look_at_alpha(path, plane)
            elif role == "trimap":
                plane, warnings = open_trimap(path)
                self._look_at_trimap(path, plane, warnings)
            else:
                picture = open_picture(path)
                plane = picture.colours
                if role != "background":
                    self.found.fingerprints.append(fingerprint(path, plane))
                    self._look_at_channel(path, picture)
        except MattekitError as error:
            self._add("unreadable", path, str(error).removeprefix(f"{path}: "))
            return
        size = plane.shape[:2]
        self.size = self.size or size
        if size != self.size:
            found, expected = (f"{one[1]}x{one[0]}" for one in (size, self.size))
            self._add("size", path, f"is {found}, and what it belongs to {expected}")

    def _look_at_alpha(self, path: Path, alpha: Plane) -> None:
        self.alpha = alpha
        if alpha.max() == 0:
            self._add("empty", path, "is black everywhere: nothing is foreground")
        elif alpha.min() == 255:
            self._add("empty", path, "is white everywhere: nothing is background")
        else:
            if not self.allow_masks and is_mask(alpha):
                self._add("mask", path, "has no soft pixels: a segmentation, not a matte")
            if looks_inverted(alpha):
                self._add("inverted", path, "is white at the border of the picture and dark inside")

    def _look_at_channel(self, path: Path, picture: Picture) -> None:
        """The alpha channel of a cut-out; one that is opaque everywhere says nothing."""
        if self.alpha is None and picture.alpha is not None:
            alpha = to_depth(picture.alpha, 8)
            if alpha.min() < 255:
                self._look_at_alpha(path, alpha)

    def _look_at_trimap(self, path: Path, trimap: Trimap, warnings: tuple[str, ...]) -> None:
        for warning in warnings:
            self._add("trimap", path, warning.removeprefix(f"{path}: "))
        if not (trimap == UNKNOWN).any():
            self._add("trimap", path, "has no unknown (grey) pixels")
        if self.alpha is not None and self.alpha.shape == trimap.shape:
            sure = [self.alpha[trimap == label] for label in (FOREGROUND, BACKGROUND)]
            if all(part.size for part in sure) and sure[0].mean() < sure[1].mean():
                self._add("inverted", path, "is white where the alpha is dark: one is inverted")

    def _add(self, kind: str, path: Path, sentence: str) -> None:
        findings = self.found.findings
        if kind != "inverted" or all(finding.kind != kind for finding in findings):  # said once
            findings.append(Finding(kind=kind, path=path, sentence=sentence))


def is_mask(alpha: Plane) -> bool:
    """Nearly no soft pixel at the outline of an 8-bit alpha, however JPEG smeared it."""
    soft = np.count_nonzero((alpha > SOFT[0]) & (alpha < SOFT[1]))
    inside = (alpha > 127).astype(np.uint8)
    outline = np.count_nonzero(inside - cv2.erode(inside, np.ones((3, 3), np.uint8)))
    return bool(outline > 0 and soft < SOFT_SHARE * outline)


def looks_inverted(alpha: Plane) -> bool:
    """The border of an 8-bit alpha is white, and there is a dark part."""
    rim = np.ones(alpha.shape, dtype=np.bool_)
    rim[1:-1, 1:-1] = False
    return bool(alpha[rim].mean() > WHITE_RIM * 255 and (alpha < 128).mean() > DARK_SHARE)


def known_tests(root: Path, inventory: Inventory) -> list[Finding]:
    """One finding a test set that is there by its name, one a foreground of Composition-1k."""
    leads = [entry.lead for entry in inventory.entries]
    folders = {folder: public_test_set_in(folder) for folder in {path.parent for path in leads}}
    first = {name: folder for folder, name in sorted(folders.items(), key=str, reverse=True)}
    findings = [_test_finding(folder, f"is {name}") for name, folder in first.items() if name]
    names = {Path(name).stem for path in _lists(root) for name in _names(path)}
    reported: set[str] = set()
    for path in leads:
        stem = foreground_of(path.stem)
        if stem in names - reported and OWN_PLACE not in path.parts and not folders[path.parent]:
            reported.add(stem)
            findings.append(_test_finding(path, f"is a foreground of {COMPOSITION_1K}"))
    return findings


def _test_finding(path: Path, what: str) -> Finding:
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

"""What a picture is recognised by: its bytes, its name, and a hash of how it looks.

The hash is 64 signs of slow cosine waves, so a picture that was scaled, coded anew or slightly
retouched keeps nearly all of them.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mattekit.core.types import Plane
from mattekit.data.composite_plan import foreground_of
from mattekit.imaging.picture import to_float
from mattekit.preparation.inventory import Finding

SIDE, WAVES = 32, 8
FLAT = 0.02
"""Standard deviation of grey below which a picture looks like any other empty one."""
NEAR = 4
"""Signs that may differ between two copies of a picture."""
STRIP = 256


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """What is compared of a picture."""

    path: Path
    digest: str
    look: int | None
    """The 64 signs; None of a picture without contrast."""

    @property
    def name(self) -> str:
        """The stem of its foreground."""
        return foreground_of(self.path.stem)


def fingerprint(path: Path, colours: Plane) -> Fingerprint:
    """The fingerprint of a decoded file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Fingerprint(path=path, digest=digest, look=look_of(colours))


def look_of(colours: Plane) -> int | None:
    """The signs of 64 slow waves of the grey picture, against their median."""
    small: Plane = cv2.resize(colours, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(to_float(small), cv2.COLOR_RGB2GRAY)
    if grey.std() < FLAT:
        return None
    waves = cv2.dct(grey)[:WAVES, :WAVES].ravel()
    signs = waves > np.median(waves[1:])
    return int.from_bytes(np.packbits(signs).tobytes(), "big")


def overlaps(ours: list[Fingerprint], theirs: list[Fingerprint]) -> list[Finding]:
    """Every picture of ours that is in the other set too, with the strongest sign of it.

    A name that several composites share is reported once.
    """
    by_digest = {other.digest: other for other in reversed(theirs)}
    by_name = {other.name: other for other in reversed(theirs)}
    near = _near(ours, theirs)
    found, reported = [], set[str]()

    def report(kind: str, one: Fingerprint, other: Fingerprint) -> None:
        sentence = f"the other set has {other.path}"
        found.append(Finding(kind=kind, path=one.path, sentence=sentence))
        reported.add(one.name)

    for number, one in enumerate(ours):
        if other := by_digest.get(one.digest) or near.get(number):
            report("same bytes" if other.digest == one.digest else "same look", one, other)
    for one in ours:
        if one.name in by_name and one.name not in reported:
            report("same name", one, by_name[one.name])
    return found


def _near(ours: list[Fingerprint], theirs: list[Fingerprint]) -> dict[int, Fingerprint]:
    """Number of ours -> the first of theirs whose look differs by at most `NEAR` signs."""
    others = [other for other in theirs if other.look is not None]
    numbers = [number for number, one in enumerate(ours) if one.look is not None]
    looks = np.array([ours[number].look for number in numbers], dtype=np.uint64)
    known = np.array([other.look for other in others], dtype=np.uint64)
    near: dict[int, Fingerprint] = {}
    for start in range(0, len(looks) if len(known) else 0, STRIP):
        distance = np.bitwise_count(looks[start : start + STRIP, None] ^ known)
        for row in np.flatnonzero((distance <= NEAR).any(axis=1)):
            nearest = int(distance[row].argmin())
            near[numbers[start + int(row)]] = others[nearest]
    return near

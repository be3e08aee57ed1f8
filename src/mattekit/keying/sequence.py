"""Frames in time: their order, what one says of the next, and how steady their alphas are.

Optical flow (DIS, Kroeger et al. 2016) leads from a frame to the one before. It is trusted where
the way back leads to the same pixel and both pixels look alike. There the alpha before is carried
on: it takes part in the new one, so that noise does not flicker, and where a frame has no hint of
its own it says what is known of the subject.
"""

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from mattekit.core.errors import BadData
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Mask, Plane, Trimap
from mattekit.imaging.picture import to_float
from mattekit.imaging.trimap import disc

LONGEST = 960  # side of the copies that flow is found on
WAY_BACK = 1.0  # pixels by which it may miss
LIKE = 0.06  # deviation of colours that are the same
SAME = 0.5  # trust from which on a pixel shows what it showed before
DAMPING = 0.8
"""Share of the alpha before in the new one where it is fully trusted."""
STILL = 0.1  # pixels of movement that are none
SLIGHT = 0.15
"""Difference of alphas that is noise where something moves; a larger one is change or error."""
ANOTHER_SCENE = 0.2
"""Mean trust below which a frame does not continue the one before."""
BAND = 0.006  # of the longer side: unknown on either side of what is soft
NEARLY = 0.02  # of 0 and 1
NUMBERED = re.compile(r"(.*?)(\d+)$")


def frames_of(paths: Sequence[Path]) -> list[Path]:
    """The frames in the order of their numbers.

    Raises:
        BadData: numbers are missing between the first and the last.

    >>> [path.name for path in frames_of([Path("f10.png"), Path("f9.png")])]
    ['f9.png', 'f10.png']
    """
    found = [NUMBERED.fullmatch(path.stem) for path in paths]
    names = {(path.parent, match[1]) for path, match in zip(paths, found, strict=True) if match}
    if None in found or len(names) != 1:
        return sorted(paths)
    numbers = {int(match[2]): path for path, match in zip(paths, found, strict=True) if match}
    order = sorted(numbers)
    steps = [after - before for before, after in pairwise(order)]
    for before, step in zip(order, steps, strict=False):
        if step != min(steps):
            raise BadData(
                f"frames are missing between {numbers[before].name} and "
                f"{numbers[before + step].name}; add them, or give each part on its own"
            )
    return [numbers[number] for number in order]


def expanded(text: str) -> str:
    """A pattern of numbers as a glob of the files that fit it.

    >>> expanded("shot.####.exr"), expanded("shot.%04d.exr")
    ('shot.[0-9][0-9][0-9][0-9].exr', 'shot.[0-9][0-9][0-9][0-9].exr')
    """
    match = re.search(r"#+|%0?(\d*)d", text)
    if match is None or Path(text).exists():
        return text
    digits = int(match[1] or 1) if match[0].startswith("%") else len(match[0])
    before, after = glob.escape(text[: match.start()]), glob.escape(text[match.end() :])
    return f"{before}{'[0-9]' * digits}{after}"


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What the frame before says of this one."""

    alpha: Alpha
    trust: Plane
    """0 to 1."""
    still: Mask
    """Where nothing moved and nothing changed."""

    @property
    def sure(self) -> float:
        """Mean trust on the subject and its edge."""
        subject = self.alpha > NEARLY
        return float(self.trust[subject].mean()) if subject.any() else float(self.trust.mean())

    @property
    def continues(self) -> bool:
        """Whether this frame continues the one before."""
        return self.sure > ANOTHER_SCENE

    def trimap(self) -> Trimap:
        """The labels carried on; unknown is what is soft, near that, or not trusted."""
        width = max(2, round(BAND * max(self.alpha.shape)))
        near = disc(width)
        trusted = cv2.morphologyEx((self.trust > SAME).view(np.uint8), cv2.MORPH_OPEN, near) > 0
        labels: Trimap = np.full(self.alpha.shape, UNKNOWN, np.uint8)
        for label, mask in (
            (BACKGROUND, self.alpha < NEARLY),
            (FOREGROUND, self.alpha > 1 - NEARLY),
        ):
            inner = cv2.erode(mask.view(np.uint8), near, borderValue=1) > 0
            # far inside a region what is not trusted is it too: flow fails where nothing is seen
            deep = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, 3) > 6 * width
            labels[(inner & trusted) | deep] = label
        return labels


def carried(before: Plane, alpha: Alpha, now: Plane) -> Carried:
    """The alpha of the frame before where this frame shows the same, and how far that is so."""
    size = now.shape[:2]
    scale = min(1.0, LONGEST / max(size))
    small = (max(16, round(size[1] * scale)), max(16, round(size[0] * scale)))
    images = [
        cv2.resize(to_float(image), small, interpolation=cv2.INTER_AREA) for image in (before, now)
    ]
    grey = [np.rint(255 * cv2.cvtColor(i, cv2.COLOR_RGB2GRAY)).astype(np.uint8) for i in images]
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    to_before, to_now = flow.calc(grey[1], grey[0], None), flow.calc(grey[0], grey[1], None)  # type: ignore[call-overload]
    missed = np.linalg.norm(to_before + _moved(to_now, to_before), axis=2)
    apart = np.abs(cv2.blur(_moved(images[0], to_before) - images[1], (3, 3))).max(axis=2)
    trust = np.exp(-np.square(missed / WAY_BACK) - np.square(apart / LIKE)).astype(np.float32)
    across = np.array([size[1] / small[0], size[0] / small[1]], np.float32)
    large = cv2.resize(to_before, size[::-1], interpolation=cv2.INTER_LINEAR) * across
    trust = cv2.resize(trust, size[::-1], interpolation=cv2.INTER_LINEAR)
    still = (np.abs(large).max(axis=2) < STILL) & (trust > SAME)
    moved = _moved(alpha, large, cv2.INTER_CUBIC).clip(0, 1)
    return Carried(alpha=np.where(still, alpha, moved), trust=trust, still=still)


def steadied(alpha: Alpha, before: Carried) -> Alpha:
    """An alpha that continues the one before where nothing changed."""
    change = before.alpha - alpha
    share = before.trust * np.where(before.still, 1, np.exp(-np.square(change / SLIGHT)))
    steady: Alpha = alpha + DAMPING * share * change
    for value in (0, 1):  # what both call empty or opaque is so, whatever was rounded on the way
        same = (np.abs(alpha - value) < 1 / 510) & (np.abs(before.alpha - value) < NEARLY)
        steady[same] = value
    return steady.astype(np.float32)


def flicker(alpha: Alpha, before: Carried) -> float:
    """Mean change of alpha where flow says that nothing changed."""
    changes = np.abs(alpha - before.alpha)[before.still]
    return float(changes.mean()) if changes.size else 0.0


def _moved(plane: Plane, flow: Plane, how: int = cv2.INTER_LINEAR) -> Plane:
    """The plane at the places where the flow leads."""
    height, width = flow.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return cv2.remap(
        plane, x + flow[..., 0], y + flow[..., 1], how, borderMode=cv2.BORDER_REPLICATE
    )

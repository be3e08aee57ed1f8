"""A subject without a hint: what differs from the colours along the border, if that is stable.

GrabCut starts from that difference three times, each time with another border and another mix of
colour and place. The proposal is trusted where the three agree on one plain object with a visible
edge.
"""

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np

from mattekit.classical.grabcut import Cut, grab_cut
from mattekit.core.types import Mask, Plane, Trimap
from mattekit.subject.segment import TRIAL, border, distance_from, enlarged, otsu, small_copy

TRUSTED = 0.9
"""Least agreement at which the proposal is taken; see benchmarks/propose_subject.py."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A trimap of what may be the subject, and how far it can be trusted, from 0 to 1."""

    trimap: Trimap
    trust: float

    @property
    def trusted(self) -> bool:
        """Whether it is good enough to cut along."""
        return self.trust >= TRUSTED


@dataclass(frozen=True, kw_only=True)
class Start:
    """One start of GrabCut."""

    border: float
    """Width of the border, of the shorter side."""
    place: float
    """Weight of one picture side beside a colour range of 1."""
    seed: int


STARTS = (
    Start(border=0.05, place=1.0, seed=0),
    Start(border=0.1, place=1.0, seed=1),
    Start(border=0.02, place=0.5, seed=3),
)
PLAUSIBLE_SHARE = (0.08, 0.85)  # of the photo
STEEP = 75  # percentile of the photo's slopes
LEAST_STEEP = 0.8  # share of the subject's edge that is so steep


def propose(image: Plane) -> Proposal:
    """The trimap of the most likely subject, with the agreement of three ways to find it."""
    small = small_copy(image, TRIAL)
    cuts = [_cut(small, start) for start in STARTS]
    best = min(range(len(STARTS)), key=lambda number: cuts[number].energy)
    trust = min(_overlap(one.foreground, other.foreground) for one, other in combinations(cuts, 2))
    if not _plausible(small, cuts[best].foreground):
        trust = 0.0
    cut = cuts[best] if trust < TRUSTED else _cut(small_copy(image), STARTS[best])
    size = (image.shape[0], image.shape[1])
    return Proposal(trimap=enlarged(cut.trimap(), size), trust=trust)


def _plausible(small: Plane, mask: Mask) -> bool:
    """Neither a speck nor nearly all, and with an edge that shows."""
    if not PLAUSIBLE_SHARE[0] <= mask.mean() <= PLAUSIBLE_SHARE[1]:
        return False
    smooth = cv2.GaussianBlur(small, (0, 0), 2).astype(np.float32)
    along = [cv2.Sobel(smooth, cv2.CV_32F, *axis, ksize=3) for axis in ((1, 0), (0, 1))]
    slope = np.sqrt((along[0] ** 2 + along[1] ** 2).sum(axis=-1))
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) > 0
    steep = slope[mask & ~inner] > np.percentile(slope, STEEP)
    return bool(steep.size and steep.mean() >= LEAST_STEEP)


def _cut(small: Plane, start: Start) -> Cut:
    edge = border(small.shape[:2], start.border)
    distance = distance_from(small, edge, place=start.place, seed=start.seed)
    threshold = otsu(distance[~edge])
    marks = np.where(distance > threshold, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[edge & (distance <= threshold)] = cv2.GC_BGD
    return grab_cut(small, marks, seed=start.seed)


def _overlap(one: Mask, other: Mask) -> float:
    """Intersection over union; 0 where both are empty."""
    together = np.count_nonzero(one | other)
    return float(np.count_nonzero(one & other) / together) if together else 0.0

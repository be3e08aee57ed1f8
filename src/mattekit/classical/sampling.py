"""Colours of subject and background at unknown pixels, sampled from the known pixels around them.

Every unknown pixel is tried against pairs of a foreground and a background colour; pairs that mix
to its own colour count most. Unlike colour lines this reaches across gaps: the sky seen through
hair is found in the sky beside it. The idea is that of sampling-based matting (Wang and Cohen 2007,
Gastal and Oliveira 2010); candidates and weights are our own and simpler.

I: colour of the pixel, F, B: colours of a pair, a: the alpha at which F over B comes nearest to I.
"""

from dataclasses import dataclass
from itertools import product
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Image, Mask, Plane, Trimap

CELLS = (2, 5)
"""Sides in pixels of the cells that known pixels are divided into: near and farther candidates."""
GROUPS = 6
"""Cells go by turns into so many groups; the nearest pixel of every group is a candidate."""
NOISE = 0.03
"""How far, in each colour, a pair may miss the pixel before it counts little."""
FARNESS = 0.075
"""How much a candidate loses by being several times farther away than the nearest one."""
DISTINCT = 0.01
"""Squared distance of F and B below which a pair says little about alpha."""
SPREAD = 0.1
"""Disagreement of the pairs about alpha at which the confidence has dropped to 1/e."""

Rows = npt.NDArray[Any]  # one row an unknown pixel


@dataclass(frozen=True, kw_only=True)
class SampledColours:
    """What the pairs say of every pixel; known pixels have known colours and confidence 1."""

    foreground: Image
    background: Image
    alpha: Alpha
    confidence: Plane
    """1 where good pairs agree on alpha, 0 where none fits or they disagree."""


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """A colour for every pixel of the picture, and how far away it was taken."""

    colours: Plane  # n 3
    distance: Plane  # n


def sampled_colours(image: Image, trimap: Trimap) -> SampledColours:
    """Colours of subject and background and the alpha between them, at every pixel.

    The trimap must have known pixels of both kinds.
    """
    candidates = [_candidates(image, trimap == label) for label in (FOREGROUND, BACKGROUND)]
    unknown = np.flatnonzero(trimap == UNKNOWN)
    pairs = _Pairs(image.reshape(-1, 3)[unknown])
    near = [_nearest(group) for group in candidates]
    foregrounds, backgrounds = (
        [_relative(one, nearest, unknown) for one in group]
        for group, nearest in zip(candidates, near, strict=True)
    )
    for (F, far_F), (B, far_B) in product(foregrounds, backgrounds):
        pairs.try_pair(F, B, np.exp(-FARNESS * (far_F + far_B)))
    planes = pairs.result([nearest.colours[unknown] for nearest in near])
    return SampledColours(
        foreground=_filled(near[0].colours, planes.foreground, unknown).reshape(image.shape),
        background=_filled(near[1].colours, planes.background, unknown).reshape(image.shape),
        alpha=_filled(trimap.ravel() * np.float32(0.5), planes.alpha, unknown).reshape(
            trimap.shape
        ),
        confidence=_filled(np.ones(trimap.size, np.float32), planes.confidence, unknown).reshape(
            trimap.shape
        ),
    )


class _Pairs:
    """Weighted means over pairs of colours, one pair after the other."""

    def __init__(self, I: Rows) -> None:  # noqa: E741
        self.I = I
        self.weight = np.full(len(I), 1e-12, np.float32)
        self.sum_F, self.sum_B = np.zeros_like(I), np.zeros_like(I)
        self.sum_a, self.sum_aa = np.zeros_like(self.weight), np.zeros_like(self.weight)
        self.least_miss = np.full(len(I), np.inf, np.float32)

    def try_pair(self, F: Rows, B: Rows, nearness: Rows) -> None:
        along, away = F - B, self.I - B
        length = _dot(along, along)
        along_away = _dot(away, along)
        a = np.clip(along_away / (length + 1e-4), 0, 1)
        miss = np.maximum(_dot(away, away) - 2 * a * along_away + a * a * length, 0)
        weight = np.exp(-miss / (2 * NOISE**2)) * nearness * length / (length + DISTINCT)
        self.weight += weight
        self.sum_F += weight[:, None] * F
        self.sum_B += weight[:, None] * B
        self.sum_a += weight * a
        self.sum_aa += weight * a * a
        np.minimum(self.least_miss, miss, out=self.least_miss)

    def result(self, nearest: list[Rows]) -> SampledColours:
        """The means; where no pair had any weight, the nearest known colours."""
        weight = self.weight[:, None]
        alpha = self.sum_a / self.weight
        spread = np.sqrt(np.maximum(self.sum_aa / self.weight - alpha**2, 0))
        fit = np.exp(-self.least_miss / (2 * NOISE**2))
        return SampledColours(
            foreground=((self.sum_F + 1e-12 * nearest[0]) / weight).astype(np.float32),
            background=((self.sum_B + 1e-12 * nearest[1]) / weight).astype(np.float32),
            alpha=alpha,
            confidence=np.where(self.weight > 1e-6, fit * np.exp(-spread / SPREAD), np.float32(0)),
        )


def _candidates(image: Image, known: Mask) -> list[_Candidate]:
    """For every pixel the nearest known pixel of each group of cells, smoothed a little."""
    weight = cv2.blur(known.astype(np.float32), (3, 3))
    smooth = cv2.blur(image * known[..., None], (3, 3)) / np.maximum(weight, 1e-6)[..., None]
    rows, columns = np.ogrid[: known.shape[0], : known.shape[1]]
    candidates = []
    for cell, group in product(CELLS, range(GROUPS)):
        row, column = rows // cell, columns // cell
        members = known & ((column * 5 + row * 3 + column // 3) % GROUPS == group)
        candidates.append(_nearest_among(smooth, members if members.any() else known))
    return candidates


def _nearest_among(colours: Plane, members: Mask) -> _Candidate:
    outside = np.logical_not(members).view(np.uint8)
    distance, labels = cv2.distanceTransformWithLabels(
        outside, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros((labels.max() + 1, 3), np.float32)
    of_label[labels[members]] = colours[members]
    return _Candidate(colours=of_label[labels.ravel()], distance=distance.ravel())


def _nearest(candidates: list[_Candidate]) -> _Candidate:
    """The nearest candidate at every pixel."""
    which = np.argmin([one.distance for one in candidates], axis=0)
    places = np.arange(len(which))
    colours = np.stack([one.colours for one in candidates])
    distances = np.stack([one.distance for one in candidates])
    return _Candidate(colours=colours[which, places], distance=distances[which, places])


def _relative(one: _Candidate, nearest: _Candidate, unknown: Plane) -> tuple[Rows, Rows]:
    """Colours at the unknown pixels, and how many times farther away than the nearest they were."""
    return one.colours[unknown], one.distance[unknown] / (nearest.distance[unknown] + 1)


def _dot(first: Rows, second: Rows) -> Rows:
    product: Any = np.einsum("ij,ij->i", first, second)
    return product


def _filled(plane: Plane, values: Plane, places: Plane) -> Plane:
    plane = plane.copy()
    plane[places] = values
    return plane

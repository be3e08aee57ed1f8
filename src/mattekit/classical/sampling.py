"""Colours of subject and background at unknown pixels, sampled from the known pixels around them.

Every unknown pixel is tried against pairs of a foreground and a background colour; pairs that mix
to its own colour have most weight. Unlike colour lines, this works across gaps: sky seen through
hair is matched with the sky next to it. The idea is that of sampling-based matting (Wang and Cohen
2007, Gastal and Oliveira 2010); candidates and weights are our own and simpler.

I: colour of the pixel, F, B: colours of a pair, a: the alpha at which F over B comes nearest to I.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np

from mattekit.classical.linear import dot
from mattekit.core.matte import known_alpha
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Image, Mask, Plane, Trimap

CELLS = (2, 5)
"""Sides in pixels of the cells that known pixels are divided into: near and farther candidates."""
GROUPS = 6
"""Cells are assigned to groups in turn; the nearest pixel of every group is a candidate."""
NOISE = 0.03
"""Distance, in each channel, between pair and pixel at which the weight of the pair drops."""
DISTANCE_PENALTY = 0.075
"""Decay of a candidate's weight with its distance relative to the nearest one."""
DISTINCT = 0.01
"""Squared distance of F and B below which a pair says little about alpha."""
SPREAD = 0.1
"""Disagreement of the pairs about alpha at which the confidence has dropped to 1/e."""
CHUNK = 16_384  # unknown pixels at a time, for the processor's cache


@dataclass(frozen=True, kw_only=True)
class SampledColours:
    """The estimates at every pixel; known pixels have known colours and confidence 1."""

    foreground: Image
    background: Image
    alpha: Alpha
    confidence: Plane
    """1 where good pairs agree on alpha, 0 where none fits or they disagree."""


def sampled_colours(image: Image, trimap: Trimap) -> SampledColours:
    """Colours of subject and background and the alpha between them, at every pixel.

    The trimap must have known pixels of both kinds.
    """
    unknown = trimap == UNKNOWN
    kinds = [_Candidates(image, trimap == label, unknown) for label in (FOREGROUND, BACKGROUND)]
    foreground, background = (kind.nearest for kind in kinds)
    alpha, confidence = known_alpha(trimap), np.ones(trimap.shape, np.float32)
    rows, columns = np.nonzero(unknown)
    for top in range(0, rows.size, CHUNK):
        some = slice(top, top + CHUNK)
        at = rows[some], columns[some]
        nearest = [kind.nearest[at] for kind in kinds]
        front, back = (kind.of(some) for kind in kinds)
        mixed = _mixed(image[at].T, front, back)
        foreground[at], background[at] = (
            ((colours + 1e-12 * near.T) / mixed.weight)
            .clip(0, 1)
            .T  # the nearest, if no pair has weight
            for colours, near in zip((mixed.F, mixed.B), nearest, strict=True)
        )
        alpha[at], confidence[at] = mixed.alpha, mixed.confidence
    return SampledColours(
        foreground=foreground, background=background, alpha=alpha, confidence=confidence
    )


class _Candidates:
    """Known colours of one kind: the nearest at every pixel, and several at the unknown ones."""

    def __init__(self, image: Image, known: Mask, unknown: Mask) -> None:
        weight = cv2.blur(known.astype(np.float32), (3, 3))
        smooth = cv2.blur(image * known[..., None], (3, 3)) / np.maximum(weight, 1e-6)[..., None]
        self.nearest = np.zeros_like(image)
        distance = np.full(known.shape, np.inf, np.float32)
        self._colours, self._distances = [], []  # at the unknown pixels: n 3 and n
        for members in _groups(known):
            away, colour_at = _nearest_among(members)
            colours = smooth[members]
            closer = away < distance
            self.nearest[closer] = colours[colour_at[closer]]
            distance[closer] = away[closer]
            self._colours.append(colours[colour_at[unknown]])
            self._distances.append(away[unknown])
        self._least = distance[unknown] + 1

    def of(self, some: slice) -> list[tuple[Plane, Plane]]:
        """Colours (3 n) and nearness (n) of every candidate of some unknown pixels."""
        return [
            (colours[some].T.copy(), np.exp(-DISTANCE_PENALTY * distance[some] / self._least[some]))
            for colours, distance in zip(self._colours, self._distances, strict=True)
        ]


def _groups(known: Mask) -> Iterator[Mask]:
    """The known pixels divided by cells: the nearest one of every group is a candidate."""
    rows, columns = np.ogrid[: known.shape[0], : known.shape[1]]
    for cell, group in product(CELLS, range(GROUPS)):
        row, column = rows // cell, columns // cell
        members = known & ((column * 5 + row * 3 + column // 3) % GROUPS == group)
        yield members if members.any() else known


def _nearest_among(members: Mask) -> tuple[Plane, Plane]:
    """Distance of every pixel from the nearest member, and the index of that member."""
    distance, labels = cv2.distanceTransformWithLabels(
        np.logical_not(members).view(np.uint8),
        cv2.DIST_L2,
        cv2.DIST_MASK_5,
        labelType=cv2.DIST_LABEL_PIXEL,
    )
    number = np.zeros(labels.max() + 1, np.int32)
    number[labels[members]] = np.arange(np.count_nonzero(members))
    return distance, number[labels]


@dataclass(frozen=True, kw_only=True)
class _Mixed:
    """Sums over all pairs, one value or colour per pixel."""

    weight: Plane
    F: Plane
    B: Plane
    alpha: Plane
    confidence: Plane


def _mixed(
    I: Plane,  # noqa: E741
    front: list[tuple[Plane, Plane]],
    back: list[tuple[Plane, Plane]],
) -> _Mixed:
    """Every pair of a foreground and a background colour, weighted by how well it mixes to I.

    With f = F - I and b = I - B, F - B is f + b: all that a pair needs is f . b.
    """
    weight = np.full(I.shape[1], 1e-12, np.float32)
    sum_F, sum_B, sum_a, sum_aa = (
        np.zeros_like(I),
        np.zeros_like(I),
        *np.zeros((2, weight.size), np.float32),
    )
    least_miss = np.full_like(weight, np.inf)
    behind = [(B, I - B, dot(I - B, I - B), nearness) for B, nearness in back]
    for F, nearness_F in front:
        f = F - I
        ff, of_F = dot(f, f), np.zeros_like(weight)
        for B, b, bb, nearness_B in behind:
            fb = dot(f, b)
            along, length = fb + bb, ff + 2 * fb + bb  # (I - B) . (F - B) and |F - B|^2
            a = np.clip(along / (length + 1e-4), 0, 1)
            miss = np.maximum(bb - a * (2 * along - a * length), 0)
            w = np.exp(miss * (-1 / (2 * NOISE**2))) * nearness_B
            w *= nearness_F * length / (length + DISTINCT)
            of_F += w
            sum_B += w * B
            w *= a
            sum_a += w
            sum_aa += w * a
            np.minimum(least_miss, miss, out=least_miss)
        weight += of_F
        sum_F += of_F * F
    alpha = np.minimum(sum_a / weight, 1)
    spread = np.sqrt(np.maximum(sum_aa / weight - alpha**2, 0))
    fit = np.exp(-least_miss / (2 * NOISE**2))
    sure = np.where(weight > 1e-6, fit * np.exp(-spread / SPREAD), 0)
    return _Mixed(weight=weight, F=sum_F, B=sum_B, alpha=alpha, confidence=sure)

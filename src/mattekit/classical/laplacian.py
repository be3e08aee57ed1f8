"""The matting Laplacian (Levin et al. 2008): how far alpha is from a line of the colours around.

L: the matting Laplacian; U: the unknown pixels, K: the known ones, numbered row by row; m: 1 where
the trimap says foreground.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from scipy.sparse import csr_array

from mattekit.classical.linear import Vector, dot
from mattekit.core.types import FOREGROUND, UNKNOWN, Mask, Plane, Trimap
from mattekit.imaging.picture import to_float

EPSILON = 1e-7
STRIP_UNKNOWN = 16_000  # unknown pixels at a time: their windows fit the processor's cache
STRIP_PIXELS = 1_000_000
REACH = 2  # two pixels share a window of L up to this distance
WINDOW = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
NEIGHBOURS = [(y, x) for y in range(-REACH, REACH + 1) for x in range(-REACH, REACH + 1)]


def matting_laplacian(image: Plane, trimap: Trimap) -> tuple[csr_array, Vector]:
    """L_UU and -L_UK m; only rows of unknown pixels are computed.

    A pixel that no 3x3 window reaches (in pictures of fewer than three rows or columns) has an
    empty row.
    """
    unknown = trimap == UNKNOWN
    number = np.cumsum(unknown, dtype=np.int32).reshape(unknown.shape)
    number = np.where(unknown, number - 1, -1)
    parts = [_rows(image, trimap, number, strip) for strip in _strips(unknown)]
    if not parts:
        return csr_array((0, 0)), np.zeros(0)
    values, columns, lengths, right = (np.concatenate(part) for part in zip(*parts, strict=True))
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return csr_array((values, columns, starts), shape=(right.size, right.size)), right


def _strips(unknown: Mask) -> Iterator[tuple[int, int]]:
    """First rows and ends of strips with a bounded number of unknown pixels."""
    height, width = unknown.shape
    count = np.concatenate([[0], np.cumsum(np.count_nonzero(unknown, axis=1))])
    top = 0
    while top < height:
        bottom = int(np.searchsorted(count, count[top] + STRIP_UNKNOWN, side="right")) - 1
        bottom = max(top + 1, min(bottom, top + STRIP_PIXELS // width))
        if count[bottom] > count[top]:
            yield top, bottom
        top = bottom


def _rows(
    image: Plane, trimap: Trimap, number: Plane, strip: tuple[int, int]
) -> tuple[Plane, Plane, Plane, Vector]:
    """Values, columns and lengths of the rows of L_UU for the unknown pixels of a strip, -L_UK m.

    Row p of L has 25 entries, one for each neighbour of p: sums over the windows that hold both.
    """
    rows = slice(max(strip[0] - REACH, 0), strip[1] + REACH)
    image, trimap, number = to_float(image[rows]), trimap[rows], number[rows]
    mine = number >= 0
    mine[: strip[0] - rows.start] = False
    mine[strip[1] - rows.start :] = False
    width = trimap.shape[1]
    pixel = np.flatnonzero(mine)
    centre, window_at = _windows(mine)
    step = [y * width + x for y, x in WINDOW]
    C = _whitened(image, centre, step)
    window = [window_at.take(pixel - s, mode="clip") for s in step]  # in which p has this place
    places = np.zeros((len(NEIGHBOURS), pixel.size))
    entry = np.zeros(centre.size + 1)  # the last one stands for windows beyond the border
    for i, (y, x) in enumerate(WINDOW):
        for j, (other_y, other_x) in enumerate(WINDOW[i:], i):
            entry[:-1] = float(i == j) - (1 + dot(C[:, i], C[:, j])) / 9
            place = NEIGHBOURS.index((other_y - y, other_x - x))
            places[place] += entry.take(window[i])
            if i != j:
                places[-1 - place] += entry.take(window[j])
    neighbour = pixel[:, None] + np.array([y * width + x for y, x in NEIGHBOURS])
    values = places.T.copy()  # 0 beyond the border, where `neighbour` means nothing
    foreground = (trimap == FOREGROUND).ravel().take(neighbour, mode="clip")
    columns = number.ravel().take(neighbour, mode="clip")
    kept = (columns >= 0) & (values != 0)
    right = -np.einsum("pn,pn->p", values, foreground)
    return values[kept], columns[kept], np.count_nonzero(kept, axis=1), right


def _windows(mine: Mask) -> tuple[Plane, Plane]:
    """Centres of the windows that hold such a pixel, and for every pixel which window it centres.

    A pixel that centres none has their number in place of an index.
    """
    windows = cv2.dilate(mine.view(np.uint8), np.ones((3, 3), np.uint8))
    windows[[0, -1]] = 0
    windows[:, [0, -1]] = 0
    centre = np.flatnonzero(windows)
    window_at = np.full(mine.size, centre.size, np.int32)
    window_at[centre] = np.arange(centre.size)
    return centre, window_at


def _whitened(image: Plane, centre: Plane, step: list[int]) -> Plane:
    """C, 3 9 n: colours of every window less their mean, such that C_i . C_j is what L needs,
    (I_i - mean)^T (covariance + EPSILON / 9)^-1 (I_j - mean).

    Gram-Schmidt over the channels, with one more sample per channel for the regularisation; far
    more exact than an inverse where the colours of a window lie on a line, as in grey photos.
    """
    C = np.zeros((3, 9 + 3, centre.size))
    for channel, plane in enumerate(C):
        colours = image[..., channel].ravel()
        for place, s in enumerate(step):
            plane[place] = colours.take(centre + s)
        plane[:9] -= plane[:9].mean(axis=0)
        plane[9 + channel] = np.sqrt(EPSILON)
        for earlier in C[:channel]:
            plane -= dot(earlier, plane) / 9 * earlier
        plane *= 3 / np.sqrt(dot(plane, plane))
    return C[:, :9]

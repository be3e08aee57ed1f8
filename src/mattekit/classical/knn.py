"""Nearest neighbours in colour and place, and KNN matting (Chen et al. 2013): pixels of like colour
have like alpha, anywhere.

Neighbours come from the whole picture, so it cannot be solved in parts: pictures that need too much
memory are refused.
"""

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.spatial import cKDTree

from mattekit.classical.linear import (
    BASE_MEMORY,
    DEFAULT_MEMORY,
    jacobi,
    matte_of_known,
    solve,
)
from mattekit.core.errors import TooLarge
from mattekit.core.matte import Matte, known_alpha
from mattekit.core.types import FOREGROUND, UNKNOWN, Alpha, Image, Mask, Plane, Trimap
from mattekit.imaging.picture import to_float

NEIGHBOURS = ((20, 2.0), (10, 0.1))  # number of neighbours, weight of place relative to colour
BYTES_PER_PIXEL = 150
BYTES_PER_UNKNOWN = 3_200
"""The tree, and thirty neighbours of unknown pixels in both directions. Measured: 134 and 3,100
bytes give the peaks on 160,000 and 360,000 pixels, 20 to 60 % of them unknown, within 3 %."""
CHUNK = 65_536  # pixels whose neighbours are looked up at a time
FROM_ZERO = 1.0
"""Added to every value. A tree splits points of equal value at the next larger float; the one after
0 is denormal, and in a process that flushes denormals to zero (`torch.set_flush_denormal`,
libraries built with fast math) the split never ends and the stack overflows."""


def knn(image: Plane, trimap: Trimap, *, max_memory: int = DEFAULT_MEMORY) -> Matte:
    """Alpha where the trimap is unknown, from the pixels nearest in colour and place.

    Raises:
        BadTrimap: the trimap has another size, knows no foreground or no background, or the
            equations have no stable solution.
        TooLarge: the picture needs more than `max_memory` bytes.
    """
    known = matte_of_known(image, trimap)
    if known is not None:
        return known
    unknown = np.count_nonzero(trimap == UNKNOWN)
    needed = BASE_MEMORY + BYTES_PER_PIXEL * trimap.size + BYTES_PER_UNKNOWN * unknown
    if needed > max_memory:
        raise TooLarge(
            f"KNN needs about {needed / 2**30:.1f} GB for {trimap.size / 1e6:.1f} megapixels and "
            f"may use {max_memory / 2**30:.1f}; raise --max-memory or choose --model closed-form"
        )
    return Matte(alpha=_solved(to_float(image), trimap))


def _solved(image: Image, trimap: Trimap) -> Alpha:
    """(d - W_UU) x = W_UK m: every unknown pixel is the mean of the pixels that it is joined to.

    W counts how often two pixels are joined, d is the sum of its rows, m 1 where foreground.
    """
    unknown = (trimap == UNKNOWN).ravel()
    W = _joined(image, unknown)
    W_UU = W[:, np.flatnonzero(unknown)]
    foreground = (trimap == FOREGROUND).ravel().astype(np.float64)
    matrix = csr_array(diags_array(W.sum(axis=1)) - W_UU)
    alpha = known_alpha(trimap)
    values = solve(matrix, W @ foreground, jacobi(matrix.diagonal()))
    alpha[trimap == UNKNOWN] = values.clip(0, 1)
    return alpha


def _joined(image: Image, unknown: Mask) -> csr_array:
    """Rows of the unknown pixels: their neighbours, and the pixels they are neighbours of."""
    number = np.cumsum(unknown) - 1
    height, width = image.shape[:2]
    pairs = []
    for count, place in NEIGHBOURS:
        features = pixel_features(image, place / max(height - 1, 1), place / max(width - 1, 1))
        tree = Neighbours(features)
        for top in range(0, len(features), CHUNK):
            near = tree.nearest(features[top : top + CHUNK], count)
            own = np.repeat(np.arange(top, top + len(near)), near.shape[1])
            other = near.ravel()
            pairs += [_of_unknown(own, other, unknown), _of_unknown(other, own, unknown)]
    first, second = np.concatenate(pairs, axis=1)
    ones = np.ones(first.size, np.float32)
    shape = (np.count_nonzero(unknown), unknown.size)
    return csr_array((ones, (number[first], second)), shape=shape).astype(np.float64)


def _of_unknown(first: Plane, second: Plane, unknown: Mask) -> Plane:
    kept = unknown[first]
    return np.stack([first[kept], second[kept]]).astype(np.int32)


class Neighbours:
    """A search tree of points (n d)."""

    def __init__(self, points: Plane) -> None:
        self._tree = cKDTree(points + FROM_ZERO)

    def nearest(self, points: Plane, most: int = 1) -> Plane:
        """Indices of the `most` nearest points, or of all if there are fewer; one row each."""
        return np.asarray(self._query(points, most)[1])

    def distance(self, points: Plane) -> Plane:
        """To the nearest point."""
        return np.asarray(self._query(points, 1)[0])[:, 0]

    def _query(self, points: Plane, most: int) -> tuple[Plane, Plane]:
        distances, indices = self._tree.query(
            points + FROM_ZERO, k=range(1, min(most, self._tree.n) + 1)
        )
        return distances, indices


def pixel_features(image: Plane, row: float, column: float) -> Plane:
    """Colour and place of every pixel, one row each; `row` and `column` weight a pixel step."""
    rows, columns = np.indices(image.shape[:2], dtype=np.float64)
    return np.dstack([image, columns * column, rows * row]).reshape(-1, 5)

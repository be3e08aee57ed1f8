"""Nearest neighbours in colour and place."""

import numpy as np
from scipy.spatial import cKDTree

from mattekit.core.types import Plane

FROM_ZERO = 1.0
"""Added to every value. A tree splits points of equal value at the next larger float; the one after
0 is denormal, and in a process that flushes denormals to zero (`torch.set_flush_denormal`,
libraries built with fast math) the split never ends and the stack overflows."""


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

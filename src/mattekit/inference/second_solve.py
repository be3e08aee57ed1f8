"""What a network says of a picture, solved once more along its colours, where it is sure.

Closed-form matting with the network's alpha as data, weighted by its confidence: where the network
doubts, neighbours of like colour decide. The mean of the network's alpha and this one has smaller
large errors than either (`benchmarks/LOG.md`).

s: the network's alpha, e: the error that it expects, C: the weight of s in
    (L_UU + C) x = C s - L_UK m,  C = WEIGHT max(LEAST_SURE, 1 - e / DOUBT).
"""

import numpy as np

from mattekit.classical.estimates import Problem
from mattekit.core.types import Alpha, Plane

WEIGHT = 0.3
"""C where the network is quite sure; the diagonal of L is about 1."""
DOUBT = 0.25
"""Expected error from which on the network hardly counts."""
LEAST_SURE = 0.02


def solve_again(problem: Problem, alpha: Alpha, error: Plane) -> Alpha:
    """The mean of a network's alpha and the same solved for once more.

    Args:
        alpha: the network's, at full size.
        error: what it expects its error to be.
    """
    sure = np.maximum(1 - problem.shrunk(error) / DOUBT, LEAST_SURE)
    solved = problem.drawn_towards(problem.shrunk(alpha), WEIGHT * sure)
    mean: Alpha = ((alpha + problem.enlarged(solved)) / 2).astype(np.float32)
    return mean

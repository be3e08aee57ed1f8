"""What a network says of a picture, solved once more along the colours, where it is sure.

Where a network doubts itself, neighbours of like colour know better, and classical methods are a
safer guess. Half of the result is the alpha that is smoothest along the colours (closed-form with
the network's alpha as data, weighted by its confidence); half is the network's own, replaced by the
classical estimates where it doubts.

s: the network's alpha, e: the error that it expects, C: the weight of s in
    (L_UU + C) x = C s - L_UK m.
"""

import numpy as np

from mattekit.classical.estimates import Problem
from mattekit.core.types import Alpha, Plane

DOUBT = 0.25
"""Expected error from which on the network counts for nothing in the blend."""
WEIGHT = 0.3
"""C of a network that is quite sure."""
LEAST_SURE = 0.02


def solve_again(problem: Problem, alpha: Alpha, error: Plane, classical: Alpha) -> Alpha:
    """The alpha of a network, reconciled with the colours of the picture.

    Args:
        alpha: the network's, at full size.
        error: what it expects its error to be.
        classical: the mean of the classical estimates.
    """
    sure = np.clip(1 - error / DOUBT, 0, 1)
    C = WEIGHT * np.maximum(sure, LEAST_SURE)
    solved = problem.drawn_towards(problem.shrunk(alpha), problem.shrunk(C))
    blend = sure * alpha + (1 - sure) * classical
    reconciled: Alpha = ((problem.enlarged(solved) + blend) / 2).astype(np.float32)
    return reconciled

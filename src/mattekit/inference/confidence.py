"""How sure a model is of an alpha, from the error that it expects of itself at every pixel."""

import numpy as np

from mattekit.core.errors import BadArgument
from mattekit.core.types import UNKNOWN, Plane, Trimap

CONFIDENT = ("compact",)
"""Models of `mattes.MODELS` that expect an error. Networks say so by an output named `error`."""


def confidence(expected_error: Plane) -> float:
    """1 less the mean expected error of the unknown pixels; 1 where nothing was unknown.

    >>> confidence(np.array([[0.0, 0.125], [0.375, 0.0]]))
    0.75
    """
    doubted = expected_error[expected_error > 0]
    return 1 - float(doubted.mean()) if doubted.size else 1.0


def of_unknown(error: Plane, trimap: Trimap) -> Plane:
    """The expected error, 0 where the trimap knows."""
    return np.where(trimap == UNKNOWN, error, np.float32(0))


def no_confidence(name: str) -> BadArgument:
    """The refusal of a model that does not say how sure it is."""
    return BadArgument(
        f"{name} does not say how sure it is of its alpha; for --min-confidence take "
        f"{' or '.join(CONFIDENT)} at full quality, or a network with an output 'error'"
    )

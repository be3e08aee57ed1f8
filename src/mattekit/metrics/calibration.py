"""How well a model knows where it is wrong: the errors it expected beside those it made."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

WORST = 0.2
"""Share of the pixels that the expected errors should point at."""
EXPECTED = "expected error"
"""The quantity that is no error of a prediction: what the model thought of it."""

Numbers = npt.NDArray[np.float64]


def sparsification_error(expected: Numbers, made: Numbers) -> float:
    """How much of the error the fifth of the pixels that were doubted most leaves out.

    0 where no other fifth holds more error, 1 where one drawn at random would hold as much. Pixels
    that are doubted alike count by their mean.

    >>> made = np.array([0.0, 0.0, 0.5, 0.1, 0.0])
    >>> sparsification_error(np.array([0.01, 0.01, 0.3, 0.2, 0.01]), made)
    0.0
    >>> sparsification_error(np.full(5, 0.01), made)
    1.0
    """
    if not made.any():
        return 0.0
    taken = WORST * made.size
    chance, best = WORST * float(made.sum()), _sum_of_most(made, made, taken)
    if best <= chance:  # the same error everywhere
        return 0.0
    return (best - _sum_of_most(expected, made, taken)) / (best - chance)


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's: 1 where both put things in the same order; None where one makes no order.

    >>> round(rank_correlation([0.1, 0.2, 0.4], [3, 5, 90]), 6)
    1.0
    """
    if len(set(first)) < 2 or len(set(second)) < 2:
        return None
    from scipy.stats import spearmanr  # takes half a second, and few evaluations need it

    return float(spearmanr(first, second).statistic)


def _sum_of_most(order: Numbers, values: Numbers, taken: float) -> float:
    """Sum of the values of those that come first, the last ones in part."""
    descending = np.argsort(-order, kind="stable")
    last = order[descending[min(int(taken), order.size - 1)]]
    above, level = order > last, order == last
    share = (taken - np.count_nonzero(above)) / np.count_nonzero(level)
    return float(values[above].sum() + share * values[level].sum())

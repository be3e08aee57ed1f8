"""Comparison of two evaluations of the same pictures: paired differences and their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mattekit.core.errors import BadArgument, BadData
from mattekit.evaluation.pairing import Problem
from mattekit.evaluation.results import Evaluation, Row, describe_depth
from mattekit.metrics import METRICS
from mattekit.metrics.calibration import EXPECTED

DRAWS = 10_000
FEWEST = 6
"""Pictures from which on a difference is called one: five or fewer lie on one side by chance in
more than 5 of 100 cases."""
AT_ONCE = 500  # of the draws: 4 MB for a thousand pictures

Pair = tuple[Row, Row]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The difference of one quantity, over the pictures that both have."""

    metric: str
    pictures: int
    first: float
    """Mean of the first evaluation."""
    second: float
    difference: float
    """Second minus first; for an error, below 0 the second is better."""
    low: float
    """Lower end of the 95 % bootstrap interval of the difference."""
    high: float
    better: int
    """Pictures on which the second is better."""
    worse: int

    @property
    def verdict(self) -> str:
        """The difference in words."""
        if self.low <= 0 <= self.high:
            return "not distinguishable"
        if self.pictures < FEWEST:
            return "too few pictures"
        return "second is better" if self.difference * _sign(self.metric) < 0 else "first is better"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two evaluations and their differences."""

    first: str
    second: str
    differences: tuple[Difference, ...]
    problems: tuple[Problem, ...]
    """Pictures that only one of the two has."""


def compare(first: Evaluation, second: Evaluation) -> Comparison:
    """Paired differences of every quantity; refuses numbers that are not comparable."""
    rows = {row.name: row for row in first.measured}
    others = {row.name: row for row in second.measured}
    names = [name for name in rows if name in others]
    if not names:
        raise BadData("the two evaluations have no picture in common; compare the same pictures")
    pairs = [(rows[name], others[name]) for name in names]
    _check_comparable(first, second, pairs)
    columns = [c for c in first.columns if c != EXPECTED and _having(c, pairs)]
    return Comparison(
        first=first.title,
        second=second.title,
        differences=tuple(_difference(column, _having(column, pairs)) for column in columns),
        problems=tuple(
            Problem(name=name, sentence=f"measured in {has.title} only, left out of the comparison")
            for has, own, lacks in ((first, rows, others), (second, others, rows))
            for name in own
            if name not in lacks
        ),
    )


def bootstrap_interval(
    differences: npt.NDArray[np.float64], *, seed: int = 0
) -> tuple[float, float]:
    """95 % percentile interval of the mean, over draws of as many pictures with replacement.

    >>> bootstrap_interval(np.array([0.5, 0.5, 0.5]))
    (0.5, 0.5)
    """
    pictures = len(differences)
    rng = np.random.default_rng(seed)
    means = [
        differences[rng.integers(0, pictures, (AT_ONCE, pictures))].mean(axis=1)
        for done in range(0, DRAWS, AT_ONCE)
    ]
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return float(low), float(high)


def remarks_of(
    first: Evaluation, second: Evaluation | None, comparison: Comparison | None
) -> list[Problem]:
    """Everything to remark on, without what both evaluations say."""
    remarks = [*first.remarks, *(second.remarks if second else ())]
    remarks += comparison.problems if comparison else ()
    return list(dict.fromkeys(remarks))


def _having(metric: str, pairs: Sequence[Pair]) -> list[Pair]:
    return [(a, b) for a, b in pairs if metric in a.values and metric in b.values]


def _difference(metric: str, pairs: Sequence[Pair]) -> Difference:
    values = [(a.values[metric], b.values[metric]) for a, b in pairs]
    first, second = np.array(values, dtype=np.float64).T
    low, high = bootstrap_interval(second - first)
    gain = (first - second) * _sign(metric)
    return Difference(
        metric=metric,
        pictures=len(values),
        first=float(first.mean()),
        second=float(second.mean()),
        difference=float((second - first).mean()),
        low=low,
        high=high,
        better=int((gain > 0).sum()),
        worse=int((gain < 0).sum()),
    )


def _sign(metric: str) -> int:
    """1 for an error, -1 if higher is better."""
    return -1 if metric in METRICS and METRICS[metric].higher_is_better else 1


def _check_comparable(first: Evaluation, second: Evaluation, pairs: Sequence[Pair]) -> None:
    if first.protocol != second.protocol:
        raise BadArgument(
            f"{first.title} was measured with protocol '{first.protocol.title}' and {second.title}"
            f" with '{second.protocol.title}'; measure both with the same one"
        )
    rounded = [(a, b) for a, b in pairs if a.bits != b.bits]
    if rounded:
        a, b = rounded[0]
        raise BadArgument(
            f"{len(rounded)} pictures, {a.name} first, are {describe_depth(a.bits)} mattes in"
            f" {first.title} and {describe_depth(b.bits)} ones in {second.title}, and rounding"
            " alone changes the numbers; write both with the same number of bits"
        )
    for what, noun in (("trimap", "trimap"), ("true", "true matte")):
        unlike = [a.name for a, b in pairs if getattr(a, what) != getattr(b, what)]
        if unlike:
            raise BadArgument(
                f"{len(unlike)} pictures, {unlike[0]} first, were measured with another {noun}"
                f" in {second.title} than in {first.title}; measure both with the same files"
            )

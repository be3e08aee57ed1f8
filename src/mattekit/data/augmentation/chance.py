"""Random choices, and options with limits."""

import math
from dataclasses import dataclass
from typing import Annotated, get_type_hints

import numpy as np

from mattekit.core.config import config


def happens(probability: float, rng: np.random.Generator) -> bool:
    """True with that probability."""
    return bool(rng.random() < probability)


@dataclass(frozen=True)
class Within:
    """The limits of a number, or of both ends of a range."""

    least: float
    most: float = math.inf

    def check(self, name: str, value: float | tuple[float, float]) -> None:
        """Refuse a value beyond the limits, or a range that does not ascend."""
        low, high = value if isinstance(value, tuple) else (value, value)
        if self.least <= low <= high <= self.most:
            return
        limits = f"at least {self.least:g}"
        if self.most < math.inf:
            limits = f"between {self.least:g} and {self.most:g}"
        if isinstance(value, tuple):
            limits = f"two numbers, {limits}, the smaller one first"
        raise ValueError(f"{name} must be {limits}")


Share = Annotated[float, Within(0, 1)]
"""A probability, or a share of a whole."""
Tolerance = Annotated[float, Within(0, 0.49)]
"""Distance from 0 and 1 up to which an alpha counts as 0 or 1."""


class Limited:
    """A config that refuses options beyond the limits in their annotations."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for name, hint in get_type_hints(type(self), include_extras=True).items():
            value = getattr(self, name)
            for limit in getattr(hint, "__metadata__", ()) if value is not None else ():
                limit.check(name, value)


@config
class TruncatedNormal:
    """A normal distribution truncated at a distance from its mean."""

    mean: float
    deviation: float = 0.0
    """Standard deviation before truncation; 0 gives the mean."""
    limit: float = 0.0
    """Largest distance from the mean."""

    def __post_init__(self) -> None:
        if self.deviation < 0 or self.limit < 0 or (self.deviation > 0) != (self.limit > 0):
            raise ValueError("deviation and limit must both be 0 or both be above 0")
        if self.limit < self.deviation / 10:
            raise ValueError("limit must be at least a tenth of deviation")

    def draw(self, rng: np.random.Generator) -> float:
        """A random number."""
        if self.deviation == 0:
            return self.mean
        while True:
            distance = rng.normal(0, self.deviation)
            if abs(distance) <= self.limit:
                return float(self.mean + distance)

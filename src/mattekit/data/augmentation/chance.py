"""Random choices of steps: whether they apply, and their strength."""

import numpy as np

from mattekit.core.config import config


def happens(probability: float, rng: np.random.Generator) -> bool:
    """True with that probability."""
    return bool(rng.random() < probability)


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


def check_probability(**probabilities: float) -> None:
    """Refuse a probability outside [0, 1]."""
    for name, probability in probabilities.items():
        if not 0 <= probability <= 1:
            raise ValueError(f"{name} must be between 0 and 1")


def check_range(least: float, **ranges: tuple[float, float]) -> None:
    """Refuse a range that does not ascend or begins below `least`."""
    for name, (low, high) in ranges.items():
        if not least <= low <= high:
            raise ValueError(f"{name} must be two numbers from {least:g} on, the smaller one first")

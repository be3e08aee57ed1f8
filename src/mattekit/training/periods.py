"""How long and how often: lengths in steps or epochs, and what a run makes of both."""

from dataclasses import dataclass

from mattekit.core.config import config


@config
class Duration:
    """A length of training: exactly one of `steps` and `epochs`."""

    steps: int | None = None
    """Optimiser steps."""
    epochs: float | None = None
    """Times through the training data."""

    def __post_init__(self) -> None:
        given = [value for value in (self.steps, self.epochs) if value is not None]
        if len(given) != 1 or given[0] <= 0:
            raise ValueError("write exactly one of {steps: N} and {epochs: N}, above 0")

    def in_steps(self, epoch: float) -> int:
        """The length in steps, at least 1, where an epoch has `epoch` steps."""
        if self.steps is not None:
            return self.steps
        assert self.epochs is not None
        return max(1, round(self.epochs * epoch))


@dataclass(frozen=True)
class RunLength:
    """How long an epoch and the whole run are, in steps."""

    epoch: float
    total: int

"""What a source of samples is, and drawing one sample from it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import Protocol, runtime_checkable

import numpy as np

from mattekit.core.types import Sample
from mattekit.data.crop import Crop, Step


@runtime_checkable
class Source(Protocol):
    """Samples that can be counted and drawn by number."""

    @property
    def names(self) -> tuple[str, ...]:
        """One name a sample; the same name means the same foreground."""

    @property
    def licence(self) -> str:
        """Under what terms the pictures are used, for the model card."""

    def __len__(self) -> int: ...

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        """The sample of that number; everything random is drawn from `rng` alone."""
        ...


@runtime_checkable
class PartialSource(Source, Protocol):
    """A source that gives a window of a picture for less work than the whole picture."""

    def part(self, index: int, rng: np.random.Generator, side: int) -> Sample:
        """A square window of that side around a random unknown pixel; all of a smaller picture."""
        ...


class WindowedSource(ABC):
    """Samples and windows of samples by one method, `read`; a base for sources of files."""

    names: tuple[str, ...]
    licence: str
    test_set: str | None = None
    """The public test set that the pictures belong to."""

    def __len__(self) -> int:
        return len(self.names)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        """The whole sample."""
        return self.read(index, rng, None)

    def part(self, index: int, rng: np.random.Generator, side: int) -> Sample:
        """A window around an unknown pixel; nothing else becomes floats."""
        return self.read(index, rng, side)

    @abstractmethod
    def read(self, index: int, rng: np.random.Generator, side: int | None) -> Sample:
        """The sample, or a square window of that side."""


def public_test_set(source: Source) -> str | None:
    """The public test set that a source's pictures belong to, where it says so: what was trained on
    them cannot be compared with the results of others."""
    found: str | None = getattr(source, "test_set", None)
    return found


def draw(source: Source, index: int, steps: Sequence[Step], rng: np.random.Generator) -> Sample:
    """The sample of that number after all steps.

    A crop that comes first is asked of the source itself, where it can cut before it composes.
    """
    crop = steps[0] if steps else None
    if isinstance(crop, Crop) and not crop.anywhere and isinstance(source, PartialSource):
        sample = crop.of(partial(source.part, index, rng), rng)
        steps = steps[1:]
    else:
        sample = source.sample(index, rng)
    for step in steps:
        sample = step(sample, rng)
    return sample

"""The protocol of sources of samples, and drawing a sample."""

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
        """One name per sample; equal names mean the same foreground."""

    @property
    def licence(self) -> str:
        """Terms of use of the pictures, for the model card."""

    def __len__(self) -> int: ...

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        """The sample of that number; everything random is drawn from `rng` alone."""
        ...


@runtime_checkable
class PartialSource(Source, Protocol):
    """A source that can read a window of a picture faster than the whole."""

    def part(self, index: int, rng: np.random.Generator, side: int) -> Sample:
        """A square window of that side around a random unknown pixel; all of a smaller picture."""
        ...


class WindowedSource(ABC):
    """Base of file-based sources: samples and windows by one method, `read`."""

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
        """A window around an unknown pixel; only it is converted to floats."""
        return self.read(index, rng, side)

    @abstractmethod
    def read(self, index: int, rng: np.random.Generator, side: int | None) -> Sample:
        """The sample, or a square window of that side."""


def public_test_set(source: Source) -> str | None:
    """The public test set that a source's pictures belong to, if known.

    Networks trained on it cannot be compared with published results."""
    found: str | None = getattr(source, "test_set", None)
    return found


def draw(source: Source, index: int, steps: Sequence[Step], rng: np.random.Generator) -> Sample:
    """The sample of that number after all steps.

    A crop that comes first is passed to the source if it can crop before compositing.
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

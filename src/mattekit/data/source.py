"""The protocol of sources of samples, drawing a sample, and replacing those that are broken."""

import logging
import multiprocessing
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import Literal, Protocol, runtime_checkable

import numpy as np

from mattekit.core.errors import BadData, MattekitError
from mattekit.core.types import Sample
from mattekit.data.crop import Crop, Step

OnError = Literal["raise", "skip"]
"""How to handle a sample that cannot be used."""
MAX_ATTEMPTS = 10
"""Attempts to replace one sample."""

log = logging.getLogger("mattekit.data")


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
    """Base of file-based sources: samples and windows by one method, `read`.

    Only what lies in the window is converted to floats.
    """

    names: tuple[str, ...]
    licence: str
    test_set: str | None = None
    """The public test set that the pictures belong to."""

    def __len__(self) -> int:
        return len(self.names)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        return self.read(index, rng, None)

    def part(self, index: int, rng: np.random.Generator, side: int) -> Sample:
        return self.read(index, rng, side)

    @abstractmethod
    def read(self, index: int, rng: np.random.Generator, side: int | None) -> Sample:
        """The sample, or a square window of that side."""


def public_test_set(source: Source) -> str | None:
    """The public test set, if known, that a source's pictures belong to.

    Networks trained on it cannot be compared with published results.
    """
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


def handle_errors(source: Source, on_error: OnError) -> Source:
    """The source itself, or with `skip` one that replaces broken samples."""
    return source if on_error == "raise" else SkipBroken(source)


class _Wrapper(WindowedSource):
    """Base of sources that stand for another one: its names, terms and test set."""

    def __init__(self, source: Source) -> None:
        self.source, self.names, self.licence = source, source.names, source.licence
        self.test_set = public_test_set(source)


def _read(source: Source, index: int, rng: np.random.Generator, side: int | None) -> Sample:
    """The sample, or a window of it where one is wanted and the source reads windows."""
    if side is None or not isinstance(source, PartialSource):
        return source.sample(index, rng)
    return source.part(index, rng, side)


class Rehearsal(_Wrapper):
    """A source of which a share of the samples gives way to samples of an earlier one.

    What is learned from one kind of picture alone is soon all that a network can do.
    """

    def __init__(self, source: Source, earlier: Source, share: float) -> None:
        super().__init__(source)
        self.earlier, self.share = earlier, share
        self.licence = f"{source.licence}; rehearsed: {earlier.licence}"

    def read(self, index: int, rng: np.random.Generator, side: int | None) -> Sample:
        if rng.random() < self.share:
            return _read(self.earlier, int(rng.integers(len(self.earlier))), rng, side)
        return _read(self.source, index, rng, side)


class SkipBroken(_Wrapper):
    """Replaces a sample that cannot be used by a random other one.

    The replacement depends on the generator alone, not on the number of worker processes. All of
    them share one table, so that each sample is reported once in a run.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._broken = multiprocessing.Array("b", len(source))

    @property
    def skipped(self) -> tuple[str, ...]:
        """The names of the samples that could not be used so far, in any process."""
        return tuple(name for number, name in enumerate(self.names) if self._broken[number])

    def read(self, index: int, rng: np.random.Generator, side: int | None) -> Sample:
        for _ in range(MAX_ATTEMPTS):
            try:
                return _read(self.source, index, rng, side)
            except MattekitError as error:
                failure = error
                self._report_once(index, error)
            index = int(rng.integers(len(self)))
        raise BadData(
            f"{MAX_ATTEMPTS} samples in a row cannot be used, the last one because {failure}; "
            "mattekit prepare check names all of them"
        ) from failure

    def _report_once(self, index: int, error: MattekitError) -> None:
        with self._broken.get_lock():
            known, self._broken[index] = self._broken[index], 1
        if not known:
            log.warning("left out: %s", error)

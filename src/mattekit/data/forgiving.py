"""Going on where a file of a data set is damaged: named once, counted, replaced."""

import logging
import multiprocessing
from collections.abc import Callable
from typing import Literal

import numpy as np

from mattekit.core.errors import BadData, MattekitError
from mattekit.core.types import Sample
from mattekit.data import PartialSource, Source, public_test_set

OnError = Literal["raise", "skip"]
"""What is done about a sample that cannot be used."""

TRIALS = 10
"""Samples that are tried in the place of one."""

log = logging.getLogger("mattekit.data")


def forgiving(source: Source, on_error: OnError) -> Source:
    """The source itself, or with `skip` one that goes on with another sample."""
    return source if on_error == "raise" else Forgiving(source)


class Forgiving:
    """Another sample, drawn from the generator, in the place of one that cannot be used.

    What comes in its place follows from the generator alone, so it is the same whatever the number
    of worker processes. All of them share the marks, so that each sample is named once in a run.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.names = source.names
        self.licence = source.licence
        self.test_set = public_test_set(source)
        self._marks = multiprocessing.Array("b", len(source))

    def __len__(self) -> int:
        return len(self.source)

    @property
    def skipped(self) -> tuple[str, ...]:
        """The names of the samples that could not be used so far, in any process."""
        return tuple(name for number, name in enumerate(self.names) if self._marks[number])

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        return self._usable(index, rng, lambda number: self.source.sample(number, rng))

    def part(self, index: int, rng: np.random.Generator, side: int) -> Sample:
        """The part where the source gives parts, else the whole sample."""
        source = self.source
        if not isinstance(source, PartialSource):
            return self.sample(index, rng)
        return self._usable(index, rng, lambda number: source.part(number, rng, side))

    def _usable(
        self, index: int, rng: np.random.Generator, draw: Callable[[int], Sample]
    ) -> Sample:
        for _ in range(TRIALS):
            try:
                return draw(index)
            except MattekitError as error:
                failure = error
                self._name_once(index, error)
            index = int(rng.integers(len(self)))
        raise BadData(
            f"{TRIALS} samples in a row cannot be used, the last one because {failure}; "
            "mattekit prepare check names all of them"
        ) from failure

    def _name_once(self, index: int, error: MattekitError) -> None:
        with self._marks.get_lock():
            known, self._marks[index] = self._marks[index], 1
        if not known:
            log.warning("left out: %s", error)

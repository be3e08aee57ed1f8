"""Samples that cannot be used, such as damaged files: reported once, counted, replaced."""

import logging
import multiprocessing
from collections.abc import Callable
from typing import Literal

import numpy as np

from mattekit.core.errors import BadData, MattekitError
from mattekit.core.types import Sample
from mattekit.data import PartialSource, Source, public_test_set

OnError = Literal["raise", "skip"]
"""How to handle a sample that cannot be used."""

MAX_ATTEMPTS = 10
"""Attempts to replace one sample."""

log = logging.getLogger("mattekit.data")


def handle_errors(source: Source, on_error: OnError) -> Source:
    """The source itself, or with `skip` one that replaces broken samples."""
    return source if on_error == "raise" else SkipBroken(source)


class SkipBroken:
    """Replaces a sample that cannot be used by a random other one.

    The replacement depends on the generator alone, not on the number of worker processes. All of
    them share one table, so that each sample is reported once in a run.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.names = source.names
        self.licence = source.licence
        self.test_set = public_test_set(source)
        self._broken = multiprocessing.Array("b", len(source))

    def __len__(self) -> int:
        return len(self.source)

    @property
    def skipped(self) -> tuple[str, ...]:
        """The names of the samples that could not be used so far, in any process."""
        return tuple(name for number, name in enumerate(self.names) if self._broken[number])

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        return self._usable(index, rng, lambda number: self.source.sample(number, rng))

    def part(self, index: int, rng: np.random.Generator, side: int) -> Sample:
        """A window if the source supports it, else the whole sample."""
        source = self.source
        if not isinstance(source, PartialSource):
            return self.sample(index, rng)
        return self._usable(index, rng, lambda number: source.part(number, rng, side))

    def _usable(
        self, index: int, rng: np.random.Generator, draw: Callable[[int], Sample]
    ) -> Sample:
        for _ in range(MAX_ATTEMPTS):
            try:
                return draw(index)
            except MattekitError as error:
                failure = error
                self._name_once(index, error)
            index = int(rng.integers(len(self)))
        raise BadData(
            f"{MAX_ATTEMPTS} samples in a row cannot be used, the last one because {failure}; "
            "mattekit prepare check names all of them"
        ) from failure

    def _name_once(self, index: int, error: MattekitError) -> None:
        with self._broken.get_lock():
            known, self._broken[index] = self._broken[index], 1
        if not known:
            log.warning("left out: %s", error)

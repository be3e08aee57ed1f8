"""Samples: where they come from, what is done to them, and how they become batches.

`SourceConfig` is the list of sources; each config opens to a `Source`. Importing this room costs no
torch; batches of tensors are made in `data.loader`, the only file here that knows it.
"""

from typing import Protocol, runtime_checkable

import numpy as np

from mattekit.core.types import Sample
from mattekit.data.sources.compact_scenes import CompactScenesConfig
from mattekit.data.sources.rgba_folder import RgbaFolderConfig
from mattekit.data.sources.synthetic import SyntheticConfig

SourceConfig = SyntheticConfig | RgbaFolderConfig | CompactScenesConfig


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
        """The sample of that number; what is left to chance is drawn from `rng` alone."""
        ...


@runtime_checkable
class PartialSource(Source, Protocol):
    """A source that gives a window of a picture for less work than the whole picture."""

    def part(self, index: int, rng: np.random.Generator, side: int) -> Sample:
        """A square window of that side around a random unknown pixel; all of a smaller picture."""
        ...


__all__ = ["PartialSource", "Source", "SourceConfig"]

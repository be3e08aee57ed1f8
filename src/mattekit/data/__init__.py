"""Samples: where they come from, what is done to them, and how they become batches.

`SourceConfig` is the list of sources; each config opens to a `Source`. Importing this room costs no
torch; batches of tensors are made in `data.loader`, the only file here that knows it.
"""

from typing import Protocol, runtime_checkable

import numpy as np

from mattekit.core.types import Sample
from mattekit.data.sources.adobe import AdobeConfig
from mattekit.data.sources.aim500 import Aim500Config
from mattekit.data.sources.alphamatting import AlphamattingConfig
from mattekit.data.sources.am2k import Am2kConfig
from mattekit.data.sources.comp import CompConfig
from mattekit.data.sources.compact_scenes import CompactScenesConfig
from mattekit.data.sources.composition1k import Composition1kConfig
from mattekit.data.sources.merged import MergedConfig
from mattekit.data.sources.rgba_folder import RgbaFolderConfig
from mattekit.data.sources.samplenet import SampleNetConfig
from mattekit.data.sources.samplenet_train import SampleNetTrainConfig
from mattekit.data.sources.shards import ShardsConfig
from mattekit.data.sources.synthetic import SyntheticConfig

SourceConfig = (
    SyntheticConfig
    | CompactScenesConfig
    | RgbaFolderConfig
    | ShardsConfig
    | AdobeConfig
    | Composition1kConfig
    | MergedConfig
    | CompConfig
    | Aim500Config
    | Am2kConfig
    | SampleNetConfig
    | SampleNetTrainConfig
    | AlphamattingConfig
)


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


def public_test_set(source: Source) -> str | None:
    """The public test set that a source's pictures belong to, where it says so: what was trained on
    them cannot be compared with the results of others."""
    found: str | None = getattr(source, "test_set", None)
    return found


@runtime_checkable
class PartialSource(Source, Protocol):
    """A source that gives a window of a picture for less work than the whole picture."""

    def part(self, index: int, rng: np.random.Generator, side: int) -> Sample:
        """A square window of that side around a random unknown pixel; all of a smaller picture."""
        ...


__all__ = [
    "PartialSource",
    "Source",
    "SourceConfig",
    "public_test_set",
]

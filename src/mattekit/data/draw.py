"""Drawing one sample from a source and taking it through its steps."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from mattekit.core.types import Sample
from mattekit.data import PartialSource, Source
from mattekit.data.crop import Crop, Step


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

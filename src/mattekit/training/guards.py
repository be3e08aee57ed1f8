"""What stops a run early: numbers that broke, too little memory, data that cannot be right."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from mattekit.core.atomic import replacing
from mattekit.core.errors import BadData, BadRecipe, MattekitError, TooLarge
from mattekit.core.tensors import Batch
from mattekit.core.types import UNKNOWN, Sample

FEWEST_ALPHAS = 3
"""Distinct values of alpha below which a data set holds masks, not mattes."""


class NotFinite(MattekitError):
    """A loss or a gradient is no longer a number."""

    def __init__(self, sentence: str, losses: dict[str, float]) -> None:
        super().__init__(sentence)
        self.losses = losses


@contextmanager
def watched(batch: Batch, step: int, folder: Path) -> Iterator[None]:
    """Turn what breaks within a step into a sentence; the pictures' names are kept in a file."""
    try:
        yield
    except NotFinite as trouble:
        place = folder / "bad_batch.json"
        found = {"step": step, "names": list(batch.names), "losses": trouble.losses}
        with replacing(place) as aside:
            aside.write_text(json.dumps(found, indent=2))
        raise MattekitError(
            f"step {step}: {trouble}, so nothing was updated; the pictures are named in {place}; "
            "look at them, or lower optimiser.lr or set clip"
        ) from trouble
    except ValueError as trouble:
        if "more than 1 value per channel" not in str(trouble):
            raise
        raise BadRecipe(
            f"batch: a norm over the batch sees a single value with {len(batch.image)} pictures of "
            f"{_size(batch)}; raise batch or data.size, or choose a network norm such as gn"
        ) from trouble
    except RuntimeError as trouble:
        if not _out_of_memory(trouble):
            raise
        raise TooLarge(
            f"step {step}: out of memory with {len(batch.image)} pictures of {_size(batch)}; raise "
            "accumulate, or lower batch or data.size"
        ) from trouble


def check_samples(samples: Sequence[Sample], *, allow_masks: bool) -> None:
    """Refuse data that cannot be mattes: wrong ranges, nothing unknown, masks instead of alphas."""
    for sample in samples:
        _check_ranges(sample)
    trimaps = [sample.trimap for sample in samples if sample.trimap is not None]
    if not any((trimap == UNKNOWN).any() for trimap in trimaps):
        raise BadData(
            f"no trimap of the first {len(samples)} samples has an unknown pixel; "
            "check the trimaps of data.train"
        )
    values = np.unique(np.concatenate([np.unique(sample.alpha) for sample in samples]))
    if len(values) < FEWEST_ALPHAS and not allow_masks:
        raise BadData(
            f"the alphas of the first {len(samples)} samples hold only the values "
            f"{values.tolist()}: these are masks, not mattes; set data.allow_masks=true to go on"
        )


def _check_ranges(sample: Sample) -> None:
    for name in ("image", "alpha", "foreground", "background", "prior"):
        plane = getattr(sample, name)
        if plane is None:
            continue
        low, high = float(np.min(plane)), float(np.max(plane))
        if not (np.isfinite([low, high]).all() and low >= -1e-4 and high <= 1 + 1e-4):
            raise BadData(
                f"the {name} of {sample.name} has values from {low:g} to {high:g}; expected 0 to 1"
            )


def _size(batch: Batch) -> str:
    height, width = batch.image.shape[-2:]
    return f"{width}x{height}"


def _out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)

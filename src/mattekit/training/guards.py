"""What stops a run early: numbers that broke, too little memory, data that cannot be right.

A run that explodes without breaking is remarked on.
"""

import json
import math
import statistics
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from mattekit.core.atomic import write_text
from mattekit.core.errors import BadData, BadRecipe, MattekitError, TooLarge
from mattekit.core.tensors import Batch
from mattekit.core.types import UNKNOWN, Sample, size_text
from mattekit.training.method import StepResult

FEWEST_ALPHAS = 3
"""Distinct values of alpha below which a data set holds masks, not mattes."""
EXPLODED = 1.2
"""Times the first loss, above which a run that stays there has gone wrong."""
READINGS = 5
STEEP = 100
"""Times the usual norm of the gradient."""


def check_finite(result: StepResult, step: int, folder: Path) -> None:
    """Stop where a loss or a gradient is no longer a number; the pictures' names are kept.

    Raises:
        MattekitError: says which number, and where the names are.
    """
    numbers = result.numbers()
    norms = {} if result.may_overflow else numbers["gradient_norms"]
    values = {
        **{f"the loss {name}": value for name, value in numbers["losses"].items()},
        **{f"the norm of the gradient of the {name}": value for name, value in norms.items()},
    }
    broken = [name for name, value in values.items() if not math.isfinite(value)]
    if not broken:
        return
    place = folder / "bad_batch.json"
    names = [] if result.batch is None else list(result.batch.names)
    record = {"step": step, "names": names, "losses": numbers["losses"]}
    write_text(place, json.dumps(record, indent=2))
    raise MattekitError(
        f"step {step}: {broken[0]} became {values[broken[0]]}; checkpoints are of earlier steps, "
        f"the pictures are named in {place}; look at them, or lower optimiser.lr or set clip"
    )


class ExplosionWatch:
    """Notices a loss that stays above where it began, and gradients far beyond the usual."""

    def __init__(self) -> None:
        self.totals: list[float] = []
        self.norms: list[float] = []
        self.reported: set[str] = set()

    def remarks(self, numbers: dict[str, dict[str, float]]) -> list[str]:
        """Remarks on the numbers that were just read, each made once."""
        self.totals.append(numbers["losses"]["total"])
        first, last = self.totals[0], self.totals[1:][-READINGS:]
        found = {}
        if first > 0 and len(last) == READINGS and min(last) > EXPLODED * first:
            found["loss"] = (
                f"the loss began at {first:.4g} and stays above it ({last[-1]:.4g} now), so the "
                "network gets worse; lower optimiser.lr, or set clip and warmup"
            )
        norm = numbers["gradient_norms"].get("network", math.nan)
        usual = statistics.median(self.norms) if len(self.norms) >= READINGS else math.inf
        if norm > STEEP * usual:
            found["norm"] = (
                f"the norm of the gradient is {norm:.4g}, usually {usual:.4g}; set clip, such as "
                f"clip={2 * usual:.2g}"
            )
        if math.isfinite(norm):
            self.norms.append(norm)
        new = [text for kind, text in found.items() if kind not in self.reported]
        self.reported |= found.keys()
        return new


@contextmanager
def explain_errors(batch: Batch, step: int) -> Iterator[None]:
    """Turn what breaks within a step into a sentence."""
    try:
        yield
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise BadRecipe(
            f"batch: a norm over the batch sees a single value with {_pictures(batch)}; "
            "raise batch or data.size, or choose a network norm such as gn"
        ) from error
    except RuntimeError as error:
        if not _out_of_memory(error):
            raise
        raise TooLarge(
            f"step {step}: out of memory with {_pictures(batch)}; raise accumulate, or lower "
            "batch or data.size"
        ) from error


def check_samples(samples: Iterable[Sample], *, crop: int, allow_masks: bool) -> list[str]:
    """Refuse data that cannot be mattes: wrong ranges, nothing unknown, masks instead of alphas.

    Args:
        crop: the largest side of a window that is cut of them; samples that are all smaller are
            remarked on.
    """
    count, side, unknown, values = 0, 0, False, np.empty(0, np.float32)
    for sample in samples:
        _check_ranges(sample)
        count += 1
        side = max(side, min(sample.size))
        unknown |= sample.trimap is not None and bool((sample.trimap == UNKNOWN).any())
        if len(values) < FEWEST_ALPHAS:
            values = np.union1d(values, sample.alpha)
    if not unknown:
        raise BadData(
            f"no trimap of the first {count} samples has an unknown pixel; "
            "check the trimaps of data.train"
        )
    if len(values) < FEWEST_ALPHAS and not allow_masks:
        raise BadData(
            f"the alphas of the first {count} samples hold only the values "
            f"{values.tolist()}: these are masks, not mattes; set data.allow_masks=true to use them"
        )
    if side >= crop:
        return []
    return [
        f"data.crop: windows of {crop} pixels are asked for, but the first {count} samples have at "
        f"most {side}, so smaller windows are enlarged; lower data.crop, or take larger pictures "
        "(for shards a larger --window)"
    ]


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


def _pictures(batch: Batch) -> str:
    return f"{len(batch.image)} pictures of {size_text(batch.image.shape[-2:])}"


def _out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)

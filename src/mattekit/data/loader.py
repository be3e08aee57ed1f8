"""Batches from a source, independent of the number of workers, processes and restarts.

Samples are numbered through the whole run: number n is position n in an endless sequence of
shuffled epochs. Everything random follows from (seed, epoch, index), so a run that has consumed k
batches resumes with batch k, and several processes share one sequence without repeated or missing
samples.
"""

import atexit
import os
import signal
import weakref
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count, repeat
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torch.utils.data._utils.signal_handling import _remove_worker_pids

from mattekit.core.errors import BadArgument, MattekitError
from mattekit.core.tensors import TRIMAP_STEP, Batch
from mattekit.core.types import Plane, Sample
from mattekit.data.crop import Step
from mattekit.data.source import Source, draw

T = TypeVar("T")

PLANES = ("image", "alpha", "trimap", "foreground", "background", "prior", "prompt")
ORDER, SAMPLE, VALIDATION = 0, 1, 2  # independent random streams of one seed and epoch


@dataclass(frozen=True, kw_only=True)
class SampleOrder:
    """The endless sequence of samples of a run, and this process's share of every batch."""

    length: int
    """Samples in an epoch."""
    batch: int
    """Samples in a batch, over all processes."""
    seed: int
    shuffle: bool = True
    rank: int = 0
    world: int = 1

    def __post_init__(self) -> None:
        if self.batch % self.world:
            raise BadArgument(
                f"a batch of {self.batch} cannot be shared by {self.world} processes; "
                f"choose a multiple of {self.world}"
            )

    def numbers(self, batch: int) -> list[int]:
        """The numbers of this process's samples in the batch of that number."""
        share = self.batch // self.world
        first = batch * self.batch + self.rank * share
        return list(range(first, first + share))

    def epoch_and_index(self, number: int) -> tuple[int, int]:
        """Epoch and index in the source of the sample of that number."""
        epoch, place = divmod(number, self.length)
        if not self.shuffle:
            return epoch, place
        return epoch, int(_order(self.seed, epoch, self.length)[place])

    def rng(self, epoch: int, index: int) -> np.random.Generator:
        """The generator of all random choices of a sample."""
        return sample_rng((self.seed, epoch), SAMPLE, index)


def sample_rng(seed: tuple[int, int], stream: int, index: int) -> np.random.Generator:
    """The generator of one sample of a stream."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, index)))


@lru_cache(maxsize=2)
def _order(seed: int, epoch: int, length: int) -> Plane:
    """The shuffled indices of an epoch."""
    seeds = np.random.SeedSequence((seed, epoch), spawn_key=(ORDER,))
    return np.random.default_rng(seeds).permutation(length)


def make_loader(
    source: Source,
    order: SampleOrder,
    *,
    steps: Sequence[Step] = (),
    start: int = 0,
    workers: int = 0,
    fixed: bool = False,
    pin: bool = False,
) -> Iterator[Batch]:
    """Endless batches, starting with number `start`.

    Args:
        steps: applied to each sample in order, such as cropping.
        workers: processes that prepare samples; 0 prepares them in this one.
        fixed: repeat the first batch, to test whether a network can overfit it.
        pin: keep batches in page-locked memory, for asynchronous copies to a GPU.
    """
    loader: DataLoader[Any] = DataLoader(
        NumberedSamples(source, order, steps),
        batch_sampler=map(order.numbers, count(0 if fixed else start)),
        num_workers=min(workers, usable_cpus()),
        pin_memory=pin,
        collate_fn=_collate_or_fail,
        worker_init_fn=_init_worker,
        generator=torch.Generator(),  # the global generator would advance, and dropout change
    )
    drawn: Any = iter(loader)
    if loader.num_workers:
        atexit.register(_end_workers, weakref.ref(drawn), id(drawn), drawn._workers)
    batches = _until_failure(drawn)
    return repeat(next(batches)) if fixed else batches


def _until_failure(drawn: Any) -> Iterator[Batch]:
    """The batches; an error is raised, and ends the workers, which would outlive its traceback."""
    try:
        for result in drawn:
            yield _unless_failed(result)
    finally:
        if hasattr(drawn, "_workers"):
            drawn._shutdown_workers()


class NumberedSamples(Dataset[Sample | MattekitError]):
    """The samples by number. An error is returned, to be raised in the main process."""

    def __init__(self, source: Source, order: SampleOrder, steps: Sequence[Step] = ()) -> None:
        self.source = source
        self.order = order
        self.steps = steps

    def __getitem__(self, number: int) -> Sample | MattekitError:
        epoch, index = self.order.epoch_and_index(number)
        rng = self.order.rng(epoch, index)
        try:
            sample = draw(self.source, index, self.steps, rng)
        except MattekitError as failure:
            return failure
        return sample if sample.name else replace(sample, name=self.source.names[index])

    def take(self, count: int) -> list[Sample]:
        """The first samples, before any step."""
        return [_unless_failed(self[number]) for number in range(count)]


def collate(samples: Sequence[Sample]) -> Batch:
    """Samples of one size as a batch, without planes that any of them lacks."""
    sizes = {sample.size for sample in samples}
    if len(sizes) > 1:
        raise BadArgument(f"samples of the sizes {sorted(sizes)} cannot form a batch; crop them")
    planes: dict[str, Any] = {
        name: _stack([getattr(sample, name) for sample in samples]) for name in PLANES
    }
    if any(planes[name] is None for name in ("image", "alpha", "trimap")):
        raise BadArgument("every sample of a batch needs an image, an alpha and a trimap")
    planes["trimap"] = planes["trimap"] * TRIMAP_STEP
    return Batch(names=tuple(sample.name for sample in samples), **planes)


def _stack(planes: Sequence[Plane | None]) -> Tensor | None:
    """Planes h w or h w c as one float tensor b c h w."""
    known = [plane for plane in planes if plane is not None]
    if len(known) < len(planes):
        return None
    stacked = np.stack([plane.reshape(*plane.shape[:2], -1) for plane in known])
    channels_first = np.ascontiguousarray(stacked.transpose(0, 3, 1, 2))
    return torch.from_numpy(channels_first).float()


def usable_cpus() -> int:
    """Number of processors available to this process."""
    affinity = getattr(os, "sched_getaffinity", None)
    return os.cpu_count() or 1 if affinity is None else len(affinity(0))


def _collate_or_fail(samples: list[Sample | MattekitError]) -> Batch | MattekitError:
    try:
        return collate([_unless_failed(sample) for sample in samples])
    except MattekitError as failure:
        return failure


def _unless_failed(result: T | MattekitError) -> T:
    if isinstance(result, MattekitError):
        raise result
    return result


def _end_workers(reference: weakref.ref[Any], number: int, workers: Sequence[Any]) -> None:
    """Kill the workers before `multiprocessing` waits for them: they ignore its SIGTERM."""
    iterator = reference()
    if iterator is not None:
        iterator._shutdown_workers()
    with suppress(ValueError):  # which says that PyTorch watches over them no longer
        _remove_worker_pids(number)
    for worker in workers:
        worker.kill()


def _init_worker(worker: int) -> None:
    """Use one thread, and leave signals to the training process."""
    import cv2

    cv2.setNumThreads(0)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)

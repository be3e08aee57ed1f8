"""Batches: in an order that only the seed decides, whatever workers, processes and restarts."""

import multiprocessing
import subprocess
import sys
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from mattekit.core.errors import BadArgument, BadImage
from mattekit.core.tensors import Batch
from mattekit.core.types import Sample
from mattekit.data.augmentation.camera import JpegConfig
from mattekit.data.augmentation.geometry import FlipConfig
from mattekit.data.augmentation.trimaps import BandTrimapConfig
from mattekit.data.crop import Crop, Step
from mattekit.data.loader import SampleOrder, collate, make_loader
from mattekit.data.sources.folders import RgbaFolderConfig
from mattekit.data.sources.synthetic import SyntheticConfig
from mattekit.imaging.files import write_image


@dataclass
class Numbers:
    """Tiny samples whose image is their number plus a little chance."""

    length: int = 5
    broken: int = -1
    licence: str = "none"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"number-{index}" for index in range(self.length))

    def __len__(self) -> int:
        return self.length

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        if index == self.broken:
            raise BadImage("number.png is broken; replace it")
        plane = np.full((2, 2), index + rng.random() / 2, dtype=np.float32)
        trimap = np.array([[0, 1], [1, 2]], dtype=np.uint8)
        return Sample(image=np.stack([plane] * 3, axis=-1), alpha=plane, trimap=trimap)


RAMP = np.linspace(0, 1, 96 * 128 * 3, dtype=np.float32).reshape(96, 128, 3)


def row(**changes: int | bool) -> SampleOrder:
    return replace(SampleOrder(length=5, batch=4, seed=3), **changes)


def values(batches: list[Batch]) -> list[float]:
    return [float(alpha.mean()) for batch in batches for alpha in batch.alpha]


def first(count: int, **options: object) -> list[Batch]:
    order = options.pop("row", row())
    return list(islice(make_loader(Numbers(), order, **options), count))


def test_every_epoch_shows_every_sample_once_in_another_order() -> None:
    epochs = np.floor(values(first(5))).reshape(4, 5)
    assert all(sorted(epoch) == [0, 1, 2, 3, 4] for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_a_sample_is_drawn_anew_in_every_epoch() -> None:
    assert len(set(values(first(5)))) == 20


def test_the_batches_do_not_depend_on_the_number_of_workers() -> None:
    assert values(first(4, workers=2)) == values(first(4))


def test_a_restarted_loader_goes_on_with_the_batch_after_the_last_one_consumed() -> None:
    assert values(first(3, start=2)) == values(first(5)[2:])


def test_another_seed_gives_another_order_and_other_chance() -> None:
    assert values(first(2, row=row(seed=4))) != values(first(2))


def test_processes_share_every_batch_without_repeating_a_sample() -> None:
    shares = [first(3, row=row(rank=rank, world=2)) for rank in range(2)]
    joined = [
        float(alpha.mean())
        for halves in zip(*shares, strict=True)
        for batch in halves
        for alpha in batch.alpha
    ]
    assert joined == values(first(3))


def test_a_batch_that_cannot_be_shared_is_refused() -> None:
    with pytest.raises(BadArgument, match="4 cannot be shared by 3 processes"):
        row(world=3)


def test_without_shuffling_samples_come_in_the_order_of_the_source() -> None:
    assert np.floor(values(first(2, row=row(shuffle=False)))).tolist() == [0, 1, 2, 3, 4, 0, 1, 2]


def test_a_fixed_loader_repeats_its_first_batch() -> None:
    repeated = first(3, fixed=True)
    assert values(repeated) == 3 * values(first(1))


def test_making_batches_leaves_the_global_generators_alone() -> None:
    state = torch.get_rng_state()
    first(2)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_broken_file_is_reported_in_its_own_sentence(workers: int) -> None:
    batches = make_loader(Numbers(broken=2), row(), workers=workers)
    with pytest.raises(BadImage, match=r"^number.png is broken; replace it$"):
        list(islice(batches, 2))


def test_a_broken_file_ends_the_workers() -> None:
    before = set(multiprocessing.active_children())
    batches = make_loader(Numbers(broken=2), row(), workers=2)
    with pytest.raises(BadImage) as raised:  # whose traceback still holds the loader
        list(islice(batches, 2))
    assert raised.traceback
    assert set(multiprocessing.active_children()) <= before


@dataclass
class Partial(Numbers):
    """A source that gives windows, and notes which were asked for."""

    asked: list[int] = field(default_factory=list)

    def part(self, index: int, rng: np.random.Generator, side: int) -> Sample:
        self.asked.append(side)
        sample = self.sample(index, rng)
        return sample.warp(lambda plane, how: np.repeat(np.repeat(plane, side, 0), side, 1))


def test_a_source_that_can_is_asked_for_no_more_than_the_crop() -> None:
    source = Partial()
    batch = next(make_loader(source, row(), steps=[Crop([6, 8], 4)]))
    assert batch.image.shape == (4, 3, 4, 4)
    assert set(source.asked) <= {6, 8}
    assert len(source.asked) == 4


@pytest.mark.parametrize(
    "steps", [[FlipConfig(), Crop([6], 4)], [Crop([6], 4, anywhere=0.1)], [FlipConfig()]]
)
def test_a_step_that_needs_the_whole_picture_gets_it(steps: list[Step]) -> None:
    source = Partial()
    next(make_loader(source, row(), steps=steps))
    assert source.asked == []


@pytest.mark.slow
def test_augmented_batches_do_not_depend_on_workers_and_restarts() -> None:
    scenes = SyntheticConfig(count=5, size=16).open()
    steps = [Crop([8, 12], 8), FlipConfig(), BandTrimapConfig(), JpegConfig()]

    def images(**options: int) -> list[bytes]:
        batches = islice(make_loader(scenes, row(), steps=steps, **options), 4)
        return [batch.image.numpy().tobytes() + batch.trimap.numpy().tobytes() for batch in batches]

    assert images() == images(workers=2)
    assert images()[2:] == images(start=2)[:2]
    assert len(set(images())) == 4


def test_planes_become_tensors_with_half_for_unknown_and_missing_planes_stay_missing() -> None:
    batch = collate([Numbers().sample(0, np.random.default_rng(0))] * 2)
    assert batch.image.shape == (2, 3, 2, 2)
    assert batch.trimap[0, 0].tolist() == [[0, 0.5], [0.5, 1]]
    assert batch.foreground is None
    assert batch.prior is None


def test_samples_of_different_sizes_are_refused_as_a_batch() -> None:
    small = Numbers().sample(0, np.random.default_rng(0))
    large = small.warp(lambda plane, how: np.concatenate([plane, plane]))
    with pytest.raises(BadArgument, match="sizes"):
        collate([small, large])


@pytest.mark.slow
def test_the_memory_of_a_worker_stays_flat(tmp_path: Path) -> None:
    write_image(tmp_path / "cut-outs" / "ramp.png", RAMP, alpha=RAMP[..., 0])
    write_image(tmp_path / "rooms" / "ramp.jpg", RAMP[::-1])
    source = RgbaFolderConfig(
        foregrounds=str(tmp_path / "cut-outs"), backgrounds=str(tmp_path / "rooms")
    ).open()
    steps = [Crop([32, 64], 48), FlipConfig(), BandTrimapConfig(), JpegConfig()]
    batches = make_loader(source, row(length=len(source)), steps=steps)
    process = psutil.Process()
    held = []
    for _ in range(4):
        for _ in islice(batches, 40):
            pass
        held.append(process.memory_info().rss / 1e6)
    assert held[-1] - held[0] < 4  # MB, of 480 samples that take 0.07 MB each


HOLDS_ITS_BATCHES = """
import builtins
from mattekit.data.loader import SampleOrder, make_loader
from mattekit.data.sources.synthetic import SyntheticConfig

source = SyntheticConfig(count=2, size=16).open()
builtins.batches = make_loader(source, SampleOrder(length=2, batch=2, seed=0), workers=1)
print(len(next(builtins.batches).names))
"""


LOSES_ITS_WORKERS = """
from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter

_MultiProcessingDataLoaderIter._shutdown_workers = lambda self: None  # as when it is interrupted
del builtins.batches
"""


@pytest.mark.slow
@pytest.mark.parametrize("further", ["", LOSES_ITS_WORKERS])
def test_a_program_ends_although_workers_are_left(further: str) -> None:
    command = [sys.executable, "-c", HOLDS_ITS_BATCHES + further]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    assert (done.stdout, done.stderr) == ("2\n", "")

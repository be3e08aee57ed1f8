"""Samples that cannot be used: named once, counted, replaced the same way in any process."""

import logging
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pytest

from mattekit.core.errors import BadData
from mattekit.core.types import Sample
from mattekit.data.loader import SampleOrder, make_loader
from mattekit.data.source import MAX_ATTEMPTS, SkipBroken, handle_errors
from mattekit.data.sources.synthetic import SyntheticConfig


@dataclass
class Damaged:
    """Flat pictures of their number, some of which cannot be read."""

    broken: tuple[int, ...]
    length: int = 8
    licence: str = "drawn by a test"
    test_set: str = "a test set"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"number {number}" for number in range(self.length))

    def __len__(self) -> int:
        return self.length

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        if index in self.broken:
            raise BadData(f"picture {index} is damaged")
        grey = np.full((4, 4), index / 10, dtype=np.float32)
        return Sample(
            image=np.dstack([grey] * 3),
            alpha=grey,
            trimap=np.ones((4, 4), dtype=np.uint8),
            name=self.names[index],
        )


class DamagedParts(Damaged):
    def part(self, index: int, rng: np.random.Generator, side: int) -> Sample:
        return replace(self.sample(index, rng), name=f"part of {index}")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_raise_leaves_the_source_as_it_is() -> None:
    source = Damaged(broken=(1,))
    assert handle_errors(source, "raise") is source


def test_another_sample_takes_the_place_and_follows_from_the_generator() -> None:
    source = handle_errors(Damaged(broken=(1, 2)), "skip")
    found = [source.sample(1, rng(seed)).name for seed in range(30)]
    assert found == [
        handle_errors(Damaged(broken=(1, 2)), "skip").sample(1, rng(s)).name for s in range(30)
    ]
    assert set(found) == {f"number {number}" for number in (0, 3, 4, 5, 6, 7)}
    assert source.sample(5, rng()).name == "number 5"


def test_each_is_named_once_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    source = SkipBroken(Damaged(broken=(1, 6)))
    with caplog.at_level(logging.WARNING, "mattekit.data"):
        for seed in range(5):
            source.sample(1, rng(seed))
            source.sample(6, rng(seed))
    assert sorted(caplog.messages) == [
        "left out: picture 1 is damaged",
        "left out: picture 6 is damaged",
    ]
    assert source.skipped == ("number 1", "number 6")


def test_a_data_set_of_nothing_but_damaged_files_ends_with_a_sentence() -> None:
    source = SkipBroken(Damaged(broken=tuple(range(8))))
    with pytest.raises(BadData, match=f"{MAX_ATTEMPTS} samples in a row .* is damaged; .*check"):
        source.sample(0, rng())


def test_parts_are_given_where_the_source_gives_parts() -> None:
    assert SkipBroken(DamagedParts(broken=(0,))).part(3, rng(), 2).name == "part of 3"
    assert SkipBroken(DamagedParts(broken=(0,))).part(0, rng(), 2).name.startswith("part of ")
    assert SkipBroken(Damaged(broken=(0,))).part(3, rng(), 2).name == "number 3"


def test_what_is_known_of_the_source_stays_known() -> None:
    source = SkipBroken(Damaged(broken=()))
    assert (source.licence, source.test_set, len(source)) == ("drawn by a test", "a test set", 8)
    assert SkipBroken(SyntheticConfig(count=1, size=16).open()).test_set is None


def test_workers_go_on_alike_and_share_the_broken() -> None:
    row = SampleOrder(length=8, batch=4, seed=3)
    alone, shared = (SkipBroken(Damaged(broken=(1, 2, 6))) for _ in range(2))
    first = [batch.names for batch in islice(make_loader(alone, row), 4)]
    loader = make_loader(shared, row, workers=2)
    assert [batch.names for batch in islice(loader, 4)] == first
    assert set(shared.skipped) >= set(alone.skipped) == {"number 1", "number 2", "number 6"}

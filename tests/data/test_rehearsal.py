"""Samples of what was learned earlier, among those of a new source."""

import numpy as np
import pytest

from mattekit.core.errors import BadRecipe
from mattekit.core.types import Sample
from mattekit.data.source import Rehearsal
from mattekit.data.sources.synthetic import SyntheticConfig
from mattekit.recipes.recipe import find, load_recipe
from mattekit.recipes.train import open_training_data


class Named:
    """Flat pictures that know whose they are, whole or in part."""

    test_set = None

    def __init__(self, title: str, length: int) -> None:
        self.licence, self.length = f"terms of {title}", length
        self.names = tuple(f"{title} {number}" for number in range(length))

    def __len__(self) -> int:
        return self.length

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        flat = np.zeros((4, 4), np.float32)
        trimap = np.ones((4, 4), np.uint8)
        return Sample(
            image=np.dstack([flat] * 3), alpha=flat, trimap=trimap, name=self.names[index]
        )


class InParts(Named):
    def part(self, index: int, rng: np.random.Generator, side: int) -> Sample:
        sample = self.sample(index, rng)
        return Sample(
            image=sample.image,
            alpha=sample.alpha,
            trimap=sample.trimap,
            name=f"part of {sample.name}",
        )


def drawn(share: float) -> list[str]:
    source = Rehearsal(Named("new", 5), Named("earlier", 3), share)
    return [source.sample(n % 5, np.random.default_rng(n)).name for n in range(400)]


def test_the_share_is_kept_and_the_rest_stays_where_it_was() -> None:
    names = drawn(0.25)
    rehearsed = [name for name in names if name.startswith("earlier")]
    assert 0.19 < len(rehearsed) / len(names) < 0.31
    assert set(rehearsed) == {"earlier 0", "earlier 1", "earlier 2"}
    assert all(name in (f"new {n % 5}", *rehearsed) for n, name in enumerate(names))


def test_all_or_nothing() -> None:
    assert all(name.startswith("new") for name in drawn(0))
    assert all(name.startswith("earlier") for name in drawn(1))


def test_an_epoch_is_that_of_the_new_source_and_both_terms_are_named() -> None:
    source = Rehearsal(Named("new", 5), Named("earlier", 3), 0.5)
    assert len(source) == 5
    assert source.names[4] == "new 4"
    assert source.licence == "terms of new; rehearsed: terms of earlier"


@pytest.mark.parametrize(("share", "name"), [(0.0, "part of new 1"), (1.0, "earlier ")])
def test_each_source_is_read_as_it_can_be(share: float, name: str) -> None:
    source = Rehearsal(InParts("new", 5), Named("earlier", 3), share)
    assert source.part(1, np.random.default_rng(0), 4).name.startswith(name)


def test_a_recipe_names_what_is_rehearsed() -> None:
    words = ["data.rehearse={name: synthetic, count: 3, seed: 7}", "data.rehearsed=0.5"]
    recipe = load_recipe(find("tiny"), words)
    source = open_training_data(recipe)
    assert isinstance(source, Rehearsal)
    assert source.share == 0.5
    assert source.earlier.names == SyntheticConfig(count=3, seed=7).open().names


def test_a_share_above_one_is_refused() -> None:
    with pytest.raises(BadRecipe, match=r"data\.rehearsed: a share between 0 and 1"):
        load_recipe(find("tiny"), ["data.rehearsed=1.5"]).check()


def test_fine_tuning_rehearses_the_scenes_of_the_shipped_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MATTEKIT_DATA", "data")
    data = load_recipe(find("finetune")).data
    assert data.rehearse is not None
    assert data.rehearse.name == "compact_scenes"

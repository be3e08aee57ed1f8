"""The sources that need no published data: procedural scenes, and a folder of cut-outs."""

from pathlib import Path

import numpy as np
import pytest

from mattekit.core.errors import BadData
from mattekit.data import PartialSource
from mattekit.data.pairs import CompositionConfig
from mattekit.data.sources.folders import RgbaFolderConfig
from mattekit.data.sources.synthetic import SyntheticConfig
from mattekit.imaging.compose import over
from mattekit.imaging.files import write_image


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_scene_of_a_number_is_always_the_same() -> None:
    source = SyntheticConfig(count=2, size=32).open()
    first, again = source.sample(0, rng(1)), source.sample(0, rng(2))
    assert np.array_equal(first.image, again.image)
    assert not np.array_equal(first.image, source.sample(1, rng(1)).image)


@pytest.mark.slow
def test_sources_of_two_seeds_share_no_scene() -> None:
    one, other = (SyntheticConfig(count=8, size=16, seed=seed).open() for seed in (0, 1))
    names = [{source.sample(index, rng()).name for index in range(8)} for source in (one, other)]
    assert not names[0] & names[1]


def test_endless_scenes_are_new_each_time() -> None:
    source = SyntheticConfig(count=2, size=32, endless=True).open()
    assert not np.array_equal(source.sample(0, rng(1)).image, source.sample(0, rng(2)).image)


@pytest.fixture
def folders(tmp_path: Path) -> RgbaFolderConfig:
    foreground = rng(5).random((24, 30, 3)).astype(np.float32)
    alpha = np.zeros((24, 30), dtype=np.float32)
    alpha[6:18, 8:22] = 1
    write_image(tmp_path / "cut-outs" / "some animals" / "cat.png", foreground, alpha=alpha)
    for name, size in (("wide.JPG", (20, 60)), ("small.png", (8, 9))):
        write_image(tmp_path / "rooms" / name, rng(6).random((*size, 3)).astype(np.float32))
    return RgbaFolderConfig(
        foregrounds=str(tmp_path / "cut-outs"),
        backgrounds=str(tmp_path / "rooms"),
        backgrounds_per_foreground=1,
        composition=CompositionConfig(band=(1, 3)),
        licence="CC0",
    )


def test_cut_outs_are_composited_over_backgrounds_of_any_size(folders: RgbaFolderConfig) -> None:
    source = folders.open()
    sample = source.sample(0, rng())
    assert (source.names, source.licence) == (("cat",), "CC0")
    assert sample.size == (24, 30)
    assert sample.foreground is not None
    assert sample.background is not None
    composite = over(sample.foreground, sample.alpha[..., None], sample.background)
    assert np.array_equal(sample.image, composite)
    assert sample.trimap is not None
    assert set(np.unique(sample.trimap)) == {0, 1, 2}


def test_a_window_shows_what_the_whole_picture_shows_there(folders: RgbaFolderConfig) -> None:
    source = folders.open()
    window = source.part(0, rng(), 12)
    assert isinstance(source, PartialSource)
    assert window.size == (12, 12)
    whole = source.sample(0, rng()).foreground
    assert whole is not None
    places = [
        (top, left)
        for top in range(13)
        for left in range(19)
        if np.array_equal(whole[top : top + 12, left : left + 12], window.foreground)
    ]
    assert len(places) == 1


def test_a_picture_smaller_than_the_window_comes_whole(folders: RgbaFolderConfig) -> None:
    assert folders.open().part(0, rng(), 25).size == (24, 30)


def test_the_background_is_drawn_from_the_generator_alone(folders: RgbaFolderConfig) -> None:
    source = folders.open()
    names = {source.sample(0, rng(seed)).name for seed in range(12)}
    assert names == {"cat over wide", "cat over small"}
    assert source.sample(0, rng(3)).name == source.sample(0, rng(3)).name


def test_a_picture_without_transparency_is_refused_by_name(tmp_path: Path) -> None:
    write_image(tmp_path / "plain.png", rng().random((8, 8, 3)).astype(np.float32))
    source = RgbaFolderConfig(foregrounds=str(tmp_path), backgrounds=str(tmp_path)).open()
    with pytest.raises(BadData, match=r"plain\.png has no alpha"):
        source.sample(0, rng())


def test_a_missing_or_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="there is no folder"):
        RgbaFolderConfig(foregrounds="/nowhere/at/all", backgrounds=str(tmp_path)).open()
    with pytest.raises(BadData, match="holds no pictures"):
        RgbaFolderConfig(foregrounds=str(tmp_path), backgrounds=str(tmp_path)).open()


@pytest.mark.slow
def test_endless_scenes_of_two_seeds_share_nothing() -> None:
    first, second = (
        SyntheticConfig(count=4, size=32, seed=seed, endless=True).open() for seed in (0, 1)
    )
    for index in range(4):
        one, other = (
            source.sample(index, np.random.default_rng(index)) for source in (first, second)
        )
        assert not np.array_equal(one.image, other.image)

"""Shards: what comes out is what went in, at 8 bits, window by window, without reading the rest."""

import json
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mattekit.core.errors import BadArgument, BadData, BadOutput
from mattekit.core.types import Sample
from mattekit.data import PartialSource
from mattekit.data.crop import Crop
from mattekit.data.loader import SampleOrder, make_loader
from mattekit.data.sources.shards import ShardsConfig, ShardsSource
from mattekit.data.sources.synthetic import SyntheticConfig
from mattekit.imaging.compose import over
from mattekit.preparation import shards
from mattekit.preparation.shards import Written, write_shards

SCENES = SyntheticConfig(count=3, size=40).open()


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def written(folder: Path, **options: Any) -> Written:
    return write_shards(SCENES, folder, **options)


def opened(folder: Path, **options: Any) -> ShardsSource:
    return ShardsConfig(folder=str(folder), **options).open()


@dataclass
class Photos:
    """Pictures without layers, of which alpha is all that is known."""

    names: tuple[str, ...] = ("meadow",)
    licence: str = "CC0"
    test_set: str = "AM-2k"

    def __len__(self) -> int:
        return 1

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        image = rng.random((9, 12, 3), dtype=np.float32)
        return Sample(image=image, alpha=image[..., 0].copy(), name="meadow")


def test_every_sample_comes_back_as_it_was_to_half_a_step_of_8_bits(tmp_path: Path) -> None:
    written(tmp_path)
    source = opened(tmp_path, backgrounds="stored")
    assert (source.names, source.licence) == (SCENES.names, SCENES.licence)
    for index in range(3):
        before, after = SCENES.sample(index, rng()), source.sample(index, rng())
        for name in ("foreground", "background", "alpha"):
            assert np.allclose(getattr(after, name), getattr(before, name), atol=0.502 / 255), name
        assert np.array_equal(after.trimap, before.trimap)
        assert after.foreground is not None
        composite = over(after.foreground, after.alpha[..., None], after.background)
        assert np.array_equal(after.image, composite)


def test_eight_bytes_a_pixel_are_written_and_counted(tmp_path: Path) -> None:
    result = written(tmp_path)
    assert (result.samples, result.files) == (3, 1)
    assert (tmp_path / "shard-00000.bytes").stat().st_size == 3 * 40 * 40 * 8
    assert result.bytes == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_a_window_lies_around_an_unknown_pixel_and_shows_what_the_whole_shows(
    tmp_path: Path,
) -> None:
    written(tmp_path)
    source = opened(tmp_path, backgrounds="stored")
    assert isinstance(source, PartialSource)
    whole, window = source.sample(1, rng()), source.part(1, rng(), 16)
    assert window.size == (16, 16)
    assert window.trimap is not None
    assert (window.trimap == 1).any()
    places = [
        (top, left)
        for top in range(25)
        for left in range(25)
        if np.array_equal(whole.image[top : top + 16, left : left + 16], window.image)
    ]
    assert len(places) == 1
    assert source.part(1, rng(), 40).size == (40, 40)


def test_backgrounds_are_drawn_from_all_samples_or_stay_with_theirs(tmp_path: Path) -> None:
    written(tmp_path)

    def behind(source: ShardsSource) -> set[bytes]:
        samples = [source.sample(0, rng(seed)) for seed in range(20)]
        return {np.asarray(sample.background).tobytes() for sample in samples}

    assert len(behind(opened(tmp_path))) == 3
    assert len(behind(opened(tmp_path, backgrounds="stored"))) == 1


def test_stored_windows_are_drawn_as_often_as_asked_for(tmp_path: Path) -> None:
    assert written(tmp_path, window=24, draws=4).samples == 12
    source = opened(tmp_path, backgrounds="stored")
    assert source.names == 4 * SCENES.names
    windows = {source.sample(index, rng()).image.tobytes() for index in range(0, 12, 3)}
    assert len(windows) > 1
    assert all(source.sample(index, rng()).size == (24, 24) for index in range(12))


def test_a_large_source_fills_several_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "SAMPLES_PER_FILE", 2)
    seen: list[int] = []
    assert written(tmp_path, each=lambda: seen.append(1)).files == 2
    assert len(seen) == 3
    last = opened(tmp_path, backgrounds="stored").sample(2, rng())
    assert np.allclose(last.alpha, SCENES.sample(2, rng()).alpha, atol=0.502 / 255)


def test_photographs_keep_their_image_and_what_is_known_of_them(tmp_path: Path) -> None:
    write_shards(Photos(), tmp_path)
    source = opened(tmp_path)
    photo = source.sample(0, rng())
    assert np.allclose(photo.image[..., 0], photo.alpha, atol=1e-6)
    assert (photo.trimap, photo.foreground, photo.background) == (None, None, None)
    assert (source.licence, source.test_set) == ("CC0", "AM-2k")
    assert source.part(0, rng(), 4).size == (4, 4)


def test_the_loader_gives_the_same_batches_from_shards_with_and_without_workers(
    tmp_path: Path,
) -> None:
    written(tmp_path)
    row, steps = SampleOrder(length=3, batch=2, seed=1), [Crop((16, 24), 16)]
    images = [
        [batch.image.numpy() for batch in islice(loader, 3)]
        for loader in (
            make_loader(opened(tmp_path), row, steps=steps, workers=workers) for workers in (0, 1)
        )
    ]
    assert np.array_equal(images[0], images[1])


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        written(tmp_path / name, window=16, seed=seed)
    contents = [
        (tmp_path / name / "shard-00000.bytes").read_bytes() for name in ("one", "same", "other")
    ]
    assert contents[0] == contents[1] != contents[2]


def test_shards_are_replaced_only_when_that_is_allowed(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(BadOutput, match="holds shards already"):
        written(tmp_path)
    assert written(tmp_path, window=16, overwrite=True).bytes < 3 * 40 * 40 * 8


def test_samples_with_estimates_and_impossible_numbers_are_refused(tmp_path: Path) -> None:
    class WithPrior(Photos):
        def sample(self, index: int, rng: np.random.Generator) -> Sample:
            sample = super().sample(index, rng)
            return replace(sample, prior=np.zeros((9, 12, 5), dtype=np.float32))

    with pytest.raises(BadData, match="classical estimates"):
        write_shards(WithPrior(), tmp_path)
    assert not (tmp_path / "shards.json").exists()
    with pytest.raises(BadArgument, match="draws must be at least 1"):
        written(tmp_path, draws=0)


def test_what_is_no_complete_folder_of_shards_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"there is no .*shards\.json"):
        opened(tmp_path)
    written(tmp_path)
    index = tmp_path / "shards.json"
    tree = json.loads(index.read_text())
    for spoilt, sentence in (
        ("{", "is damaged"),
        (json.dumps(tree | {"version": 9}), "not of version 1"),
        (json.dumps(tree | {"samples": [{"name": "scene"}]}), "is damaged"),
        (json.dumps(tree | {"samples": [tree["samples"][0] | {"file": "../x"}]}), "is damaged"),
        (json.dumps(tree | {"samples": [tree["samples"][0] | {"planes": ["alpha"]}]}), "damaged"),
    ):
        index.write_text(spoilt)
        with pytest.raises(BadData, match=sentence):
            opened(tmp_path)
    index.write_text(json.dumps(tree))
    (tmp_path / "shard-00000.bytes").write_bytes(b"short")
    with pytest.raises(BadData, match="has 5 bytes and 12800 are expected"):
        opened(tmp_path)

"""What every source promises, on a miniature of its data set written in the published layout."""

import pickle
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from pydantic import TypeAdapter

from mattekit.core.types import UNKNOWN, Sample
from mattekit.data import PartialSource, Source, SourceConfig, public_test_set
from mattekit.data.crop import Crop
from mattekit.data.loader import SampleOrder, make_loader
from mattekit.data.sources.synthetic import SyntheticConfig
from mattekit.imaging.compose import over
from mattekit.imaging.files import write_image
from mattekit.preparation.shards import write_shards
from mattekit.recipes.reading import read
from mattekit.synthetic.layouts import LAYOUTS
from mattekit.synthetic.scene import scene

ANY_SOURCE: TypeAdapter[Any] = TypeAdapter(SourceConfig)
SIZE = (48, 64)
SCENES = range(4)

WHOLE = 0.0
ROUNDED = 1.01 / 255
COMPRESSED = 0.1
"""How far an image may be from its foreground over its background: composed while it is read,
stored in 8 bits, or stored as JPEG beside planes that are not."""

Written = Callable[[str], Path]

CASES: dict[str, tuple[str, dict[str, Any], float | None]] = {
    "synthetic": ("", {"name": "synthetic", "count": 4, "size": 48}, WHOLE),
    "synthetic endless": (
        "",
        {"name": "synthetic", "count": 4, "size": 48, "endless": True},
        WHOLE,
    ),
    "compact_scenes": ("", {"name": "compact_scenes", "count": 2, "size": 64}, None),
    "shards": ("shards", {"name": "shards", "folder": "."}, WHOLE),
    "rgba_folder": (
        "rgba",
        {"name": "rgba_folder", "foregrounds": "foregrounds", "backgrounds": "backgrounds"},
        WHOLE,
    ),
    "adobe": ("adobe", {"name": "adobe", "root": ".", "backgrounds": "train2014"}, WHOLE),
    "adobe drawn": (
        "adobe",
        {"name": "adobe", "root": ".", "backgrounds": "train2014", "pairing": "drawn"},
        WHOLE,
    ),
    "composition1k": (
        "composition1k",
        {"name": "composition1k", "root": ".", "backgrounds": "JPEGImages"},
        ROUNDED,
    ),
    "composites_listed": (
        "merged",
        {"name": "composites_listed", "root": "Train", "backgrounds": "MSCOCO/train2014"},
        ROUNDED,
    ),
    "composites": ("comp", {"name": "composites", "root": "comp"}, 1.5 * ROUNDED),
    "aim500": ("aim500", {"name": "aim500", "root": "."}, None),
    "aim500 over BG-20k": (
        "aim500",
        {"name": "aim500", "root": ".", "labels": "dataset_labels.csv"},
        WHOLE,
    ),
    "am2k": ("am2k", {"name": "am2k", "root": "."}, COMPRESSED),
    "am2k validation": ("am2k", {"name": "am2k", "root": ".", "split": "validation"}, None),
    "am2k over BG-20k": (
        "am2k",
        {
            "name": "am2k",
            "root": "AM-2k",
            "backgrounds": "BG-20k/train",
            "denoised": 0.5,
            "denoised_backgrounds": "BG-20k/train_denoise",
            "composition": {"placement": "stretch", "two_foregrounds": 0.5},
        },
        2e-5,
    ),
    "am2k over COCO": (
        "am2k",
        {"name": "am2k", "root": ".", "backgrounds": "COCO/train", "foreground": "photo"},
        WHOLE,
    ),
    "picture_list": ("samplenet", {"name": "picture_list", "root": "."}, None),
    "samplenet_train": ("samplenet-train", {"name": "samplenet_train", "root": "."}, 2e-5),
    "alphamatting": ("alphamatting", {"name": "alphamatting", "root": "."}, None),
    "photo_masks": (
        "plain",
        {
            "name": "photo_masks",
            "photos": ["image"],
            "masks": ["alpha"],
            "without": ["nothing.txt"],
            "size": 64,
        },
        None,
    ),
}
"""Layout, config with places below its folder, and how exactly the planes explain the image."""

PLACES = ("root", "folder", "foregrounds", "backgrounds", "denoised_backgrounds", "labels")
SEVERAL_PLACES = ("photos", "masks", "without")

TEST_SETS = {
    "composition1k": "Composition-1k",
    "aim500": "AIM-500",
    "aim500 over BG-20k": "AIM-500",
    "am2k validation": "AM-2k/validation",
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Gives the folder of a layout, written when it is first asked for."""
    folders: dict[str, Path] = {}

    def folder_of(layout: str) -> Path:
        if layout not in folders:
            folders[layout] = tmp_path_factory.mktemp(layout or "none")
            write(layout, folders[layout])
        return folders[layout]

    return folder_of


def write(layout: str, folder: Path) -> None:
    if layout == "shards":
        write_shards(SyntheticConfig(count=2, size=48).open(), folder)
    elif layout:
        for number in SCENES:
            LAYOUTS[layout].write(folder, number, scene(number, SIZE))
        LAYOUTS[layout].finish(folder, SCENES)
    if layout == "plain":
        write_image(folder / "image" / "wall.png", np.full((*SIZE, 3), 0.5, np.float32))
        (folder / "nothing.txt").write_text("# no subject\nwall\ta wall\n")


def opened(case: str, written: Written) -> Source:
    layout, fields, _ = CASES[case]
    folder = written(layout)
    placed = {
        name: str(folder / value) if name in PLACES and layout else value
        for name, value in fields.items()
    }
    for name in SEVERAL_PLACES:
        if name in fields:
            placed[name] = [str(folder / place) for place in fields[name]]
    if layout == "shards":
        placed["backgrounds"] = "stored"
    config: Any = ANY_SOURCE.validate_python(placed)
    source: Source = config.open()
    return source


def draw(source: Source, index: int, seed: int = 0) -> Sample:
    return source.sample(index, np.random.default_rng(seed))


def same(one: Sample, other: Sample) -> bool:
    planes = ("image", "alpha", "trimap", "foreground", "background")
    return all(np.array_equal(getattr(one, p), getattr(other, p)) for p in planes)


def test_every_source_of_the_union_is_tested_here() -> None:
    names = {fields["name"] for _, fields, _ in CASES.values()}
    members: tuple[Any, ...] = get_args(SourceConfig)
    assert names == {member.__dataclass_fields__["name"].default for member in members}


@pytest.mark.parametrize(
    ("former", "name"),
    [("comp", "composites"), ("merged", "composites_listed"), ("samplenet", "picture_list")],
)
def test_a_recipe_may_use_the_former_name_of_a_source(former: str, name: str) -> None:
    opened, expected = (read(SourceConfig, {"name": each, "root": "x"}) for each in (former, name))
    assert type(opened) is type(expected)


SLOW = ("compact_scenes", "am2k over COCO", "adobe drawn", "synthetic endless")


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[pytest.mark.slow] * (case in SLOW)) for case in CASES]
)
class TestSource:
    @pytest.mark.slow
    def test_it_counts_and_names_its_samples_and_states_their_terms(
        self, case: str, written: Written
    ) -> None:
        source = opened(case, written)
        assert isinstance(source, Source)
        assert len(source) == len(source.names) > 0
        assert all(source.names)
        assert source.licence
        assert public_test_set(source) == TEST_SETS.get(case)

    @pytest.mark.slow
    def test_planes_are_aligned_and_within_their_ranges(self, case: str, written: Written) -> None:
        source = opened(case, written)
        for index in {0, len(source) - 1}:
            sample = draw(source, index)
            assert sample.name
            assert sample.trimap is not None
            assert set(np.unique(sample.trimap)) <= {0, 1, 2}
            for plane in (sample.image, sample.foreground, sample.background):
                if plane is not None:
                    assert plane.dtype == np.float32
                    assert plane.shape == (*sample.size, 3)
                    assert 0 <= plane.min() <= plane.max() <= 1
            assert (sample.alpha.dtype, sample.trimap.shape) == (np.float32, sample.size)
            assert 0 <= sample.alpha.min() < sample.alpha.max() <= 1

    def test_no_soft_pixel_is_called_known(self, case: str, written: Written) -> None:
        if case == "compact_scenes":  # whose trimaps have a slack, as drawn ones do
            return
        sample = draw(opened(case, written), 0)
        soft = (sample.alpha > 0) & (sample.alpha < 1)
        assert sample.trimap is not None
        assert (sample.trimap[soft] == UNKNOWN).all()

    def test_foreground_and_background_explain_the_image(self, case: str, written: Written) -> None:
        tolerance = CASES[case][2]
        sample = draw(opened(case, written), 0, seed=4)
        if tolerance is None:
            assert sample.background is None or case == "compact_scenes"
            return
        composite = over(sample.foreground, sample.alpha[..., None], sample.background)
        assert np.abs(composite - sample.image).max() <= tolerance

    def test_a_sample_follows_from_its_number_and_the_generator(
        self, case: str, written: Written
    ) -> None:
        source = opened(case, written)
        end = len(source) - 1
        assert same(draw(source, end, 5), draw(opened(case, written), end, 5))
        assert not same(draw(source, 0, 6), draw(source, end, 5)) or len(source) == 1

    def test_a_part_shows_something_unknown(self, case: str, written: Written) -> None:
        source = opened(case, written)
        if not isinstance(source, PartialSource):
            assert CASES[case][1]["name"] in (
                "synthetic",
                "compact_scenes",
                "composition1k",
                "photo_masks",
            )
            return
        for seed in range(3):
            part = source.part(0, np.random.default_rng(seed), 24)
            assert part.size == (24, 24)
            assert part.trimap is not None
            assert (part.trimap == UNKNOWN).any()
            assert part.image.shape == (24, 24, 3)
        assert source.part(0, np.random.default_rng(0), 999).size == draw(source, 0).size

    def test_batches_are_the_same_whatever_process_prepares_them(
        self, case: str, written: Written
    ) -> None:
        source = opened(case, written)
        moved = pickle.loads(pickle.dumps(source))
        row = SampleOrder(length=len(source), batch=2, seed=7)
        steps = [Crop((24, 32), 16)]
        here = list(islice(make_loader(source, row, steps=steps), 2))
        there = list(islice(make_loader(moved, row, steps=steps), 2))
        assert [batch.names for batch in here] == [batch.names for batch in there]
        assert all(np.array_equal(a.image, b.image) for a, b in zip(here, there, strict=True))
        assert not np.array_equal(here[0].image, here[1].image)

"""Every published recipe reads the layout of its data set, here miniatures of all of them."""

from pathlib import Path

import pytest

from mattekit.data.loader import NumberedSamples, SampleOrder
from mattekit.recipes.build import make_steps
from mattekit.recipes.recipe import Recipe, find, load_recipe, names
from mattekit.recipes.train import public_test_remarks
from mattekit.synthetic.layouts import LAYOUTS
from mattekit.synthetic.scene import scene

LAYOUTS_IN = {
    "adobe": (".", range(4)),
    "composition1k": (".", range(4, 8)),  # test foregrounds are others than those of training
    "am2k": (".", range(4)),
    "aim500": (".", range(4)),
    "samplenet-train": ("samplenet", range(4)),
}
"""Layout -> its folder, and the scenes that it shows."""
PUBLISHED = "${MATTEKIT_DATA}"
OWN_DATA = {"finetune", "subject", "unet"}
READING = [n for n in names() if PUBLISHED in find(n).read_text() and n not in OWN_DATA]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data sets side by side."""
    root = tmp_path_factory.mktemp("data")
    for layout, (folder, numbers) in LAYOUTS_IN.items():
        for number in numbers:
            LAYOUTS[layout].write(root / folder, number, scene(number, 96))
        LAYOUTS[layout].finish(root / folder, numbers)
    return root


def recipe_at(root: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    monkeypatch.setenv("MATTEKIT_DATA", str(root))
    adobe = "name: adobe" in find(name).read_text()
    return load_recipe(find(name), [f"data.valid.backgrounds={root}/JPEGImages"] * adobe)


@pytest.mark.slow
@pytest.mark.parametrize("name", READING)
def test_a_recipe_reads_its_data_and_makes_crops_of_them(
    name: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_at(root, name, monkeypatch)
    assert recipe.data.valid is not None
    train, valid = recipe.data.train.open(), recipe.data.valid.open()
    row = SampleOrder(length=len(train), batch=1, seed=0)
    (sample,) = NumberedSamples(train, row, make_steps(recipe)).take(1)
    assert sample.size == (recipe.data.size, recipe.data.size)
    assert sample.trimap is not None
    assert (sample.background is not None) == (name != "gfm_ori_easier")
    assert valid.sample(0, row.rng(0, 0)).size == (96, 96)


@pytest.mark.slow
def test_the_recipe_that_trains_on_a_public_test_set_says_so(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = {name: recipe_at(root, name, monkeypatch).data.train.open() for name in READING}
    told = {name: public_test_remarks(source) for name, source in sources.items()}
    assert [name for name, remarks in told.items() if remarks] == ["alphagan-a6"]
    assert "AIM-500" in told["alphagan-a6"][0]


@pytest.mark.slow
def test_a_missing_folder_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTEKIT_DATA", str(tmp_path))
    for name in READING:
        with pytest.raises(Exception, match=str(tmp_path)) as caught:
            load_recipe(find(name)).data.train.open()
        assert "\n" not in str(caught.value)

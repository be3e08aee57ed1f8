"""`prepare shards`: a recipe's training samples, decoded once, ready to be trained from."""

import json
from functools import partial
from pathlib import Path

import pytest
from cli.conftest import Command

from mattekit.data.sources.shards import ShardsConfig
from mattekit.imaging.files import write_image
from mattekit.recipes.recipe import find, load_recipe
from mattekit.synthetic.scene import scene

DATA = ("data.train={name: synthetic, count: 3, size: 48}", "data.crop=[32]")


@pytest.fixture
def shards(mattekit: Command, tmp_path: Path) -> Command:
    """Run `mattekit prepare shards` on three scenes."""
    return partial(mattekit, "prepare", "shards", "tiny", *DATA, "-o", tmp_path / "shards")


def test_the_size_on_disk_and_what_to_train_with_are_said(shards: Command, tmp_path: Path) -> None:
    result = shards()
    assert result.exit_code == 0
    said, _, words = result.stdout.strip().partition("; train with ")
    assert said == "3 samples take 0.1 MB on disk"
    recipe = load_recipe(find("tiny"), [words.replace("'", "")])
    assert recipe.data.train == ShardsConfig(folder=str(tmp_path / "shards"))
    assert len(recipe.data.train.open()) == 3


def test_windows_and_draws_are_counted(shards: Command) -> None:
    result = shards("--window", 32, "--draws", 2, "--json")
    document = json.loads(result.stdout)
    assert (document["samples"], document["files"]) == (6, 1)
    assert 6 * 32 * 32 * 8 < document["bytes"] < 6 * 32 * 32 * 8 + 2000


def test_a_window_below_the_largest_crop_is_refused(shards: Command) -> None:
    result = shards("--window", 24)
    assert result.exit_code == 2
    assert "smaller than the largest crop of the recipe; give --window 32" in result.stderr


def test_shards_are_kept_unless_overwriting_is_asked_for(shards: Command) -> None:
    shards()
    refused = shards()
    assert refused.exit_code == 1
    assert "holds shards already" in refused.stderr
    assert shards("--overwrite", "--quiet").exit_code == 0


def test_a_picture_that_cannot_be_read_gives_way_to_another_where_the_recipe_says_so(
    mattekit: Command, tmp_path: Path
) -> None:
    for number in range(3):
        picture = scene(number, 96)
        write_image(tmp_path / "fg" / f"{number}.png", picture.image, alpha=picture.alpha)
        write_image(tmp_path / "bg" / f"{number}.png", picture.image)
    broken = tmp_path / "fg" / "1.png"
    broken.write_bytes(broken.read_bytes()[:500])
    folders = f"foregrounds: {tmp_path / 'fg'}, backgrounds: {tmp_path / 'bg'}"
    train = f"data.train={{name: rgba_folder, {folders}, backgrounds_per_foreground: 1}}"
    words = ("prepare", "shards", "tiny", train, "-o", tmp_path / "shards")
    refused = mattekit(*words)
    assert refused.exit_code == 1
    assert "1.png" in refused.stderr
    assert mattekit(*words, "data.on_error=skip").exit_code == 0
    assert len(ShardsConfig(folder=str(tmp_path / "shards")).open()) == 3

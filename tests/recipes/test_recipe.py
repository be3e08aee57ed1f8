"""Recipes: those that come along, what is refused, and that writing and reading agree."""

import pickle
import re
from pathlib import Path

import pytest

from mattekit.core.errors import BadRecipe
from mattekit.data.augmentation.camera import JpegConfig
from mattekit.data.augmentation.geometry import FlipConfig, RotateConfig
from mattekit.data.crop import Crop
from mattekit.data.sources.synthetic import SyntheticConfig
from mattekit.recipes.build import make_steps
from mattekit.recipes.recipe import (
    InitConfig,
    Recipe,
    changed_keys,
    describe,
    describe_length,
    dump_recipe,
    find,
    load_recipe,
    names,
    presets,
)
from mattekit.training.schedules import ConstantConfig

BASE = """
# A recipe for tests
network: {name: dim}
data:
  train: {name: synthetic, count: 40}
  valid: {name: synthetic, count: 4, seed: 1}
losses: [{name: alpha_l1}]
length: {epochs: 3}
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "base.yaml"
    path.write_text(BASE)
    return path


@pytest.mark.parametrize("name", names())
def test_a_bundled_recipe_is_valid_described_and_written_back_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTEKIT_DATA", "/data")
    recipe = load_recipe(find(name))
    assert len(describe(find(name))) > 10
    (tmp_path / "again.yaml").write_text(dump_recipe(recipe))
    assert load_recipe(tmp_path / "again.yaml") == recipe
    recipe.smoked().check()
    assert pickle.dumps(make_steps(recipe))  # sent to processes where they are not forked
    for preset in presets(find(name)):
        assert load_recipe(find(name), [f"preset={preset}"]) != recipe


def test_words_on_the_command_line_win_over_the_file(base: Path) -> None:
    recipe = load_recipe(base, ["optimiser.lr=1e-5", "batch=4", "optimiser.name=sgd"])
    assert (recipe.optimiser.name, recipe.optimiser.lr, recipe.batch) == ("sgd", 1e-5, 4)


def test_a_preset_sets_what_it_lists_and_words_after_it_win(base: Path) -> None:
    base.write_text(BASE + "presets: {fast: {smoke.lr: 1e-2, losses.0.weight: 3}}\n")
    assert presets(base) == ["fast"]
    for words in (["preset=fast", "smoke.lr=2e-2"], ["smoke.lr=2e-2", "preset=fast"]):
        recipe = load_recipe(base, words)
        assert (recipe.smoke.lr, recipe.losses[0].weight) == (2e-2, 3.0)
    assert load_recipe(base).losses[0].weight == 1.0
    with pytest.raises(BadRecipe, match="preset: there is no 'fats'; did you mean 'fast'"):
        load_recipe(base, ["preset=fats"])


def test_a_preset_of_a_recipe_without_any_is_refused(base: Path) -> None:
    with pytest.raises(BadRecipe, match=r"^preset=fast: this recipe has no presets"):
        load_recipe(base, ["preset=fast"])


def test_init_is_a_place_a_start_for_each_part_or_none(base: Path) -> None:
    assert load_recipe(base, ["init=none"]).init is None
    assert load_recipe(base, ["init=runs/first"]).init == InitConfig(path="runs/first")
    parts = load_recipe(base, ["init.parts.matting=imagenet", "init.strict=no"]).init
    assert parts == InitConfig(parts={"matting": "imagenet"}, strict=False)


def test_variables_that_are_not_set_may_stay_for_a_look(base: Path) -> None:
    words = ["data.train={name: rgba_folder, foregrounds: '${NOWHERE}/a', backgrounds: b}"]
    with pytest.raises(BadRecipe, match="needs the environment variable NOWHERE"):
        load_recipe(base, words)
    assert "${NOWHERE}/a" in dump_recipe(load_recipe(base, words, keep_unset=True))


def test_notes_are_remarks(base: Path) -> None:
    assert load_recipe(base, ["notes=[said before]"]).check() == ["said before"]


def test_smoke_runs_in_small_on_synthetic_pictures_with_its_own_rate(base: Path) -> None:
    words = ["schedule={name: triangular, low: 1, high: 2, up: 5}", "smoke.lr=0.5", "accumulate=2"]
    smoked = load_recipe(base, words).smoked()
    assert isinstance(smoked.data.train, SyntheticConfig)
    assert (smoked.data.size, smoked.data.crop, smoked.data.fixed) == (64, (64,), True)
    assert (smoked.batch, smoked.accumulate, smoked.steps(1.0)) == (2, 1, 12)
    assert (smoked.optimiser.lr, smoked.schedule) == (0.5, ConstantConfig())


def test_steps_stand_before_and_after_the_crop_in_the_order_of_the_recipe(base: Path) -> None:
    words = ["data.before_crop=[{name: rotate, degrees: 5}]", "data.after_crop=[flip, jpeg]"]
    recipe = load_recipe(base, [*words, "data.crop_anywhere=0.25"])
    rotate, crop, flip, jpeg = make_steps(recipe)
    assert isinstance(crop, Crop)
    assert crop.anywhere == 0.25
    assert (rotate, flip, jpeg) == (RotateConfig(degrees=5), FlipConfig(), JpegConfig())
    smoked = recipe.smoked().data
    assert (smoked.before_crop, smoked.after_crop) == ((rotate,), (flip, jpeg))


def test_the_length_is_told_in_steps_and_epochs(base: Path) -> None:
    recipe = load_recipe(base)
    assert describe_length(recipe) == "length: 15 steps = 3 epochs of 40 samples, 8 a step"
    folders = "{name: rgba_folder, foregrounds: /nowhere, backgrounds: /nowhere}"
    missing = load_recipe(base, [f"data.train={folders}"])
    assert "cannot be opened here" in describe_length(missing)


IMPOSSIBLE = [
    ("batch=0", "batch: at least 1"),
    ("seed=-1", "seed: at least 0"),
    ("batch=8 accumulate=3", "accumulate: 3 parts do not divide 8"),
    ("clip=0", "clip: 0.0 is out of range"),
    ("ema=1", "ema: 1.0 is out of range"),
    ("losses=[]", "losses: at least one"),
    ("losses=[{name: alpha_l1, weight: -1}]", r"losses\.0\.weight: at least 0 .* found -1"),
    ("losses=[{name: alpha_l1, weight: inf}]", r"losses\.0\.weight: a finite number"),
    (
        "length=null method={name: staged, stages: [{length: 5, losses: [{name: alpha_l1, "
        "weight: -2}]}]}",
        r"method\.stages\.0\.losses\.0\.weight: at least 0 is expected, found -2",
    ),
    ("data.crop=[]", "data.crop"),
    ("data.crop_anywhere=2", "data.crop_anywhere: a share between 0 and 1"),
    ("data.after_crop=[{name: fip}]", "data.after_crop.0.name: there is no 'fip'; did you mean"),
    ("data.before_crop=[{name: scale, factors: [2, 1]}]", "data.before_crop.0: factors must be"),
    ("length=null", "length: exactly one"),
    ("method={name: staged, stages: [{length: 5}]}", "length: exactly one"),
    ("validate.metrics=[sad,ssim]", "validate.metrics: no 'ssim'; choose from sad, mse"),
    ("validate.protocol=offical", r"validate.protocol: there is no protocol 'offical'"),
    ("rates_change=every epoch warmup=10", "warmup: .* in epochs"),
    ("length={steps: 3, epochs: 1}", "length: write exactly one"),
    ("precision=fp8", "precision: one of 32, bf16, fp16"),
    ("data.workers=-1", "data.workers: at least 0"),
    ("optimiser.betas=[2,3]", "optimiser: betas and momentum must be at least 0 and below 1"),
    ("optimiser={name: sgd, momentum: -1}", "optimiser: betas and momentum must be"),
    ("optimiser={name: sgd, nesterov: true}", "optimiser: nesterov needs a momentum"),
    ("optimiser.epsilon=0", "optimiser: epsilon must be above 0"),
    ("schedule={name: cosine, final: -1}", "schedule: final must be a share of the rate"),
    ("smoke.steps=0", "smoke: lr must be above 0 and steps at least 1"),
    ("validate.count=0", "validate: count must be at least 1"),
    ("validate.crop=7", "validate: crop must be at least 8 pixels"),
    ("validate.save_predictions=-1", "validate: save_predictions must be at least 0"),
    ("losses.0.nmae=alpha", "losses.0.nmae: unknown key; did you mean 'name'"),
]


@pytest.mark.parametrize(("words", "sentence"), IMPOSSIBLE)
def test_an_impossible_recipe_is_refused(base: Path, words: str, sentence: str) -> None:
    with pytest.raises(BadRecipe, match=sentence):
        load_recipe(base, re.split(r" (?=\w+=)", words))  # a word may hold spaces


def test_what_looks_like_a_mistake_is_remarked_on(base: Path) -> None:
    upside_down = load_recipe(base, ["schedule={name: triangular, low: 1e-3, high: 3e-4, up: 5}"])
    assert ["starts high and dips" in remark for remark in upside_down.check()] == [True]
    same_data = load_recipe(base, ["data.valid={name: synthetic, count: 40}"])
    assert ["nothing of new pictures" in remark for remark in same_data.check()] == [True]
    assert load_recipe(base).check() == []


def test_a_name_that_is_no_recipe_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadRecipe, match="there is no recipe 'tinny'; did you mean 'tiny'"):
        find("tinny")


def test_changed_keys_are_dotted() -> None:
    before = {"a": {"b": "1", "c": "2"}, "d": "3"}
    assert changed_keys(before, {"a": {"b": "1", "c": "9", "new": "0"}, "e": "4"}) == ["a.c", "d"]
    assert changed_keys(before, before) == []


def test_the_stage_of_a_run_names_its_network(base: Path) -> None:
    stages = "[{length: 5}, {length: 5, network: {name: dim, refine: true}}, {length: 5}]"
    recipe = load_recipe(base, [f"method={{name: staged, stages: {stages}}}", "length=null"])
    assert isinstance(recipe, Recipe)
    assert [recipe.network_at(stage).refine for stage in range(3)] == [False, True, True]
    assert recipe.steps(10.0) == 15

"""The published AlphaGAN configuration: what becomes of each of its keys."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mattekit.core.errors import BadRecipe
from mattekit.losses.alpha import AlphaL1Config
from mattekit.losses.region import RegionWeights
from mattekit.recipes.recipe import Recipe, find, load_recipe
from mattekit.training.optimisers import OptimiserConfig
from mattekit.training.schedules import TriangularConfig

FILE = Path(__file__).with_name("published_config.yaml")
LABELS = "labels=pairs.csv"


def read(*words: str) -> Recipe:
    return load_recipe(FILE, [LABELS, *words])


def test_the_published_file_differs_from_our_recipe_in_its_rate_and_its_places_alone() -> None:
    ours = load_recipe(find("alphagan-a6"), ["preset=file"], keep_unset=True)
    theirs = replace(read(), notes=())
    assert replace(theirs, data=ours.data) == ours
    assert theirs.data.train == replace(ours.data.train, root=".", labels="pairs.csv")
    assert theirs.data.valid == replace(ours.data.valid, root=".", labels="pairs.csv")
    assert (theirs.data.before_crop, theirs.data.crop) == (ours.data.before_crop, ours.data.crop)


def found(recipe: Any, path: str) -> Any:
    for part in path.split("."):
        recipe = recipe[int(part)] if part.isdigit() else getattr(recipe, part)
    return recipe


MOVED = [
    ("general.random_seed=7", {"seed": 7}),
    ("general.batch_size=3", {"batch": 3}),
    ("general.colab.use_colab=1", {"checkpoint.keep": 1}),
    ("train.use_gan_loss=0", {"method.weight": 0.0}),
    ("train.save_chkp_n_epoches=2", {"checkpoint.every.epochs": 2.0}),
    ("train.crop_size=128", {"data.crop": (128,), "data.size": 128}),
    ("train.D.update_n_batches=4", {"method.update_every": 4}),
    ("train.D.scheduler.start_lr=2e-5", {"method.schedule.low": 2e-5, "method.optimiser.lr": 2e-5}),
    ("train.D.scheduler.end_lr=3e-4", {"method.schedule.high": 3e-4}),
    ("train.D.scheduler.step_size_up=9", {"method.schedule.up.steps": 9}),
    ("train.G.scheduler.start_lr=2e-5", {"schedule.low": 2e-5, "optimiser.lr": 2e-5}),
    ("train.G.scheduler.step_size_up=9", {"schedule.up.steps": 9}),
    (
        "train.optimizer.weight_decay=1e-3",
        {"optimiser.weight_decay": 1e-3, "method.optimiser.weight_decay": 1e-3},
    ),
    ("train.logging.log_io_n_batches=3", {"log.pictures.steps": 3}),
    ("train.logging.klog_io_n_batches=3", {"log.pictures.steps": 3}),
    ("train.logging.log_lr_n_batches=3", {"log.rates.steps": 3}),
    ("train.logging.log_curr_loss_n_batches=3", {"log.losses.steps": 3}),
    ("train.logging.log_grad_n_batches=3", {"log.gradients.steps": 3}),
    ("train.logging.log_random_weights_n_batches=3", {"log.weights.steps": 3}),
    ("train.epoches=12", {"length.epochs": 12.0}),
    ("train.losses.lambda_gan_g=0.2", {"method.weight": 0.2}),
    ("train.losses.lambda_lap_g=2", {"losses.2.weight": 2.0}),
    ("train.losses.lambda_grad_g=2", {"losses.3.weight": 2.0}),
    ("train.losses.alpha_loss.lambda_alpha_g=2", {"losses.0.weight": 2.0}),
    (
        "train.losses.alpha_loss.bg_weight=1",
        {"losses.0.region": RegionWeights(unknown=4, foreground=4, background=1)},
    ),
    ("train.losses.alpha_loss.use_weighted_option=0", {"losses.0.region": "whole"}),
    ("train.losses.compos_loss.lambda_comp_g=2", {"losses.1.weight": 2.0}),
    (
        "train.losses.compos_loss.unknown_weight=2",
        {"losses.1.region": RegionWeights(unknown=2, foreground=4, background=1)},
    ),
    ("train.losses.compos_loss.use_weighted_option=no", {"losses.1.region": "whole"}),
    ("train.amp.dtype=fp16", {"precision": "fp16"}),
    ("train.amp.use_amp=0", {"precision": "32"}),
    ("test.crop_size=128", {"validate.crop": 128}),
    ("test.resize_size=128", {"validate.crop": 128}),
]


@pytest.fixture(scope="module")
def before() -> Recipe:
    return read()


@pytest.mark.parametrize(("word", "expected"), MOVED)
def test_a_published_key_moves_what_it_means(
    word: str, expected: dict[str, Any], before: Recipe
) -> None:
    after = read(word)
    for path, value in expected.items():
        assert found(after, path) == value
        assert found(before, path) != value


def test_the_first_versions_weights_mean_losses_without_regions_and_without_gradient() -> None:
    first = read("train.losses={lambda_gan_g: 0.15, lambda_alpha_g: 2.0, lambda_comp_g: 1.0}")
    assert first.losses[0] == AlphaL1Config(weight=2.0, region="whole", epsilon=0.0)
    assert found(first, "losses.1.region") == "whole"
    assert first.losses[3].weight == 0.0


def test_what_a_run_settles_otherwise_is_noted_once() -> None:
    notes = read("train.logging.log_dir=logs", "train.logging.klog_io_n_batches=5").notes
    assert sum("log_dir" in note for note in notes) == 1
    assert sum("colab" in note for note in notes) == 1
    assert "klog_io_n_batches was read as log_io_n_batches" in notes
    assert not any("starts high and dips" in note for note in notes)


def test_an_upside_down_triangle_keeps_its_numbers_and_is_remarked_on() -> None:
    recipe = read("train.G.scheduler.start_lr=1e-3", "train.G.scheduler.end_lr=3e-4")
    assert isinstance(recipe.schedule, TriangularConfig)
    assert (recipe.schedule.low, recipe.schedule.high) == (1e-3, 3e-4)
    assert sum("starts high and dips" in remark for remark in recipe.check()) == 1


def test_words_in_our_own_keys_come_last() -> None:
    recipe = read("batch=2", "optimiser.name=adamw", "general.batch_size=9")
    assert recipe.batch == 2
    assert isinstance(recipe.optimiser, OptimiserConfig)


def test_without_labels_the_table_of_the_published_program_is_read() -> None:
    assert load_recipe(FILE).data.train.labels == "dataset_labels.csv"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("train.crop_sise=3", r"^train\.crop_sise: unknown key .* did you mean 'train\.crop_size'"),
        ("general.mean=[0.5,0.5,0.5]", r"^general\.mean: .* normalises by itself"),
        ("train.use_gan_loss=maybe", r"^train\.use_gan_loss: .*boolean.*'maybe'"),
        ("train.amp.dtype=fp8", r"^precision: one of 32, bf16, fp16"),
    ],
)
def test_a_mistake_in_a_published_file_is_one_sentence(word: str, sentence: str) -> None:
    with pytest.raises(BadRecipe, match=sentence):
        read(word)


def test_the_two_published_rates_are_presets() -> None:
    def rates(*words: str) -> tuple[float, float]:
        schedule = load_recipe(find("alphagan-a6"), words, keep_unset=True).schedule
        assert isinstance(schedule, TriangularConfig)
        return schedule.low, schedule.high

    assert rates() == (1e-4, 3e-4)
    assert rates("preset=readme") == (1e-3, 3e-4)
    assert rates("preset=file") == (1e-4, 3e-3)

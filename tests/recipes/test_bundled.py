"""The bundled recipes hold what was published: numbers, losses, frozen parts and starts."""

import math
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from losses.analytic_sample import analytic_sample
from training.toys import trainable_count

from mattekit.core.tensors import Prediction
from mattekit.recipes.recipe import Recipe, find, load_recipe, names
from mattekit.training.freeze import freeze
from mattekit.training.schedules import LearningRate, RunLength

OWN = {"tiny", "tiny_adversarial", "tiny_staged", "compact", "finetune", "key", "subject", "unet"}
PUBLISHED = sorted({*names()} - OWN)


@cache
def recipe_of(name: str, *words: str) -> Recipe:
    return load_recipe(find(name), words, keep_unset=True)


# optimiser, lr, weight decay, batch, crop sides, size
OPTIMISATION = {
    "alphagan-a6": ("adamw", 1e-4, 5e-4, 5, (256,), 256),
    "alphagan": ("adam", 4e-4, 5e-4, 1, (320, 480, 640), 320),
    **dict.fromkeys(
        ("dim", "dim_stage0", "dim_stage1", "dim_stage2", "dim_stage3"),
        ("adam", 1e-5, 0.0, 1, (320, 480, 640), 320),
    ),
    **{
        f"gfm_{track}": ("adam", 1e-5, 0.0, 32, (640, 960, 1280), 320)
        for track in ("ori", "ori_easier", "hd_rssn", "hd_rssn_easier", "coco")
    },
    "samplenet_matting": ("adam", 5e-5, 1e-4, 32, (384, 480, 512, 640, 800), 640),
    **{
        f"samplenet_{plane}": ("adam", 1e-4, 0.0, 8, (384, 480, 512, 640, 800), 320)
        for plane in ("background", "foreground")
    },
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_it_is_optimised_as_published(name: str) -> None:
    recipe = recipe_of(name)
    optimiser = recipe.optimiser
    decay = optimiser.weight_decay or 0.0  # null is the usual one, 0 for adam
    found = (optimiser.name, optimiser.lr, decay, recipe.batch)
    assert (*found, recipe.data.crop, recipe.data.size) == OPTIMISATION[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_its_data_lie_below_one_root_and_its_start_is_stated(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTEKIT_DATA", "/data")
    recipe = load_recipe(find(name))
    for source in (recipe.data.train, recipe.data.valid):
        assert getattr(source, "root", "").startswith("/data")
    assert recipe.init is not None


def total(name: str, *words: str) -> float:
    """The losses of a recipe on the analytic sample, weighted and added up."""
    prediction, batch = analytic_sample()
    guessed = replace(
        prediction,
        refined_from=prediction.alpha,
        foreground=batch.foreground,
        background=batch.background,
    )
    return sum(
        loss.weight * loss(guessed, batch).value().item() for loss in recipe_of(name, *words).losses
    )


STAGE_1 = 0.0251209
TOTALS = [
    (("alphagan-a6",), 0.0277024 + 0.0097362 + 0.0088652 + 0.0225726),
    (("alphagan",), 0.5 * (0.0381809 + 0.0533992)),
    (("dim_stage0",), 0.0381809),
    (("dim_stage1",), STAGE_1),
    (("dim",), STAGE_1),
    (("dim_stage2",), 0.0381796),
    (("dim_stage3",), STAGE_1 + 0.0381796),
    (("samplenet_background",), 0.0),
    (("samplenet_foreground",), 0.0),
    (
        ("gfm_ori", "preset=published"),
        0.25 * (math.log(3) + 0.0381809 + 0.0266985 + 0.0277027 + 0.0416463 + 0.0269518),
    ),
    (
        ("gfm_ori_easier", "preset=published"),
        0.25 * (math.log(3) + 0.0381809 + 0.0266985 + 0.0277027 + 0.0416463),
    ),
]


@pytest.mark.parametrize(("words", "expected"), TOTALS)
def test_its_losses_have_the_published_value(words: tuple[str, ...], expected: float) -> None:
    assert total(*words) == pytest.approx(expected, abs=3e-7)


def test_samplenets_losses_have_the_published_value_where_known_alpha_is_pasted() -> None:
    prediction, batch = analytic_sample()
    known = batch.trimap != 0.5
    alpha = torch.where(known, batch.trimap, prediction.alpha)
    chain = Prediction(alpha=alpha, foreground=batch.foreground, background=batch.background)
    losses = recipe_of("samplenet_matting").losses
    found = sum(loss.weight * loss(chain, batch).value().item() for loss in losses)
    assert found == pytest.approx(0.5 * (0.0382007 + 0.0362068) + 0.0147047, abs=3e-7)


def learning(name: str, *words: str) -> int:
    recipe = recipe_of(name, *words)
    with torch.device("meta"):
        network = recipe.network.build()
    freeze(network, recipe.freeze)
    return trainable_count(network)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("dim_stage1",), 28_297_153),
        (("dim_stage2",), 76_801),
        (("dim_stage3",), 28_373_954),
        (("samplenet_matting",), 27_726_568),
        (("samplenet_matting", "preset=sampling"), 27_726_568 + 3_601_542 + 3_603_942),
        (("samplenet_background",), 3_601_542),
        (("samplenet_foreground",), 3_603_942),
    ],
)
def test_as_many_weights_learn_as_published(words: tuple[str, ...], expected: int) -> None:
    assert learning(*words) == expected


def test_the_second_stage_of_dim_learns_the_refinement_alone() -> None:
    stages: Any = recipe_of("dim").method
    with torch.device("meta"):
        network = stages.stages[1].network.build()
    freeze(network, stages.stages[1].freeze)
    assert trainable_count(network) == 76_801
    assert stages.stages[2].freeze is None


def rate(name: str, step: int, *words: str, part: str = "generator") -> float:
    recipe = recipe_of(name, *words)
    method: Any = recipe.method
    own = (recipe.optimiser, recipe.schedule)
    optimiser, schedule = own if part == "generator" else (method.optimiser, method.schedule)
    pace = LearningRate(
        schedule=schedule,
        lr=optimiser.lr,
        length=RunLength(100.0, recipe.steps(100.0)),
        warmup=recipe.warmup,
        by_epoch=recipe.rates_change == "every epoch",
    )
    return pace(step).lr


@pytest.mark.parametrize(
    ("preset", "rates"),
    [
        ("file", [1e-4, 1.55e-3, 3e-3, 1.55e-3, 1e-4]),
        ("readme", [1e-3, 6.5e-4, 3e-4, 6.5e-4, 1e-3]),
    ],
)
def test_the_presets_of_alphagan_a6_follow_the_published_triangles(
    preset: str, rates: list[float]
) -> None:
    found = [rate("alphagan-a6", step, f"preset={preset}") for step in range(0, 8001, 2000)]
    assert found == pytest.approx(rates)
    assert rate("alphagan-a6", 4000, part="critic") == pytest.approx(1.5e-4)


def test_the_readme_of_alphagan_a6_is_that_of_its_time() -> None:
    readme = recipe_of("alphagan-a6", "preset=readme")
    (scale,) = [step for step in readme.data.before_crop if step.name == "scale"]
    assert scale.factors == (0.5, 0.9)
    method: Any = readme.method
    assert (method.critic.colours, method.critic.trimap) == ("imagenet", "published")
    assert [loss.weight for loss in readme.losses] == [1, 1, 1, 0]
    assert readme.losses[1].units == "imagenet"
    assert {loss.region for loss in readme.losses[:2]} == {"whole"}


def test_the_rate_of_samplenet_is_the_one_that_ran_with_every_preset() -> None:
    assert recipe_of("samplenet_matting", "preset=published").optimiser.lr == 5e-5


def test_the_published_alphagan_rises_for_500_epochs() -> None:
    found = [rate("alphagan", 100 * epoch, "preset=published") for epoch in (0, 20, 32)]
    assert found == pytest.approx([8e-7, 1.68e-5, 2.64e-5])


def test_the_page_says_of_every_recipe_whether_it_was_run() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reproduce.md").read_text()
    rows = re.findall(r"^\| `([\w-]+)` \|.*\| ([^|]+) \|$", page, re.MULTILINE)
    assert sorted(name for name, _ in rows) == names()
    for name, here in rows:
        assert re.match(r"not run\b|run(:| with).* steps.*(core|GPU).*(curve|#)", here), name

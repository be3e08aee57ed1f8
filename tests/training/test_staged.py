"""Stages: what each one trains, and from which weights it sets out."""

from typing import Any

import pytest
import torch
from torch import Tensor
from training.toys import ToyConfig, ToyNetwork, discs, make_setup, trainable_count, weights_of

from mattekit.core.errors import BadArgument, BadRecipe
from mattekit.losses.alpha import AlphaL1Config
from mattekit.networks.samplenet import SampleNetConfig
from mattekit.recipes.recipe import find, load_recipe
from mattekit.training.freeze import FreezeConfig
from mattekit.training.optimisers import OptimiserConfig
from mattekit.training.schedules import Duration
from mattekit.training.staged import StageConfig, Staged, StagedConfig

TWO = (
    StageConfig(length=Duration(steps=2), freeze=FreezeConfig(parts=("decoder",))),
    StageConfig(length=Duration(steps=3), losses=(AlphaL1Config(region="whole"),)),
)


def staged(stages: tuple[StageConfig, ...] = TWO, **changes: Any) -> Staged:
    return Staged(make_setup(**changes), stages)


def test_each_stage_has_its_own_length_losses_and_frozen_parts() -> None:
    method = staged()
    seen = []
    for batch in discs(5):
        before = weights_of(method.network)
        report = method.step(batch)
        moved = not torch.equal(before["decoder.weight"], method.network.decoder.weight)
        seen.append((method.stage, moved, "composition_l1" in report.losses))
    assert seen == 2 * [(0, False, True)] + 3 * [(1, True, False)]


def test_all_is_trainable_again_after_a_stage_that_froze_something() -> None:
    method = staged()
    for batch in discs(3):
        method.step(batch)
    assert trainable_count(method.network) == trainable_count(ToyNetwork())


def test_a_stage_sets_out_from_the_best_weights_of_the_one_before() -> None:
    best = {name: torch.zeros_like(value) for name, value in weights_of(ToyNetwork()).items()}
    asked: list[int] = []

    def best_weights(after: int) -> dict[str, Tensor]:
        asked.append(after)
        return best

    method = staged(best_weights=best_weights, optimiser=OptimiserConfig(name="sgd", lr=1e-9))
    for batch in discs(3):
        method.step(batch)
    assert asked == [0]
    assert method.network.decoder.weight.abs().max() < 1e-6


def test_the_last_stage_goes_on_when_the_loop_asks_for_more() -> None:
    method = staged()
    for batch in discs(7):
        method.step(batch)
    assert method.stage == 1


def test_a_stage_may_bring_another_network_which_takes_over_what_fits() -> None:
    stages = (TWO[0], StageConfig(length=Duration(steps=1), network=ToyConfig(dropout=0.5)))
    method = staged(stages, optimiser=OptimiserConfig(name="sgd", lr=1e-9))
    first, second, third = discs(3)
    for batch in (first, second):
        method.step(batch)
    before = weights_of(method.network)["decoder.weight"]
    method.step(third)
    assert method.network.encoder[3].p == 0.5
    assert torch.allclose(method.network.decoder.weight, before, atol=1e-6)


def test_a_loss_that_a_later_stages_network_cannot_give_is_refused_in_the_rehearsal() -> None:
    late = StageConfig(length=Duration(steps=1), losses=(AlphaL1Config(of="refined_from"),))
    staged().dry_run(next(discs()))
    with pytest.raises(BadArgument, match="of=refined_from, but this network predicts none"):
        staged((TWO[0], late)).dry_run(next(discs()))


def test_a_part_that_a_later_stages_network_lacks_is_refused_in_the_rehearsal() -> None:
    late = StageConfig(length=Duration(steps=1), freeze=FreezeConfig(parts=("refiner",)))
    with pytest.raises(BadRecipe, match="nothing in the network is called 'refiner'"):
        staged((TWO[0], late)).dry_run(next(discs()))


def test_its_length_is_the_sum_of_its_stages() -> None:
    stages = (StageConfig(length=Duration(steps=5)), StageConfig(length=Duration(epochs=2)))
    config = StagedConfig(stages=stages)
    assert config.length(10.0) == 25
    assert config.shortened(12).length(10.0) == 12


def test_a_staged_method_without_stages_or_with_two_networks_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one stage"):
        StagedConfig(stages=())
    with pytest.raises(ValueError, match="first stage has the recipe's network"):
        StagedConfig(stages=(StageConfig(length=Duration(steps=1), network=ToyConfig()),))


@pytest.mark.slow
def test_a_chain_keeps_frozen_under_stages_what_its_recipe_freezes() -> None:
    freeze = load_recipe(find("samplenet_matting"), keep_unset=True).freeze
    setup = make_setup(network=SampleNetConfig().build(), freeze=freeze)
    method = Staged(setup, (StageConfig(length=Duration(steps=1)),))
    assert trainable_count(method.network) == 27_726_568

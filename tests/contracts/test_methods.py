"""What every training method promises: it learns one batch, and goes on to the bit."""

import io
from dataclasses import replace
from typing import Any, get_args

import pytest
import torch
from training.toys import CRITIC, LOSSES, discs, make_setup, same, weights_of

from mattekit.core.errors import BadData
from mattekit.training import MethodConfig
from mattekit.training.adversarial import AdversarialConfig
from mattekit.training.freeze import FreezeConfig
from mattekit.training.method import Method, StepResult
from mattekit.training.optimisers import OptimiserConfig
from mattekit.training.schedules import Duration
from mattekit.training.staged import StageConfig, StagedConfig
from mattekit.training.supervised import SupervisedConfig

METHODS: list[Any] = [
    SupervisedConfig(),
    AdversarialConfig(critic=CRITIC),
    StagedConfig(
        stages=(
            StageConfig(length=Duration(steps=4)),
            StageConfig(length=Duration(steps=16), freeze=FreezeConfig(parts=("encoder",))),
        )
    ),
]
FAST = OptimiserConfig(lr=0.02)


def build(method: Any, **changes: Any) -> Method:
    return method.build(make_setup(optimiser=FAST, **changes))


def numbers(result: StepResult) -> tuple[object, ...]:
    """Everything that a step came to, as plain numbers."""
    return result.numbers(), result.rates, result.remarks


def test_every_method_of_the_union_is_tested_here() -> None:
    assert {type(method) for method in METHODS} == set(get_args(MethodConfig))


@pytest.mark.parametrize("config", METHODS, ids=lambda config: config.name)
class TestMethod:
    @pytest.mark.slow
    def test_it_learns_one_batch(self, config: Any) -> None:
        method = build(config)
        batch = next(discs())
        losses = [method.step(batch).losses["alpha_l1"] for _ in range(40)]
        assert min(losses[-5:]) < 0.5 * losses[0]

    @pytest.mark.slow
    @pytest.mark.parametrize(("steps", "ema"), [(3, None), (7, 0.9)])
    def test_a_restored_method_goes_on_to_the_bit(
        self, config: Any, steps: int, ema: float | None
    ) -> None:
        unbroken = build(config, ema=ema)
        for batch in discs(steps):
            unbroken.step(batch)
        saved, chance = copied(unbroken.state_dict()), torch.get_rng_state()
        reports = [numbers(unbroken.step(batch)) for batch in discs(5, start=steps)]

        resumed = build(config, ema=ema)
        resumed.load_state_dict(saved)
        torch.set_rng_state(chance)
        assert [numbers(resumed.step(batch)) for batch in discs(5, start=steps)] == reports
        assert same(weights_of(resumed.network), weights_of(unbroken.network))

    def test_a_rehearsal_refuses_what_cannot_work_and_changes_nothing(self, config: Any) -> None:
        method, batch = build(config), next(discs())
        before, chance = weights_of(method.network), torch.get_rng_state()
        method.dry_run(batch)
        assert same(before, weights_of(method.network))
        assert torch.equal(chance, torch.get_rng_state())
        with pytest.raises(BadData, match="foreground and background"):
            method.dry_run(replace(batch, background=None))

    def test_its_report_names_every_loss_and_rate(self, config: Any) -> None:
        report = build(config).step(next(discs()))
        assert {"alpha_l1", "composition_l1", "total"} <= report.losses.keys()
        assert report.rates["network"] == FAST.lr
        assert report.gradient_norms["network"] > 0

    def test_the_average_of_the_weights_is_what_is_used_when_one_is_kept(self, config: Any) -> None:
        method = build(config, ema=0.9)
        for batch in discs(3):
            method.step(batch)
        raw = weights_of(method.parts()["network"])
        averaged = weights_of(method.network)
        assert raw.keys() == averaged.keys()
        assert not same(raw, averaged)


def copied(state: Any) -> Any:
    """A deep copy through the file format of checkpoints, which can hold it all."""
    stream = io.BytesIO()
    torch.save(state, stream)
    stream.seek(0)
    return torch.load(stream, weights_only=True)


def test_the_same_losses_twice_are_told_apart_in_the_report() -> None:
    twice = (*LOSSES, replace(LOSSES[0], region="whole"))
    report = SupervisedConfig().build(make_setup(losses=twice)).step(next(discs()))
    assert {"alpha_l1", "alpha_l1 2"} <= report.losses.keys()

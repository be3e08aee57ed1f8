"""Learning rates against numbers worked out by hand and those of the published runs."""

import math

import pytest

from mattekit.training.schedules import (
    ConstantConfig,
    CosineConfig,
    Duration,
    LearningRate,
    MultiStepConfig,
    PolynomialConfig,
    Rates,
    RunLength,
    ScheduleConfig,
    StepConfig,
    TriangularConfig,
)

CLOCK = RunLength(epoch=10.0, total=100)


def rates(schedule: ScheduleConfig, *steps: int, lr: float = 1.0) -> list[float]:
    return [schedule.rates(step, lr, CLOCK).lr for step in steps]


def test_constant_stays() -> None:
    assert rates(ConstantConfig(), 0, 99, lr=3e-4) == [3e-4, 3e-4]


def test_step_decays_after_every_period_and_no_more_than_asked() -> None:
    assert rates(StepConfig(every=Duration(epochs=1)), 0, 9, 10, 19, 20) == pytest.approx(
        [1, 1, 0.1, 0.1, 0.01]
    )
    once = StepConfig(every=Duration(steps=10), times=1)
    assert rates(once, 9, 10, 99) == pytest.approx([1, 0.1, 0.1])


def test_stair_takes_each_ratio_from_its_start_on() -> None:
    stair = MultiStepConfig(starts=(Duration(epochs=2), Duration(steps=50)), ratios=(0.5, 0.1))
    assert rates(stair, 0, 19, 20, 49, 50) == pytest.approx([1, 1, 0.5, 0.5, 0.1])


def test_power_joins_the_ratios_by_straight_lines_or_curves() -> None:
    ends = (Duration(steps=10), Duration(steps=30))
    straight = PolynomialConfig(ends=ends, ratios=(0.5, 0.1))
    assert rates(straight, 0, 5, 10, 20, 30, 90) == pytest.approx([1, 0.75, 0.5, 0.3, 0.1, 0.1])
    curved = PolynomialConfig(ends=(Duration(steps=100),), ratios=(0.0,), power=0.9)
    assert rates(curved, 50) == pytest.approx([0.5**0.9])


def test_cosine_falls_over_the_whole_run_to_its_final_ratio() -> None:
    assert rates(CosineConfig(), 0, 50, 100) == pytest.approx([1, 0.5, 0])
    assert rates(CosineConfig(final=0.2), 25, 100) == pytest.approx(
        [0.2 + 0.8 * (1 + math.sqrt(0.5)) / 2, 0.2]
    )


class TestTriangularAsAlphaGanA6Uses:
    """Rates at the batches 0, 2000, 4000, 6000 and 8000 of the published schedules."""

    steps = (0, 2000, 4000, 6000, 8000)

    def test_the_configuration_file(self) -> None:
        schedule = TriangularConfig(low=1e-4, high=3e-3, up=Duration(steps=4000))
        assert rates(schedule, *self.steps) == pytest.approx([1e-4, 1.55e-3, 3e-3, 1.55e-3, 1e-4])

    def test_the_readme_where_it_stands_on_its_head(self) -> None:
        schedule = TriangularConfig(low=1e-3, high=3e-4, up=Duration(steps=4000))
        assert rates(schedule, *self.steps) == pytest.approx([1e-3, 6.5e-4, 3e-4, 6.5e-4, 1e-3])

    def test_momentum_moves_against_the_rate_only_when_asked(self) -> None:
        schedule = TriangularConfig(low=1, high=2, up=Duration(steps=4000), momentum=(0.9, 0.8))
        moved = [schedule.rates(step, 1.0, CLOCK).momentum for step in self.steps]
        assert moved == pytest.approx([0.9, 0.85, 0.8, 0.85, 0.9])
        still = TriangularConfig(low=1, high=2, up=Duration(steps=4000))
        assert still.rates(100, 1.0, CLOCK).momentum is None

    def test_the_way_down_may_be_of_another_length(self) -> None:
        schedule = TriangularConfig(low=0, high=1, up=Duration(steps=10), down=Duration(steps=40))
        assert rates(schedule, 5, 10, 30, 50) == pytest.approx([0.5, 1, 0.5, 0])


def test_the_published_alphagan_warms_up_over_500_epochs_and_then_follows_a_cosine() -> None:
    pace = LearningRate(
        schedule=CosineConfig(),
        lr=4e-4,
        length=RunLength(epoch=7.0, total=7 * 100_000),
        warmup=Duration(epochs=500),
        by_epoch=True,
    )
    in_epoch = {number: pace((number - 1) * 7 + 3).lr for number in (1, 21, 33, 500)}
    assert in_epoch == pytest.approx({1: 8e-7, 21: 1.68e-5, 33: 2.64e-5, 500: 4e-4})
    halfway = 500 + 99_500 // 2
    assert pace(halfway * 7).lr == pytest.approx(2e-4)


def test_a_warm_up_rises_in_steps_to_where_the_schedule_begins() -> None:
    pace = LearningRate(schedule=CosineConfig(), lr=1.0, length=CLOCK, warmup=Duration(steps=4))
    assert [pace(step).lr for step in range(5)] == pytest.approx([0.25, 0.5, 0.75, 1, 1])
    assert pace(52).lr == pytest.approx(0.5)
    assert pace(100).lr == pytest.approx(0)


def test_without_a_warm_up_the_schedule_begins_at_once() -> None:
    assert LearningRate(schedule=ConstantConfig(), lr=2.0, length=CLOCK)(0) == Rates(2.0)


def test_a_span_is_exactly_one_of_steps_and_epochs() -> None:
    assert Duration(epochs=1.5).in_steps(10.0) == 15
    assert Duration(epochs=0.001).in_steps(10.0) == 1
    assert Duration(steps=7).in_steps(10.0) == 7
    for wrong in ({}, {"steps": 1, "epochs": 1.0}, {"steps": 0}, {"epochs": -1.0}):
        with pytest.raises(ValueError, match="exactly one"):
            Duration(**wrong)

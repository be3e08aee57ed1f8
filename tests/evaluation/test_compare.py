"""Two evaluations side by side: what is compared, how sure it is, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from mattekit.core.errors import BadArgument, BadData
from mattekit.evaluation.compare import bootstrap_interval, compare
from mattekit.evaluation.results import Evaluation, Row
from mattekit.metrics.protocols import PROTOCOLS


def evaluation(title: str, sads: dict[str, float]) -> Evaluation:
    rows = [
        Row(name=name, predicted=f"{title}/{name}.png", values={"sad": sad}, trimap="t", true="g")
        for name, sad in sads.items()
    ]
    return Evaluation(title=title, protocol=PROTOCOLS["official"], rows=tuple(rows))


def test_depths_are_compared_picture_by_picture() -> None:
    first = evaluation("one", {"a": 1.0, "b": 2.0})
    second = evaluation("two", {"a": 1.0, "b": 2.0})

    def with_bits(whole: Evaluation, *bits: int) -> Evaluation:
        pairs = zip(whole.rows, bits, strict=True)
        return replace(whole, rows=tuple(replace(row, bits=each) for row, each in pairs))

    mixed = with_bits(first, 8, 16)
    assert mixed.depths == "8-bit and 16-bit"
    compare(mixed, with_bits(second, 8, 16))
    with pytest.raises(BadArgument, match="2 pictures, a first, are 8-bit mattes in one"):
        compare(mixed, with_bits(second, 16, 8))


def test_differences_are_paired_by_picture() -> None:
    first = evaluation("one", {"a": 1.0, "b": 10.0, "c": 5.0})
    second = evaluation("two", {"c": 5.0, "b": 9.0, "a": 2.0})
    (sad,) = compare(first, second).differences
    assert (sad.first, sad.second) == pytest.approx((16 / 3, 16 / 3))
    assert sad.difference == pytest.approx(0)
    assert (sad.better, sad.worse, sad.pictures) == (1, 1, 3)
    assert sad.verdict == "not distinguishable"


def test_a_difference_on_every_picture_is_certain_though_pictures_differ_more() -> None:
    rng = np.random.default_rng(3)
    sads = {f"p{i}": float(value) for i, value in enumerate(rng.uniform(1, 100, 40))}
    lower = {name: value - 0.1 - 0.01 * i for i, (name, value) in enumerate(sads.items())}
    (sad,) = compare(evaluation("one", sads), evaluation("two", lower)).differences
    assert sad.high < 0
    assert sad.verdict == "second is better"
    (turned,) = compare(evaluation("two", lower), evaluation("one", sads)).differences
    assert turned.verdict == "first is better"


def test_no_difference_is_called_one_on_fewer_than_six_pictures() -> None:
    sads = {f"p{i}": float(i) for i in range(6)}
    lower = {name: value - 1 for name, value in sads.items()}
    (six,) = compare(evaluation("one", sads), evaluation("two", lower)).differences
    assert six.verdict == "second is better"
    del lower["p5"]
    (five,) = compare(evaluation("one", sads), evaluation("two", lower)).differences
    assert (five.high, five.verdict) == (-1, "too few pictures")


def test_the_bootstrap_interval_is_that_of_the_normal_distribution_for_many_pictures() -> None:
    values = np.random.default_rng(5).normal(2, 1, 400)
    low, high = bootstrap_interval(values)
    half = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.01)


def test_the_bootstrap_gives_the_same_interval_every_time() -> None:
    values = np.array([0.1, 0.4, -0.3, 0.7, 0.2])
    assert bootstrap_interval(values) == bootstrap_interval(values)
    assert bootstrap_interval(values, seed=1) != bootstrap_interval(values)


def test_pictures_that_only_one_has_are_named_and_left_out() -> None:
    comparison = compare(evaluation("one", {"a": 1, "b": 2}), evaluation("two", {"b": 3, "c": 9}))
    assert comparison.differences[0].pictures == 1
    assert [problem.name for problem in comparison.problems] == ["a", "c"]
    assert "measured in two only" in comparison.problems[1].sentence


def test_other_protocols_depths_trimaps_and_truths_are_refused() -> None:
    first = evaluation("one", {"a": 1.0})
    second = evaluation("two", {"a": 1.0})
    gfm = replace(second, protocol=PROTOCOLS["gfm"])
    with pytest.raises(BadArgument, match="protocol 'official' and two with 'gfm'"):
        compare(first, gfm)
    whole = replace(second, protocol=replace(first.protocol, region="whole"))
    with pytest.raises(BadArgument, match="'official, region whole'"):
        compare(first, whole)
    (row,) = second.rows
    with pytest.raises(
        BadArgument, match=r"a first, are 8-bit mattes in one and 16-bit ones in two"
    ):
        compare(first, replace(second, rows=(replace(row, bits=16),)))
    with pytest.raises(BadArgument, match=r"1 pictures, a first, .* another trimap"):
        compare(first, replace(second, rows=(replace(row, trimap="other"),)))
    with pytest.raises(BadArgument, match="another true matte"):
        compare(first, replace(second, rows=(replace(row, true="other"),)))


def test_evaluations_without_a_common_picture_are_refused() -> None:
    with pytest.raises(BadData, match="no picture in common"):
        compare(evaluation("one", {"a": 1}), evaluation("two", {"b": 1}))

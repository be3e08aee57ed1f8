"""Estimates as a step: the ones that are solved in use, found again by content."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mattekit.classical.estimates import CHANNELS, estimates
from mattekit.core.errors import BadData
from mattekit.core.types import Sample
from mattekit.data.augmentation import estimates as step
from mattekit.data.augmentation.estimates import EstimatesConfig
from mattekit.synthetic.scene import scene


@pytest.fixture(scope="module")
def sample() -> Sample:
    return scene(3, 64)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_they_are_those_that_the_predictor_solves(sample: Sample) -> None:
    found = EstimatesConfig()(sample, rng())
    assert np.array_equal(found.prior, estimates(sample.image, sample.trimap))
    assert replace(found, prior=None) == sample


def test_a_sample_that_has_them_keeps_them(sample: Sample) -> None:
    given = replace(sample, prior=np.zeros((64, 64, 10), np.float32))
    assert EstimatesConfig()(given, rng()) is given


def test_a_cache_finds_them_by_content_and_changes_nothing(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = EstimatesConfig(cache=str(tmp_path / "cache"))
    first = cached(sample, rng())
    monkeypatch.setattr(step, "estimates", None)
    again = cached(replace(sample, name="renamed"), rng())
    assert np.array_equal(first.prior, again.prior)
    monkeypatch.undo()
    darker = replace(sample, image=sample.image * np.float32(0.5))
    assert not np.array_equal(cached(darker, rng()).prior, first.prior)
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_crop_without_known_subject_has_estimates_without_an_opinion(sample: Sample) -> None:
    nowhere = replace(sample, trimap=np.minimum(sample.trimap, 1))
    prior = EstimatesConfig()(nowhere, rng()).prior
    assert prior.shape == (64, 64, len(CHANNELS))
    assert set(np.unique(prior[..., 0])) <= {0, 0.5}
    assert (prior[..., 9] == 0).all()


def test_a_sample_without_a_trimap_is_refused(sample: Sample) -> None:
    with pytest.raises(BadData, match="estimates need a trimap"):
        EstimatesConfig()(replace(sample, trimap=None), rng())

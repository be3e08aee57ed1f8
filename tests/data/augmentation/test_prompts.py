"""Simulated prompts say where the subject is, in the planes that the finder makes."""

import numpy as np

from mattekit.core.types import Plane, Sample
from mattekit.data.augmentation.geometry import FlipConfig
from mattekit.data.augmentation.prompts import PromptsConfig


def disc(*, ambiguous: bool = False, radius: float = 20) -> Sample:
    """A disc in the lower left part of 128 x 128 pixels."""
    rows, columns = np.indices((128, 128))
    alpha = (np.hypot(rows - 80, columns - 40) < radius).astype(np.float32)
    image = np.repeat(alpha[..., None], 3, axis=2)
    return Sample(image=image, alpha=alpha, ambiguous=ambiguous)


def prompt(step: PromptsConfig, sample: Sample, seed: int = 0) -> Plane:
    found = step(sample, np.random.default_rng(seed)).prompt
    assert found is not None
    return found


def test_a_box_lies_around_the_subject() -> None:
    step = PromptsConfig(probability=1, boxes=1)
    for seed in range(8):
        planes = prompt(step, disc(), seed)
        assert planes.shape == (32, 32, 3)
        assert set(np.unique(planes[..., 0])) == {-1, 1}
        rows, columns = (np.flatnonzero((planes[..., 0] > 0).any(axis=axis)) for axis in (1, 0))
        ends = np.array([rows[0], rows[-1] + 1, columns[0], columns[-1] + 1])
        assert np.abs(ends - [15, 25, 5, 15]).max() <= 2
        assert not planes[..., 1:].any()


def test_points_are_on_the_subject_and_beside_it() -> None:
    step = PromptsConfig(probability=1, boxes=0)
    inside = disc().alpha[2::4, 2::4] > 0.5
    beside = 0
    for seed in range(12):
        planes = prompt(step, disc(), seed)
        on, off = planes[..., 1], planes[..., 2]
        assert not planes[..., 0].any()
        assert on.max() > 0.8
        assert inside[on > 0.9].all()
        assert not inside[off > 0.9].any()
        beside += off.any()
    assert 0 < beside < 12


def test_where_several_subjects_are_a_prompt_says_which() -> None:
    step = PromptsConfig(probability=0)
    assert not prompt(step, disc()).any()
    assert prompt(step, disc(ambiguous=True)).any()
    assert not prompt(step, disc(ambiguous=True, radius=2)).any()


def test_a_sample_that_moves_loses_its_prompt() -> None:
    pointed = PromptsConfig(probability=1)(disc(), np.random.default_rng(0))
    moved = FlipConfig(probability=1)(pointed, np.random.default_rng(0))
    assert moved.prompt is None

"""The second solve: a sure network is followed, a doubting one corrected along the colours."""

import numpy as np
import pytest

from mattekit.classical.estimates import Problem
from mattekit.core.types import UNKNOWN
from mattekit.synthetic.scene import scene


@pytest.fixture(scope="module")
def picture():
    return scene(3, 96)


def test_where_the_network_doubts_the_colours_decide_and_where_it_is_sure_it_does(picture):
    problem, unknown = Problem(picture.image, picture.trimap), picture.trimap == UNKNOWN
    wrong = np.where(unknown, 1 - picture.alpha, picture.alpha).astype(np.float32)
    errors = []
    for doubt in (0.0, 0.25):
        again = problem.solve_again(wrong, np.full(wrong.shape, doubt, np.float32))
        solved = 2 * again - wrong
        errors.append(np.abs(solved - picture.alpha)[unknown].mean())
    assert errors[1] < 0.7 * errors[0]


def test_noise_of_a_good_alpha_is_smoothed_along_the_colours(picture):
    problem, unknown = Problem(picture.image, picture.trimap), picture.trimap == UNKNOWN
    noise = np.random.default_rng(0).normal(0, 0.2, picture.alpha.shape)
    noisy = np.where(unknown, (picture.alpha + noise).clip(0, 1), picture.alpha).astype(np.float32)
    again = problem.solve_again(noisy, np.full(noisy.shape, 0.2, np.float32))
    before, after = (np.square(a - picture.alpha)[unknown].mean() for a in (noisy, again))
    assert after < 0.9 * before
    assert np.array_equal(again[~unknown], picture.alpha[~unknown])

"""Strands: rooted in the body, gathered in locks, thin at their ends."""

import numpy as np
import pytest

from mattekit.synthetic.canvas import PIECES, Canvas
from mattekit.synthetic.strands import (
    bundle,
    curled,
    flyaways,
    grow,
    lit,
    locks,
    refined,
    swirl,
    tapered,
    with_strands,
)

COUNT = 200


@pytest.fixture
def guides(rng: np.random.Generator) -> np.ndarray:
    roots = rng.uniform(0, 50, (COUNT, 2))
    return grow(rng, roots, np.zeros(COUNT), np.full(COUNT, 40.0), points=17, curve=0.2)


def test_paths_start_at_their_roots_and_have_their_lengths(rng: np.random.Generator) -> None:
    roots = rng.uniform(0, 50, (COUNT, 2))
    lengths = rng.uniform(5, 20, COUNT)
    paths = grow(rng, roots, rng.uniform(0, 6, COUNT), lengths, curve=0.5, pull=0.5)
    assert paths[:, 0] == pytest.approx(roots)
    assert np.linalg.norm(np.diff(paths, axis=1), axis=-1).sum(axis=1) == pytest.approx(lengths)


def test_pull_bends_paths_down(rng: np.random.Generator) -> None:
    flat = np.zeros((COUNT, 2)), np.zeros(COUNT), np.ones(COUNT)
    assert grow(rng, *flat, pull=2.0)[:, -1, 1].mean() > 0.4 > grow(rng, *flat)[:, -1, 1].mean()


def test_strands_of_a_lock_gather_towards_the_tip(
    rng: np.random.Generator, guides: np.ndarray
) -> None:
    paths = locks(rng, guides, each=12, root=6.0, tip=0.5, stray=0.0).reshape(COUNT, 12, 17, 2)
    spread = paths.std(axis=1).mean(axis=(0, 2))
    assert spread[0] < 2
    assert spread[3] > 1


def test_flyaways_leave_their_locks_and_need_some(
    rng: np.random.Generator, guides: np.ndarray
) -> None:
    loose = flyaways(rng, guides, 50, reach=30.0, wild=0.5)
    nearest = np.linalg.norm(loose[:, -1, None, None] - guides[None], axis=-1).min(axis=(1, 2))
    assert len(loose) == 50
    assert nearest.max() > 2
    assert len(flyaways(rng, guides[:0], 50, reach=30.0, wild=0.5)) == 0


def test_curls_lengthen_a_path_and_leave_its_root(
    rng: np.random.Generator, guides: np.ndarray
) -> None:
    fine = refined(guides, 65)
    wound = curled(rng, fine, radius=3.0, turns=5)
    length = [np.linalg.norm(np.diff(one, axis=1), axis=-1).sum() for one in (fine, wound)]
    assert wound[:, 0] == pytest.approx(fine[:, 0])
    assert length[1] > 1.5 * length[0]


def test_a_swirl_is_nearly_the_same_at_neighbouring_points(rng: np.random.Generator) -> None:
    points = np.array([[0.0, 0], [0.01, 0], [3, 5]])
    here, beside, away = swirl(rng, points, scale=1.0)
    assert np.linalg.norm(here - beside) < 0.2 < np.linalg.norm(here - away)


def test_widths_fall_towards_the_tip(rng: np.random.Generator) -> None:
    widths = tapered(rng, COUNT, 2.0, end=0.25)
    assert widths.shape == (COUNT, PIECES)
    assert widths[:, -1] == pytest.approx(widths[:, 0] / 4)
    assert np.median(widths[:, 0]) == pytest.approx(2.0, rel=0.15)


def test_strands_across_the_light_shine(rng: np.random.Generator) -> None:
    still = np.zeros((COUNT, 2)), np.full(COUNT, 9.0)
    along = grow(rng, still[0], np.zeros(COUNT), still[1], curve=0.0)
    across = grow(rng, still[0], np.full(COUNT, np.pi / 2), still[1], curve=0.0)
    dull, bright = (lit(rng, paths, light=0.0, gloss=0.8).mean() for paths in (along, across))
    assert bright > dull + 0.5


def test_hairs_fade_at_their_ends_and_carry_their_shades(rng: np.random.Generator) -> None:
    roots = np.stack([np.full(20, 4.0), 5 + 10.3 * np.arange(20)], axis=-1)
    paths = grow(rng, roots, np.zeros(20), np.full(20, 40.0), curve=0.0)
    hairs = bundle(rng, paths, 0.8, end=0.2, spread=0.0)
    subject = with_strands(Canvas((220, 48)), [hairs], "hair")
    assert subject.shade is not None
    coverage = subject.alpha.sum(axis=0) / 20
    assert coverage[8] == pytest.approx(0.8, abs=0.15)
    assert coverage[40] == pytest.approx(0.16, abs=0.06)
    assert abs(subject.shade[subject.alpha > 0.5]).max() > 0.1
    assert (subject.shade[::103] == 0).all()

"""Coverage: a share of a pixel is that share of alpha."""

import numpy as np
import pytest

from mattekit.synthetic.canvas import PIECES, Canvas, shade_strokes


def upright(x: float, top: float = -5, bottom: float = 45) -> np.ndarray:
    """One path straight down."""
    return np.stack([np.full(9, x), np.linspace(top, bottom, 9)], axis=-1)[None]


@pytest.mark.parametrize("width", [0.05, 0.1, 0.25, 0.5, 0.7, 1.0, 2.0, 6.5])
@pytest.mark.parametrize("lean", [0.0, 0.6, 1.4])
def test_strokes_cover_their_width_on_the_average(width: float, lean: float) -> None:
    along = np.linspace(-30, 30, 9)[:, None] * np.array([np.sin(lean), np.cos(lean)])
    across = np.array([np.cos(lean), -np.sin(lean)])
    paths = 40 + 10.3 * np.arange(50)[:, None, None] * across + along
    paths += np.array([5, 5 + 10.3 * 50 * max(np.sin(lean), 0)])
    canvas = Canvas((600, 640))
    canvas.strokes(paths, np.full((50, PIECES), width))
    assert canvas.alpha().sum() / (50 * 60) == pytest.approx(width, rel=0.3, abs=0.02)


def test_a_stroke_gets_thinner_piece_by_piece() -> None:
    canvas = Canvas((40, 40))
    canvas.strokes(upright(20.0, 0, 40), np.array([[4.0, 3.0, 2.0, 1.0]]))
    across = canvas.alpha().sum(axis=1)
    assert across[[5, 15, 25, 35]] == pytest.approx([4, 3, 2, 1], abs=0.35)


def test_a_stroke_takes_nothing_from_what_covers_more() -> None:
    canvas = Canvas((40, 40))
    canvas.fill([np.array([[0.0, 0], [40, 0], [40, 40], [0, 40]])])
    canvas.strokes(upright(20.0), np.full((1, PIECES), 0.2))
    assert (canvas.alpha() == 1).all()


def test_a_stroke_of_no_width_is_not_drawn() -> None:
    canvas = Canvas((40, 40))
    canvas.strokes(upright(20.0), np.zeros((1, PIECES)))
    assert not canvas.alpha().any()


def test_the_edge_of_a_filled_shape_is_where_it_was_said_to_be() -> None:
    canvas = Canvas((12, 12))
    canvas.fill([np.array([[2.0, 3], [7.5, 3], [7.5, 9], [2, 9]])])
    row = canvas.alpha()[5]
    assert row[[1, 2, 6, 8]] == pytest.approx([0, 1, 1, 0])
    assert row[7] == pytest.approx(0.5, abs=0.26)
    assert row.sum() == pytest.approx(5.5, abs=0.3)


def test_a_hole_is_cut_out() -> None:
    canvas = Canvas((20, 20))
    square = np.array([[0.0, 0], [20, 0], [20, 20], [0, 20]])
    canvas.fill([square])
    canvas.fill([square * 0.5 + 5], value=0.0)
    alpha = canvas.alpha()
    assert alpha[10, 10] == 0
    assert alpha[2, 2] == 1


def test_what_lies_outside_the_picture_does_no_harm() -> None:
    canvas = Canvas((10, 10))
    canvas.strokes(upright(1e7), np.full((1, PIECES), 3.0))
    canvas.strokes(np.zeros((0, 9, 2)), np.zeros((0, PIECES)))
    assert not canvas.alpha().any()


def test_every_piece_has_its_own_shade() -> None:
    plane = np.full((40, 40), 128, np.uint8)
    shade_strokes(plane, upright(20.5, 0, 40), np.array([[16.0, 64, 192, 240]]), 3)
    assert plane[[5, 15, 25, 35], 20].tolist() == [16, 64, 192, 240]
    assert (plane[:, :15] == 128).all()

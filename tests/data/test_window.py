"""Windows of pictures, and backgrounds of another size behind them."""

import numpy as np
import pytest

from mattekit.data.window import BackgroundPlacement, Placement, Window
from mattekit.imaging.picture import Picture
from mattekit.imaging.resize import cover


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def numbered(height: int, width: int) -> Picture:
    """Red is the row and green the column."""
    rows, columns = np.indices((height, width), dtype=np.uint8)
    return Picture(colours=np.dstack([rows, columns, np.zeros_like(rows)]))


def first_pixel(placement: Placement, size: tuple[int, int]) -> tuple[int, int]:
    picture = numbered(*size)
    placed = BackgroundPlacement.compute(placement, size, (10, 20), rng())
    part = placed.part(picture, Window(slice(2, 6), slice(3, 9)))
    assert part.shape == (4, 6, 3)
    row, column, _ = np.rint(part[0, 0] * 255).astype(int)
    return int(row), int(column)


def test_a_window_stays_within_the_picture() -> None:
    assert Window.around((0, 19), (4, 6), (10, 20)) == Window(slice(0, 4), slice(14, 20))
    assert Window.around((5, 9), (4, 6), (10, 20)) == Window(slice(3, 7), slice(6, 12))


def test_the_part_of_a_background_is_what_covering_and_cutting_would_give() -> None:
    ramp = np.linspace(0, 255, 80).round().astype(np.uint8)
    picture = Picture(colours=np.broadcast_to(ramp[None, :, None], (40, 80, 3)).copy())
    window = Window(slice(4, 12), slice(10, 30))
    expected = cover(picture.image(), (20, 40))[window.rows, window.columns]
    placed = BackgroundPlacement.compute("cover", picture.size, (20, 40), rng())
    assert np.allclose(placed.part(picture, window), expected, atol=0.01)


@pytest.mark.parametrize(
    ("placement", "expected"), [("corner", (2, 3)), ("centre", (12, 23)), ("stretch", (7, 10))]
)
def test_where_a_larger_background_comes_from(
    placement: Placement, expected: tuple[int, int]
) -> None:
    assert first_pixel(placement, (30, 60)) == expected


@pytest.mark.parametrize("placement", ["corner", "centre", "random", "cover"])
def test_a_smaller_background_is_enlarged_in_proportion_until_it_covers(
    placement: Placement,
) -> None:
    placed = BackgroundPlacement.compute(placement, (5, 40), (10, 20), rng())
    assert placed.step == (0.5, 0.5)
    rows, columns = placed.spans(Window.whole((10, 20)), (5, 40))
    assert (rows, columns.stop - columns.start) == (slice(0, 5), 10)


def test_a_random_part_is_not_shrunk_and_lies_anywhere() -> None:
    placed = [
        BackgroundPlacement.compute("random", (12, 30), (10, 20), rng(seed)) for seed in range(200)
    ]
    assert {each.step for each in placed} == {(1.0, 1.0)}
    assert {each.corner[0] for each in placed} == {0, 1, 2}
    assert {each.corner[1] for each in placed} == set(range(11))


def test_the_longer_side_of_a_background_is_brought_into_a_range_first() -> None:
    placed = [
        BackgroundPlacement.compute("random", (300, 600), (10, 20), rng(s), side=(60, 90))
        for s in range(99)
    ]
    lengths = [600 / each.step[0] for each in placed]
    assert 60 <= min(lengths) < 63
    assert 87 < max(lengths) <= 90

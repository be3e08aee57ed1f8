"""Information-flow matting."""

import numpy as np
import pytest

from mattekit.classical import information_flow as module
from mattekit.classical.closed_form import closed_form
from mattekit.classical.information_flow import information_flow
from mattekit.core.errors import BadTrimap
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Sample


def test_strands_are_found_better_than_by_closed_form(strands: Sample) -> None:
    unknown = strands.trimap == UNKNOWN
    ours, theirs = (
        np.square(method(strands.image, strands.trimap).alpha - strands.alpha)[unknown].mean()
        for method in (information_flow, closed_form)
    )
    assert ours < 0.9 * theirs


def test_known_pixels_are_kept(strands: Sample) -> None:
    alpha = information_flow(strands.image, strands.trimap).alpha
    assert (alpha[strands.trimap == FOREGROUND] == 1).all()
    assert (alpha[strands.trimap == BACKGROUND] == 0).all()


def test_a_hole_of_the_background_far_from_it_is_found(strands: Sample) -> None:
    image, trimap = strands.image.copy(), strands.trimap.copy()
    rows, columns = slice(48, 52), slice(52, 57)  # inside the disc
    trimap[44:56, 48:61] = UNKNOWN
    image[rows, columns] = strands.background[rows, columns]
    assert information_flow(image, trimap).alpha[rows, columns].mean() < 0.1


def test_chunks_do_not_change_the_solution(strands: Sample, monkeypatch) -> None:
    whole = information_flow(strands.image, strands.trimap).alpha
    monkeypatch.setattr(module, "CHUNK", 100)
    assert np.abs(information_flow(strands.image, strands.trimap).alpha - whole).max() < 1e-6


def test_much_unknown_is_solved_at_a_smaller_size_and_one_line_says_so(
    strands: Sample, monkeypatch
) -> None:
    monkeypatch.setattr(module, "MOST_UNKNOWN", 2000)
    result = information_flow(strands.image, strands.trimap)
    assert "solved at 1/2 of the size" in result.warnings[0]
    assert np.abs(result.alpha - strands.alpha).mean() < 0.05


@pytest.mark.parametrize("size", [(1, 9), (2, 2), (3, 3), (5, 40)])
def test_fewer_known_pixels_than_neighbours_are_enough(size: tuple[int, int]) -> None:
    trimap = np.full(size, UNKNOWN, np.uint8)
    trimap[0, 0], trimap[-1, -1] = FOREGROUND, BACKGROUND
    for image in (
        np.random.default_rng(1).random((*size, 3), np.float32),
        np.full((*size, 3), 0.5, np.float32),
    ):
        alpha = information_flow(image, trimap).alpha
        assert ((alpha >= 0) & (alpha <= 1)).all()


def test_a_trimap_without_unknown_pixels_is_the_alpha(strands: Sample) -> None:
    trimap = np.where(strands.alpha > 0.5, FOREGROUND, BACKGROUND).astype(np.uint8)
    assert (information_flow(strands.image, trimap).alpha * 2 == trimap).all()


def test_a_trimap_without_background_is_refused(strands: Sample) -> None:
    with pytest.raises(BadTrimap, match="background"):
        information_flow(strands.image, np.maximum(strands.trimap, 1).astype(np.uint8))

"""Bands of a mask: wide where the edge is soft, narrow where it is hard, on the photo's edges."""

import numpy as np
import pytest

from mattekit.core.errors import BadTrimap
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Mask, Plane
from mattekit.subject.bands import soft_bands

SIZE = (160, 220)
CENTRE, RADIUS = (80, 110), 50


def disc(radius: float = RADIUS, centre: tuple[int, int] = CENTRE) -> Mask:
    rows, columns = np.indices(SIZE)
    return np.hypot(rows - centre[0], columns - centre[1]) < radius


def photo(alpha: Plane) -> Plane:
    """Orange on blue, with grain."""
    grain = np.random.default_rng(4).normal(0, 6, (*SIZE, 3))
    orange, blue = np.array([230, 120, 20]), np.array([20, 60, 190])
    image = alpha[..., None] * orange + (1 - alpha[..., None]) * blue + grain
    return image.clip(0, 255).astype(np.uint8)


def soft_disc(width: float) -> Alpha:
    rows, columns = np.indices(SIZE)
    away = np.hypot(rows - CENTRE[0], columns - CENTRE[1])
    return np.clip((RADIUS - away) / width + 0.5, 0, 1).astype(np.float32)


def test_the_band_is_wider_at_a_softer_edge() -> None:
    mask = disc().astype(np.float32)
    hard, soft = ((soft_bands(photo(soft_disc(width)), mask) == UNKNOWN).sum() for width in (1, 12))
    assert soft > 1.4 * hard


def test_the_edge_of_a_shifted_mask_moves_to_the_edge_of_the_photo() -> None:
    true = disc()
    shifted = disc(centre=(CENTRE[0] + 2, CENTRE[1] - 2)).astype(np.float32)
    trimap = soft_bands(photo(true.astype(np.float32)), shifted)
    assert not (true & (trimap == BACKGROUND)).any()
    assert not (~true & (trimap == FOREGROUND)).any()
    assert (trimap == UNKNOWN).mean() < 0.2


def test_a_small_hole_and_a_small_piece_become_unknown() -> None:
    true = disc().astype(np.float32)
    mask = true.copy()
    mask[75:83, 105:113] = 0
    mask[10:15, 10:15] = 1
    trimap = soft_bands(photo(true), mask)
    assert (trimap[75:83, 105:113] == UNKNOWN).all()
    assert (trimap[10:15, 10:15] == UNKNOWN).all()
    assert (soft_bands(photo(true), mask, found=True)[10:15, 10:15] == BACKGROUND).all()


def test_a_small_piece_close_to_the_subject_stays() -> None:
    mask = disc().astype(np.float32)
    mask[133:139, 106:114] = 1  # a basket below its balloon
    trimap = soft_bands(photo(mask), mask, found=True)
    assert (trimap[135:137, 109:111] != BACKGROUND).all()


def test_where_a_found_mask_is_only_soft_within_the_subject_all_is_subject() -> None:
    mask = disc().astype(np.float32)
    mask[70:90, 100:120] = 0.6
    here = (slice(75, 85), slice(105, 115))
    assert (soft_bands(photo(disc()), mask, found=True)[here] == FOREGROUND).all()
    mask[80, 110] = 0.4  # a pixel of it may be background, so the colours decide of all of it
    assert (soft_bands(photo(disc()), mask, found=True)[here] == UNKNOWN).all()


def test_a_large_hole_stays() -> None:
    ring = (disc() & ~disc(25)).astype(np.float32)
    trimap = soft_bands(photo(ring), ring)
    assert trimap[CENTRE] == BACKGROUND
    assert trimap[CENTRE[0], CENTRE[1] + 38] == FOREGROUND


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_an_empty_or_full_mask_is_refused(value: float) -> None:
    mask = np.full(SIZE, value, np.float32)
    with pytest.raises(BadTrimap, match="nothing to cut"):
        soft_bands(photo(mask), mask)

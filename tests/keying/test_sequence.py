"""Frames in time."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from keying.stages import disc, filmed, two_halves, wall

from mattekit.core.errors import BadData
from mattekit.core.types import BACKGROUND, FOREGROUND
from mattekit.keying.sequence import carried, flicker, frames_of, steadied

SIZE = (150, 200)


def shifted(plane: np.ndarray, x: float) -> np.ndarray:
    matrix = np.float32([[1, 0, x], [0, 1, 0]])
    return cv2.warpAffine(plane, matrix, SIZE[::-1], borderMode=cv2.BORDER_REPLICATE)


def frame(x: float) -> tuple[np.ndarray, np.ndarray]:
    """A textured disc that has moved by x pixels before a wall, and its alpha."""
    alpha = shifted(disc(SIZE), x)
    own = shifted(two_halves(SIZE) * (0.6 + 0.4 * wall(SIZE)[::-1]), x)
    return filmed(own, alpha, wall(SIZE), noise=0.005), alpha


def test_the_alpha_of_a_moving_subject_is_carried_along() -> None:
    (before, first), (now, true) = frame(0), frame(4)
    found = carried(before, first, now)
    assert found.continues
    assert np.abs(found.alpha - true).mean() < 0.4 * np.abs(first - true).mean()
    labels = found.trimap()
    assert (true[labels == FOREGROUND] > 0.9).mean() > 0.998
    assert (true[labels == BACKGROUND] < 0.1).mean() > 0.998


def test_another_scene_is_not_a_continuation() -> None:
    before, alpha = frame(0)
    assert not carried(before, alpha, before[::-1, ::-1] ** 3).continues


def test_noise_of_alphas_flickers_less_and_moves_are_followed() -> None:
    rng = np.random.default_rng(3)
    last, alone, changes = None, None, []
    for number in range(8):
        image, true = frame(0.5 * number)
        noisy = (true + 0.2 * rng.standard_normal(SIZE, np.float32) * (true % 1 > 0)).clip(0, 1)
        if last is not None:
            steady = carried(*last, image)
            alpha = steadied(noisy, steady)
            changes.append((flicker(alpha, steady), flicker(noisy, carried(*alone, image))))
        else:
            alpha = noisy
        last, alone = (image, alpha), (image, noisy)
    steady_mean, alone_mean = np.mean(changes[2:], axis=0)
    assert steady_mean < alone_mean / 2
    assert np.abs(alpha - true).mean() < np.abs(noisy - true).mean()


def test_frames_come_in_the_order_of_their_numbers() -> None:
    names = [f"shot{number}.png" for number in (8, 10, 12, 6)]
    ordered = [path.name for path in frames_of([Path(name) for name in names])]
    assert ordered == ["shot6.png", "shot8.png", "shot10.png", "shot12.png"]


def test_missing_frames_are_named() -> None:
    with pytest.raises(BadData, match=r"between f02\.png and f05\.png"):
        frames_of([Path(f"f{number:02d}.png") for number in (1, 2, 5, 6)])

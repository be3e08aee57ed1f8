"""A subject before a background of which there is a picture without it."""

import cv2
import numpy as np
import pytest
from keying.stages import disc, filmed, two_halves, wall

from mattekit.core.errors import BadImage
from mattekit.keying.key import key

SIZE = (240, 320)


def moved(image: np.ndarray, x: float, y: float) -> np.ndarray:
    matrix = np.float32([[1, 0, x], [0, 1, y]])
    return cv2.warpAffine(
        image, matrix, image.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )


@pytest.mark.parametrize(("x", "y", "gain"), [(0, 0, 1.0), (2.4, -1.6, 1.0), (0, 0, 0.85)])
def test_the_subject_is_cut_out_before_a_wall(x: float, y: float, gain: float) -> None:
    alpha, behind = disc(SIZE), wall(SIZE)
    plate = filmed(behind, np.ones(SIZE, np.float32), behind)
    cut = key(filmed(two_halves(SIZE), alpha, behind), plate=(moved(plate, x, y) * gain).clip(0, 1))
    assert np.abs(cut.alpha - alpha).mean() < 0.01
    assert bool(cut.warnings) == bool(x)


@pytest.mark.slow
def test_another_place_is_refused() -> None:
    other = np.random.default_rng(1).random((*SIZE, 3), dtype=np.float32)
    with pytest.raises(BadImage, match="another background"):
        key(filmed(two_halves(SIZE), disc(SIZE), wall(SIZE)), plate=other)

"""A subject without a hint."""

import numpy as np
import pytest

from mattekit.core.types import BACKGROUND, FOREGROUND, Plane
from mattekit.subject.proposal import propose


def grass(seed: int) -> Plane:
    return np.random.default_rng(seed).normal([60, 140, 50], 15, (90, 120, 3))


def as_photo(image: Plane) -> Plane:
    return image.clip(0, 255).astype(np.uint8)


def test_one_plain_object_is_found_and_trusted() -> None:
    image = grass(1)
    rows, columns = np.indices(image.shape[:2])
    ball = np.hypot(columns - 60, rows - 50) < 24
    image[ball] = [220, 110, 30]
    proposal = propose(as_photo(image))
    assert proposal.trusted
    assert (proposal.trimap[ball] != BACKGROUND).all()
    assert (proposal.trimap[~ball] != FOREGROUND).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_texture_without_an_object_is_not_trusted(seed: int) -> None:
    assert not propose(as_photo(grass(seed))).trusted


def test_a_gentle_change_of_brightness_is_no_object() -> None:
    rows, columns = np.indices((90, 120))
    light = 60 * np.exp(-((columns - 60) ** 2 + (rows - 45) ** 2) / 1500)
    image = grass(4) * 0.3 + light[..., None] + 60
    assert not propose(as_photo(image)).trusted


def test_a_picture_of_one_colour_is_not_trusted() -> None:
    assert propose(np.full((40, 50, 3), 128, np.uint8)).trust == 0

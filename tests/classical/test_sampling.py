"""Colours sampled from known pixels: right on pictures whose colours are known."""

import numpy as np
import pytest

from mattekit.classical.sampling import sampled_colours
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN
from mattekit.imaging.compose import over


@pytest.fixture
def ramp():
    """Red over blue through a ramp of alpha, known at both ends."""
    alpha = np.tile(np.linspace(-0.3, 1.3, 48, dtype=np.float32).clip(0, 1), (32, 1))
    red, blue = np.float32([0.8, 0.2, 0.1]), np.float32([0.1, 0.2, 0.7])
    image = over(red, alpha[..., None], blue).astype(np.float32)
    trimap = np.full(alpha.shape, UNKNOWN, np.uint8)
    trimap[:, :6], trimap[:, -6:] = BACKGROUND, FOREGROUND
    return image, trimap, alpha


def test_pairs_find_the_alpha_and_the_colours_of_a_two_coloured_picture(ramp):
    image, trimap, alpha = ramp
    sampled = sampled_colours(image, trimap)
    assert np.abs(sampled.alpha - alpha).max() < 0.01
    assert np.abs(sampled.foreground - image[0, -1]).max() < 0.01
    assert np.abs(sampled.background - image[0, 0]).max() < 0.01
    assert sampled.confidence.min() > 0.9


def test_a_colour_that_no_pair_mixes_to_has_no_confidence(ramp):
    image, trimap, _ = ramp
    image[10:20, 20:28] = (0.1, 0.9, 0.1)
    confidence = sampled_colours(image, trimap).confidence
    assert confidence[10:20, 20:28].max() < 0.01


def test_known_pixels_keep_their_label_and_full_confidence(ramp):
    image, trimap, _ = ramp
    sampled = sampled_colours(image, trimap)
    known = trimap != UNKNOWN
    assert np.array_equal(sampled.alpha[known], (trimap[known] == FOREGROUND).astype(np.float32))
    assert (sampled.confidence[known] == 1).all()


def test_a_background_seen_through_a_gap_is_found_beside_the_subject(ramp):
    image, trimap, _ = ramp
    image[:, 30:] = image[0, -1]
    trimap[:, 30:] = UNKNOWN
    trimap[:, -2:] = FOREGROUND
    image[12:20, 34:42] = image[0, 0]  # a hole in the subject
    assert sampled_colours(image, trimap).alpha[12:20, 34:42].max() < 0.05

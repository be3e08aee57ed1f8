"""Surfaces look natural: spectra that fall like those of photographs, few colours in a thing."""

import numpy as np
import pytest

from mattekit.core.types import Image, Plane, Sample
from mattekit.synthetic import background_picture, backgrounds, scene
from mattekit.synthetic.fields import field


@pytest.fixture(scope="module")
def scenes() -> list[Sample]:
    return [scene(seed, 256) for seed in range(24)]


def slope(plane: Plane) -> float:
    """Exponent of the power spectrum, fitted from 4 periods a picture to 0.35 a pixel."""
    side = min(plane.shape)
    window = np.hanning(side)[:, None] * np.hanning(side)
    power = np.abs(np.fft.fft2((plane[:side, :side] - plane.mean()) * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side))
    edges = np.geomspace(4 / side, 0.35, 16)
    ring = np.digitize(frequency, edges).ravel()
    mean = (np.bincount(ring, power.ravel(), 17) / np.bincount(ring, minlength=17))[1:16]
    return float(np.polyfit(np.log(np.sqrt(edges[1:] * edges[:-1])), np.log(mean), 1)[0])


def modes(image: Image) -> int:
    """Clusters of colours: peaks of the smoothed chroma histogram, above a tenth of the highest."""
    grey = image.mean(axis=-1)
    chroma = np.stack([image[..., 0] - grey, image[..., 2] - grey], axis=-1).reshape(-1, 2)
    counts, _, _ = np.histogram2d(*chroma.T, bins=40, range=[[-0.7, 0.7]] * 2)
    kernel = np.array([1, 4, 6, 4, 1]) / 16
    for axis in (0, 1):
        counts = np.apply_along_axis(np.convolve, axis, counts, kernel, mode="same")
    padded = np.pad(counts, 1)
    around = [
        np.roll(padded, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)
    ]
    peak = padded > np.max(around, axis=0)
    return int((peak & (padded > 0.1 * padded.max())).sum())


def test_a_field_falls_with_the_square_of_the_frequency() -> None:
    slopes = [slope(field(np.random.default_rng(seed), (256, 256))) for seed in range(8)]
    assert -2.25 < np.mean(slopes) < -1.75


def test_white_noise_and_a_blurred_picture_are_told_from_natural_ones() -> None:
    noise = np.random.default_rng(0).random((256, 256))
    assert slope(noise) > -0.2
    assert slope(np.cumsum(np.cumsum(noise - 0.5, axis=0), axis=1)) < -2.4


@pytest.mark.slow
def test_surfaces_in_focus_have_spectra_like_photographs(
    scenes: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backgrounds, "DEFOCUSED", 0.0)
    rngs = [np.random.default_rng(seed) for seed in range(24)]
    behind = [slope(background_picture(rng, (256, 256)).mean(axis=-1)) for rng in rngs]
    subjects = [slope(one.foreground.mean(axis=-1)) for one in scenes if one.foreground is not None]
    assert -2.4 < np.median([*behind, *subjects]) < -1.6


@pytest.mark.slow
def test_whole_scenes_are_no_further_from_that_than_photographs_are(scenes: list[Sample]) -> None:
    slopes = [slope(one.image.mean(axis=-1)) for one in scenes]
    low, middle, high = np.percentile(slopes, [5, 50, 95])
    assert -3.9 < low < -2.7 < middle < high < -1.6


@pytest.mark.slow
def test_colours_form_few_clusters(scenes: list[Sample]) -> None:
    for one in scenes:
        for plane in (one.foreground, one.background):
            assert plane is not None
            assert modes(plane) <= 5


def test_many_hues_side_by_side_are_many_clusters() -> None:
    hues = np.random.default_rng(1).random((7, 7, 3)).astype(np.float32)
    assert modes(np.kron(hues, np.ones((32, 32, 1), np.float32))) > 5

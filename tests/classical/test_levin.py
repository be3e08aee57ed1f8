"""Levin's colours against a slow direct implementation."""

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import spsolve

from mattekit.classical.levin import closed_form, levin
from mattekit.core.types import Alpha, Image, Sample


def directly(image: Image, alpha: Alpha) -> tuple[Image, Image]:
    """All conditions as rows of one system, pixel by pixel and pair by pair."""
    height, width = alpha.shape
    count, rows, values = height * width, [], {0: [], 1: [], 2: []}

    def condition(entries: dict[int, float], right: np.ndarray) -> None:
        rows.append(entries)
        for channel in range(3):
            values[channel].append(right[channel])

    for y in range(height):
        for x in range(width):
            a, pixel, colour = float(alpha[y, x]), y * width + x, image[y, x].astype(float)
            condition({pixel: a, count + pixel: 1 - a}, colour)
            for share, place in ((a, pixel), (1 - a, count + pixel)):
                weight = 100 * (share > 0.98) + 0.03 * share * (share > 0.7)
                weight += 0.01 * (share < 0.02)
                condition({place: weight}, weight * colour * (share >= 0.02))
            for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
                if not (y + down < height and 0 <= x + right < width):
                    continue
                b = float(alpha[y + down, x + right])
                if not (0.02 <= a <= 0.98 or 0.02 <= b <= 0.98):
                    continue
                other = (y + down) * width + x + right
                for layer, share in ((0, 1 - a), (count, a)):
                    weight = abs(a - b) ** 0.5 + 0.003 * share
                    condition({layer + pixel: weight, layer + other: -weight}, np.zeros(3))
    matrix = sparse.lil_matrix((len(rows), 2 * count))
    for number, entries in enumerate(rows):
        for place, value in entries.items():
            matrix[number, place] = value
    matrix = matrix.tocsc()
    solved = [
        spsolve((matrix.T @ matrix).tocsc(), matrix.T @ np.array(values[channel]))
        for channel in range(3)
    ]
    both = np.clip(np.array(solved).T, 0, 1)
    return both[:count].reshape(image.shape), both[count:].reshape(image.shape)


def everywhere(alpha: Alpha) -> np.ndarray:
    return np.ones(alpha.shape, np.bool_)


def test_colours_equal_the_direct_solution_of_all_conditions(strands: Sample) -> None:
    image, alpha = strands.image[10:40, 20:46], strands.alpha[10:40, 20:46]
    assert ((alpha > 0) & (alpha < 1)).mean() > 0.1
    found = levin(image, alpha, everywhere(alpha))
    for ours, direct in zip(found, directly(image, alpha), strict=True):
        assert np.abs(ours.reshape(image.shape) - direct).max() < 1e-4


def test_closed_form_colours_equal_those_of_pymatting(strands: Sample) -> None:
    from pymatting import estimate_foreground_cf

    image, alpha = strands.image.astype(np.float64), strands.alpha.astype(np.float64)
    theirs = estimate_foreground_cf(image, alpha, return_background=True, rtol=1e-8)
    found = closed_form(strands.image, strands.alpha, everywhere(alpha))
    for ours, layer, share in zip(found, theirs, (alpha, 1 - alpha), strict=True):
        difference = share[..., None] * (ours.reshape(layer.shape) - layer)
        assert np.abs(difference).mean() < 1e-3


def test_an_opaque_picture_is_its_own_foreground() -> None:
    image = np.random.default_rng(1).random((6, 7, 3), dtype=np.float32)
    alpha = np.ones((6, 7), np.float32)
    foreground, _ = levin(image, alpha, everywhere(alpha))
    assert np.abs(foreground.reshape(image.shape) - image).max() < 1e-3

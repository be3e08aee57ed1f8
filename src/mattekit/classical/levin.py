"""Colours of subject and background by least squares, solved exactly.

Conditions on the colours F and B of every pixel, each with its weight: a F + b B = I; a given
colour where one of the layers covers the pixel or is hardly visible; and equal neighbours. `levin`
has the weights of Levin et al.'s published program, `closed_form` those of pymatting's
`estimate_foreground_cf`.

I: image, F, B: its colours, a: share of F (alpha), b: share of B; all with one row per pixel.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import block_array, csr_array, diags_array

from mattekit.classical.linear import solve
from mattekit.classical.multilevel import multilevel
from mattekit.core.types import Alpha, Mask, Plane
from mattekit.imaging.picture import to_float

SOFT = (0.02, 0.98)
LEVIN_TOLERANCE = 1e-10  # of the solver; weights reach from 1e-5 to 1e4
CLOSED_FORM_TOLERANCE = 1e-5
ALL_NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))  # rows down, columns right; each pair once
GRADIENT = 1e-5
LEAST = 1e-9  # added to the diagonal, for soft pixels without neighbours


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """The conditions on one layer alone: weight X = weight target, and pairs of pixels alike."""

    share: Plane
    weight: Plane
    target: Plane
    alike: Plane
    """Squared weight of each pair."""


def levin(image: Plane, alpha: Alpha, band: Mask) -> tuple[Plane, Plane]:
    """Foreground and background colours of the pixels of the band, in [0, 1], one row each.

    Neighbours are made equal where one of the two is soft.
    """
    soft = (alpha >= SOFT[0]) & (alpha <= SOFT[1])
    pairs = _pairs(band, ALL_NEIGHBOURS, soft)
    I, a = (to_float(plane[band]).astype(np.float64) for plane in (image, alpha))  # noqa: E741
    first, second = pairs
    step = np.sqrt(np.abs(a[first] - a[second]))
    layers = []
    for share in (a, 1 - a):
        rest, hidden = 1 - share, share < SOFT[0]
        weight = 100.0 * (share > SOFT[1]) + 0.03 * share * (share > 0.7) + 0.01 * hidden
        target = np.where(hidden[:, None], 0.0, I)
        alike = (step + 0.003 * rest[first]) ** 2
        layers.append(_Layer(share=share, weight=weight, target=target, alike=alike))
    return _solved(I, pairs, layers, multilevel(image, alpha, band), LEVIN_TOLERANCE)


def closed_form(image: Plane, alpha: Alpha, band: Mask) -> tuple[Plane, Plane]:
    """The same without given colours, and with all pairs of neighbours."""
    pairs = _pairs(band, ALL_NEIGHBOURS[:2], band)
    I, a = (to_float(plane[band]).astype(np.float64) for plane in (image, alpha))  # noqa: E741
    alike = 2 * (GRADIENT + np.abs(a[pairs[0]] - a[pairs[1]]))
    layers = [
        _Layer(share=share, weight=np.zeros_like(a), target=I, alike=alike) for share in (a, 1 - a)
    ]
    return _solved(I, pairs, layers, multilevel(image, alpha, band), CLOSED_FORM_TOLERANCE)


def _pairs(band: Mask, steps: Sequence[tuple[int, int]], soft: Mask) -> Plane:
    """Numbers of both pixels of every pair within the band of which one is soft; 2 n."""
    height, width = band.shape
    number = (np.cumsum(band) - 1).reshape(band.shape)
    found = []
    for down, right in steps:
        left = max(0, -right)
        first = (slice(0, height - down), slice(left, width - max(0, right)))
        second = (slice(down, height), slice(left + right, width - max(0, right) + right))
        wanted = band[first] & band[second] & (soft[first] | soft[second])
        found.append([number[first][wanted], number[second][wanted]])
    return np.concatenate(found, axis=1)


def _solved(
    I: Plane,  # noqa: E741
    pairs: Plane,
    layers: Sequence[_Layer],
    start: Sequence[Plane],
    tolerance: float,
) -> tuple[Plane, Plane]:
    """The normal equations of all conditions, F first, then B, channel by channel."""
    front, back = layers
    FF, BB = (
        _laplacian(pairs, layer.alike, len(I))
        + diags_array(layer.share**2 + layer.weight**2 + LEAST)
        for layer in layers
    )
    both = diags_array(front.share * back.share)
    matrix = csr_array(block_array([[FF, both], [both, BB]]))
    right = np.concatenate(
        [layer.share[:, None] * I + (layer.weight**2)[:, None] * layer.target for layer in layers]
    )
    a, b, c = FF.diagonal(), both.diagonal(), BB.diagonal()
    determinant = a * c - b * b

    def of_every_pixel(residual: Plane) -> Plane:
        of_F, of_B = np.split(residual, 2)
        x = np.concatenate([c * of_F - b * of_B, a * of_B - b * of_F])
        return x / np.tile(determinant, 2)

    first = np.concatenate(start).astype(np.float64)
    solutions = [
        solve(
            matrix, right[:, channel], of_every_pixel, start=first[:, channel], tolerance=tolerance
        )
        for channel in range(3)
    ]
    F, B = np.split(np.stack(solutions, axis=1).clip(0, 1).astype(np.float32), 2)
    return F, B


def _laplacian(pairs: Plane, weight: Plane, count: int) -> csr_array:
    """Sum over pairs of weight (x_p - x_q)^2, as a matrix."""
    p, q = pairs
    values = np.concatenate([weight, weight, -weight, -weight])
    rows, columns = np.concatenate([p, q, p, q]), np.concatenate([p, q, q, p])
    return csr_array((values, (rows, columns)), shape=(count, count))

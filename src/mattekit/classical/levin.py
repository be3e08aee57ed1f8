"""Foreground and background colours by the least squares of Levin et al.'s published program.

Three kinds of conditions, each with its weight, in one system for F and B of a colour channel:
a F + b B = I; F = I where a is large and B = I where b is; equal neighbours, also diagonal ones,
where one of the two is soft. A pixel without such a neighbour stands alone and is solved by itself,
so the coupled system is no larger than the soft band.

I: image, F, B: its colours, a: share of F (alpha), b: share of B; all with one row a pixel.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import block_array, csr_matrix, diags_array

from mattekit.classical.equations import incomplete_cholesky, solve
from mattekit.core.types import Alpha, Image, Mask, Plane
from mattekit.imaging.compose import over

SOFT = (0.02, 0.98)
TOLERANCE = 1e-10  # of the solver; the smoothness weights are as small as 1e-5
NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))  # rows down, columns right


@dataclass(frozen=True, kw_only=True)
class Prior:
    """The condition weight X = weight target for one of the layers."""

    weight: Plane
    target: Plane


def levin(image: Image, alpha: Alpha) -> tuple[Image, Image]:
    """Foreground and background colours, in [0, 1]."""
    I, a = image.reshape(-1, 3).astype(np.float64), alpha.ravel().astype(np.float64)  # noqa: E741
    b = over(0.0, a, 1.0)
    prior_F, prior_B = _prior(I, a, b), _prior(I, b, a)
    F, B = _alone(I, a, b, prior_F, prior_B)
    pairs = _soft_pairs(alpha)
    coupled = np.unique(pairs)
    if coupled.size:
        matrix = _coupled_matrix(a, b, prior_F, prior_B, pairs, coupled)
        right_F, right_B = _right(I, a, prior_F), _right(I, b, prior_B)
        right = np.concatenate([right_F[coupled], right_B[coupled]])
        start = np.concatenate([I[coupled], I[coupled]])
        preconditioner = incomplete_cholesky(matrix)
        for c in range(3):
            both = solve(
                matrix, right[:, c], preconditioner, start=start[:, c], tolerance=TOLERANCE
            )
            F[coupled, c], B[coupled, c] = np.split(both, 2)
    F, B = (np.clip(X, 0, 1).astype(np.float32).reshape(image.shape) for X in (F, B))
    return F, B


def _prior(I: Plane, share: Plane, rest: Plane) -> Prior:  # noqa: E741
    """The layer has the photo's colour where it covers it, and is black where it hardly shows."""
    hidden = share < SOFT[0]
    weight = 100.0 * (share > SOFT[1]) + 0.03 * share * (share > 0.7) + 0.01 * hidden
    return Prior(weight=weight, target=np.where(hidden[:, None], 0.0, I))


def _right(I: Plane, share: Plane, prior: Prior) -> Plane:  # noqa: E741
    return share[:, None] * I + (prior.weight**2)[:, None] * prior.target


def _alone(I: Plane, a: Plane, b: Plane, prior_F: Prior, prior_B: Prior) -> tuple[Plane, Plane]:  # noqa: E741
    """Every pixel by itself: two equations in F and B."""
    FF, BB, FB = a**2 + prior_F.weight**2, b**2 + prior_B.weight**2, a * b
    right_F, right_B = _right(I, a, prior_F), _right(I, b, prior_B)
    determinant = np.maximum(FF * BB - FB**2, 1e-12)[:, None]  # 0 only where pixels are coupled
    F = (BB[:, None] * right_F - FB[:, None] * right_B) / determinant
    B = (FF[:, None] * right_B - FB[:, None] * right_F) / determinant
    return F, B


def _soft_pairs(alpha: Alpha) -> Plane:
    """Numbers of the two pixels of every neighbouring pair of which one is soft; 2 columns."""
    soft = (alpha >= SOFT[0]) & (alpha <= SOFT[1])
    number = np.arange(alpha.size).reshape(alpha.shape)
    found = [_pairs(number, soft, down, right) for down, right in NEIGHBOURS]
    return np.concatenate(found)


def _pairs(number: Plane, soft: Mask, down: int, right: int) -> Plane:
    height, width = number.shape
    left = max(0, -right)
    first = (slice(0, height - down), slice(left, width - max(0, right)))
    second = (slice(down, height), slice(left + right, width - max(0, right) + right))
    wanted = soft[first] | soft[second]
    return np.stack([number[first][wanted], number[second][wanted]], axis=1)


def _coupled_matrix(
    a: Plane, b: Plane, prior_F: Prior, prior_B: Prior, pairs: Plane, coupled: Plane
) -> csr_matrix:
    """The normal equations of all conditions on the coupled pixels, F first, then B."""
    place = np.searchsorted(coupled, pairs)
    first = pairs[:, 0]
    step = np.sqrt(np.abs(a[first] - a[pairs[:, 1]]))
    smooth_F = _laplacian(place, (step + 0.003 * b[first]) ** 2, coupled.size)
    smooth_B = _laplacian(place, (step + 0.003 * a[first]) ** 2, coupled.size)
    FF, BB = (a**2 + prior_F.weight**2)[coupled], (b**2 + prior_B.weight**2)[coupled]
    FB = diags_array((a * b)[coupled])
    blocks = [[smooth_F + diags_array(FF), FB], [FB, smooth_B + diags_array(BB)]]
    return csr_matrix(block_array(blocks))


def _laplacian(pairs: Plane, weight: Plane, count: int) -> csr_matrix:
    """Sum over pairs of weight (x_p - x_q)^2, as a matrix."""
    p, q = pairs.T
    values = np.concatenate([weight, weight, -weight, -weight])
    rows, columns = np.concatenate([p, q, p, q]), np.concatenate([p, q, q, p])
    return csr_matrix((values, (rows, columns)), shape=(count, count))

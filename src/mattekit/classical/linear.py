"""A solver for equations dominated by the matting Laplacian, and what all such methods share.

Conjugate gradients with incomplete Cholesky take hundreds of steps: L nearly vanishes on alphas
that are affine in the colours, alpha = a . I + b, and these converge slowly. The two-level
preconditioner here gives every block of pixels four coarse unknowns (a, b) and solves for those
directly; 30 to 60 steps remain.

L: the matting Laplacian, see `laplacian`.
"""

import math
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.sparse.linalg import LinearOperator, splu

from mattekit.core.errors import BadTrimap
from mattekit.core.matte import Matte, known_alpha
from mattekit.core.types import Mask, Plane, Trimap
from mattekit.imaging.picture import to_float
from mattekit.imaging.trimap import check_trimap

Vector = npt.NDArray[np.float64]
Precondition = Callable[[Vector], Vector]
"""An approximate inverse of a matrix, which only affects the speed of the solver."""

DEFAULT_MEMORY = 4 * 2**30
BASE_MEMORY = 200 * 2**20  # the process with its libraries

BLOCK = 6  # sides of the blocks that are one pixel of the coarse level
SMOOTHING = 0.33  # of the coarse functions
DAMPING = 0.5
MOST_STEPS = 2_000
DRIFT = 1e3
"""The true residual may exceed the one that the solver updates by this factor."""


def matte_of_known(image: Plane, trimap: Trimap) -> Matte | None:
    """The matte of a trimap that leaves nothing to solve for, with a warning; else None.

    Raises:
        BadTrimap: the trimap has another size, or knows no foreground or no background.
    """
    remarks = check_trimap(trimap, (image.shape[0], image.shape[1]))
    if remarks:  # nothing is unknown
        return Matte(alpha=known_alpha(trimap), warnings=list(remarks))
    check_trimap(trimap, trimap.shape, needs_both=True)
    return None


def dot(first: Plane, second: Plane) -> Plane:
    """Dot products of vectors that are columns, k n."""
    product: Plane = np.einsum("kn,kn->n", first, second)
    return product


class TwoLevel:
    """A `Precondition` of equations in the unknown pixels of a picture.

    A smoothing step, a correction on the coarse level, a smoothing step; in single precision, since
    it only affects the speed of the solver. It also works for slightly different matrices, such as
    one with another diagonal.
    """

    def __init__(self, matrix: csr_array, image: Plane, unknown: Mask) -> None:
        diagonal = _positive(matrix.diagonal())
        coarse_functions = _coarse_functions(image, unknown)
        smoothed = matrix @ coarse_functions
        smoothed = csr_array(coarse_functions - diags_array(SMOOTHING / diagonal) @ smoothed)
        coarse = csc_array(smoothed.T.tocsr() @ (matrix @ smoothed))
        coarse = csc_array(coarse + diags_array(1e-10 + 1e-8 * coarse.diagonal()))
        self._solve_coarse = splu(
            coarse,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        ).solve
        self._matrix = matrix.astype(np.float32)
        self._weight = (DAMPING / diagonal).astype(np.float32)
        self._up = smoothed.astype(np.float32)
        self._down = csr_array(self._up.T)

    def __call__(self, residual: Vector) -> Vector:
        r = residual.astype(np.float32)
        x = self._weight * r
        coarse = self._down @ (r - self._matrix @ x)
        x += self._up @ self._solve_coarse(coarse.astype(np.float64)).astype(np.float32)
        x += self._weight * (r - self._matrix @ x)
        return x.astype(np.float64)


def solve_symmetric(A: Iterable[Plane], b: Iterable[Plane]) -> list[Plane]:
    """x of A x = b for symmetric 3x3 matrices, given as planes xx, yy, zz, xy, xz, yz; by
    cofactors."""
    xx, yy, zz, xy, xz, yz = A
    cofactors = [
        yy * zz - yz * yz,
        xx * zz - xz * xz,
        xx * yy - xy * xy,
        xz * yz - xy * zz,
        xy * yz - xz * yy,
        xy * xz - xx * yz,
    ]
    determinant = xx * cofactors[0] + xy * cofactors[3] + xz * cofactors[4]
    return [x / np.maximum(determinant, 1e-30) for x in times_symmetric(cofactors, b)]


def times_symmetric(A: Iterable[Plane], v: Iterable[Plane]) -> list[Plane]:
    """Symmetric 3x3 matrices times vectors."""
    xx, yy, zz, xy, xz, yz = A
    x, y, z = v
    return [xx * x + xy * y + xz * z, xy * x + yy * y + yz * z, xz * x + yz * y + zz * z]


def _coarse_functions(image: Plane, unknown: Mask) -> csr_array:
    """1, red, green and blue of every block, the colours less their mean; one column each."""
    rows, columns = np.nonzero(unknown)
    across = unknown.shape[1] // BLOCK + 1
    _, block = np.unique(rows // BLOCK * across + columns // BLOCK, return_inverse=True)
    count = np.bincount(block)
    colours = to_float(image[unknown]).astype(np.float64)
    means = [np.bincount(block, channel) / count for channel in colours.T]
    values = np.column_stack([np.ones(rows.size), colours - np.stack(means, axis=1)[block]])
    places = (block[:, None] * 4 + np.arange(4)).astype(np.int32)
    return sparse_rows(values, places, 4 * count.size)


def sparse_rows(values: Plane, columns: Plane, width: int) -> csr_array:
    """The matrix of that width whose rows all have k entries: values and their columns, n k."""
    starts = np.arange(0, values.size + 1, values.shape[1], dtype=columns.dtype)
    return csr_array((values.ravel(), columns.ravel(), starts), shape=(len(values), width))


def jacobi(diagonal: Vector) -> Precondition:
    """Division by the diagonal."""
    diagonal = _positive(diagonal)
    return lambda residual: residual / diagonal


def _positive(diagonal: Vector) -> Vector:
    """The diagonal of a matrix, 1 for empty rows."""
    return np.where(diagonal <= 0, 1, diagonal)


def solve(
    matrix: csr_array | LinearOperator,
    right: Vector,
    precondition: Precondition,
    *,
    start: Vector | None = None,
    tolerance: float = 1e-7,
) -> Vector:
    """x with |right - matrix x| at most `tolerance` of |right|, by conjugate gradients.

    Raises:
        BadTrimap: there is no stable solution.
    """
    x = np.zeros_like(right) if start is None else start.copy()
    goal = tolerance * _norm(right)
    residual = right - matrix @ x
    direction, before = np.zeros_like(right), 1.0
    for _ in range(MOST_STEPS):
        if _norm(residual) <= goal:
            break
        z = precondition(residual)
        product = _product(residual, z)
        direction *= product / before
        direction += z
        image = matrix @ direction
        curvature = _product(direction, image)
        if not curvature > 0:
            break
        step = product / curvature
        x += step * direction
        residual -= step * image
        before = product
    if not _norm(right - matrix @ x) <= DRIFT * goal:
        raise BadTrimap(
            "the equations of this picture and trimap have no stable solution; "
            "mark more pixels as sure subject and sure background"
        )
    return x


def _product(first: Vector, second: Vector) -> float:
    """Dot product without BLAS, whose threads busy-wait for each other on a shared machine."""
    return float(np.einsum("n,n->", first, second))


def _norm(vector: Vector) -> float:
    return math.sqrt(_product(vector, vector))

"""Sparse symmetric equations, solved by conjugate gradients; what a solver has to tell is kept."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from mattekit.core.errors import BadTrimap

Vector = npt.NDArray[np.float64]

ENTRIES_PER_ENTRY = 20
"""Room for the factor: so many entries for each entry of the matrix."""
DRIFT = 1e3
"""The true residual may exceed the one that the solver counted by this factor."""


@dataclass(frozen=True, kw_only=True)
class Preconditioner:
    """An approximate inverse for conjugate gradients: it changes their speed, not the result."""

    apply: Callable[[Vector], Vector]
    warnings: list[str] = field(default_factory=list)


def incomplete_cholesky(matrix: csr_matrix) -> Preconditioner:
    """The usual preconditioner; where it exists only for a changed diagonal, a warning says so."""
    from pymatting.preconditioner.ichol import ichol

    try:
        with complaints() as said:
            apply = ichol(matrix, max_nnz=ENTRIES_PER_ENTRY * matrix.nnz)
    except ValueError:
        return Preconditioner(apply=_by_diagonal(matrix), warnings=[_NEARLY_SINGULAR])
    return Preconditioner(apply=apply, warnings=[_NEARLY_SINGULAR] if said.getvalue() else [])


@contextmanager
def complaints() -> Iterator[io.StringIO]:
    """What pymatting prints meanwhile, which it does when it has to change the diagonal."""
    said = io.StringIO()
    with redirect_stdout(said):
        yield said


_NEARLY_SINGULAR = (
    "the equations are nearly singular; they were solved with a changed preconditioner, "
    "which takes longer and gives the same result"
)


def _by_diagonal(matrix: csr_matrix) -> Callable[[Vector], Vector]:
    diagonal = matrix.diagonal()
    inverse = np.divide(1.0, diagonal, out=np.ones_like(diagonal), where=diagonal > 0)
    return lambda residual: inverse * residual


def solve(
    matrix: csr_matrix,
    right: Vector,
    preconditioner: Preconditioner,
    *,
    start: Vector | None = None,
    tolerance: float = 1e-7,
) -> Vector:
    """x with |right - matrix x| at most `tolerance` of |right|; an error if there is none."""
    from pymatting.solver.cg import cg

    try:
        solution: Vector = cg(matrix, right, x0=start, M=preconditioner.apply, rtol=tolerance)
    except ValueError as error:  # as many steps as allowed
        raise BadTrimap(_NO_SOLUTION) from error
    residual = np.linalg.norm(right - matrix @ solution)  # the solver only keeps count of it
    if not residual <= DRIFT * tolerance * np.linalg.norm(right):
        raise BadTrimap(_NO_SOLUTION)
    return solution


_NO_SOLUTION = (
    "the equations of this picture and trimap have no stable solution; "
    "mark more pixels as sure subject and sure background"
)

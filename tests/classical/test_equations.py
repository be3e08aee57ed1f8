"""Preconditioned conjugate gradients."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mattekit.classical.equations import incomplete_cholesky, solve
from mattekit.core.errors import BadTrimap


def chain(count: int) -> csr_matrix:
    """Second differences, held at the ends."""
    matrix = 2.0 * np.eye(count) - np.eye(count, k=1) - np.eye(count, k=-1)
    return csr_matrix(matrix)


def test_the_solution_is_that_of_the_dense_solver() -> None:
    matrix, right = chain(30), np.linspace(-1, 1, 30)
    preconditioner = incomplete_cholesky(matrix)
    ours = solve(matrix, right, preconditioner)
    assert np.allclose(ours, np.linalg.solve(matrix.toarray(), right), atol=1e-5)
    assert preconditioner.warnings == []


@pytest.mark.parametrize("least", [-1.0, -1e9])
def test_a_factorisation_that_fails_is_one_line_and_nothing_is_printed(
    least: float, capsys: pytest.CaptureFixture[str]
) -> None:
    preconditioner = incomplete_cholesky(csr_matrix(np.diag([1.0, least, 2.0])))
    assert len(preconditioner.warnings) == 1
    assert "nearly singular" in preconditioner.warnings[0]
    assert capsys.readouterr().out == ""
    assert np.isfinite(preconditioner.apply(np.ones(3))).all()


def test_equations_without_a_solution_are_an_error_with_advice() -> None:
    matrix = csr_matrix(np.array([[1.0, -1.0], [-1.0, 1.0]]))
    with pytest.raises(BadTrimap, match="mark more pixels"), np.errstate(all="ignore"):
        solve(matrix, np.array([1.0, 1.0]), incomplete_cholesky(matrix))

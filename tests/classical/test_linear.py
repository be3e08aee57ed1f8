"""The matting Laplacian and the solver."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from mattekit.classical.laplacian import matting_laplacian
from mattekit.classical.linear import TwoLevel, solve
from mattekit.core.errors import BadTrimap
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Sample


def test_the_laplacian_is_that_of_pymatting_on_the_unknown_pixels(strands: Sample) -> None:
    from pymatting import cf_laplacian

    unknown = (strands.trimap == UNKNOWN).ravel()
    foreground = (strands.trimap == FOREGROUND).ravel()
    theirs = cf_laplacian(strands.image.astype(np.float64)).tocsr()[unknown]
    matrix, right = matting_laplacian(strands.image, strands.trimap)
    assert abs(matrix - theirs[:, unknown]).max() < 1e-7
    assert np.abs(right + theirs @ foreground).max() < 1e-7


@pytest.mark.parametrize("grey", [False, True])
def test_an_alpha_that_is_affine_in_the_colours_costs_nothing(strands: Sample, grey: bool) -> None:
    image = strands.image.mean(axis=2, keepdims=True).repeat(3, 2) if grey else strands.image
    matrix, _ = matting_laplacian(image, np.full_like(strands.trimap, UNKNOWN))
    affine = image.reshape(-1, 3).astype(np.float64) @ [0.3, -0.8, 0.9] + 0.2
    assert affine @ (matrix @ affine) < 1e-6 * (affine @ affine)


def test_the_preconditioner_saves_four_steps_of_five(strands: Sample) -> None:
    matrix, right = matting_laplacian(strands.image, strands.trimap)
    two_level = TwoLevel(matrix, strands.image, strands.trimap == UNKNOWN)
    diagonal, steps = matrix.diagonal(), {"two-level": 0, "diagonal": 0}

    def counted(name: str, apply):
        def counting(residual):
            steps[name] += 1
            return apply(residual)

        return counting

    first = solve(matrix, right, counted("two-level", two_level))
    second = solve(matrix, right, counted("diagonal", lambda residual: residual / diagonal))
    assert np.abs(first - second).max() < 1e-3
    assert steps["two-level"] < min(70, 0.2 * steps["diagonal"])


def test_the_solution_is_that_of_the_dense_solver() -> None:
    dense = 2.0 * np.eye(30) - np.eye(30, k=1) - np.eye(30, k=-1)
    right = np.linspace(-1, 1, 30)
    ours = solve(csr_array(dense), right, lambda residual: residual)
    assert np.allclose(ours, np.linalg.solve(dense, right), atol=1e-5)


@pytest.mark.parametrize("entries", [[[1.0, -1.0], [-1.0, 1.0]], [[1.0, 0.0], [0.0, -2.0]]])
def test_equations_without_a_solution_are_an_error_with_advice(entries: list) -> None:
    with pytest.raises(BadTrimap, match="mark more pixels"):
        solve(csr_array(entries), np.array([1.0, 1.0]), lambda residual: residual)


def test_only_unknown_pixels_have_rows() -> None:
    trimap = np.full((40, 50), BACKGROUND, np.uint8)
    trimap[10:12, 10:13], trimap[30, 40] = UNKNOWN, UNKNOWN
    image = np.random.default_rng(3).random((40, 50, 3), np.float32)
    matrix, right = matting_laplacian(image, trimap)
    assert matrix.shape == (7, 7)
    assert not right.any()
    assert not matrix[:6, 6:].nnz

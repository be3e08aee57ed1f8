"""The matting Laplacian (Levin et al. 2008) and a solver for equations that it dominates.

Conjugate gradients with incomplete Cholesky take hundreds of steps: L hardly sees alphas that are
affine in the colours, alpha = a . I + b, and these are what it damps slowly. The two-level
preconditioner here gives every block of pixels four coarse unknowns (a, b) and solves for those
directly; 30 to 60 steps remain.

L: the matting Laplacian; U: the unknown pixels, K: the known ones, numbered row by row; m: 1 where
the trimap says foreground.
"""

import math
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.sparse.linalg import LinearOperator, splu

from mattekit.core.errors import BadTrimap
from mattekit.core.types import FOREGROUND, UNKNOWN, Mask, Plane, Trimap
from mattekit.imaging.picture import to_float

Vector = npt.NDArray[np.float64]

EPSILON = 1e-7
STRIP_UNKNOWN = 16_000  # unknown pixels at a time: their windows fit the processor's cache
STRIP_PIXELS = 1_000_000
REACH = 2  # two pixels share a window of L up to this distance
WINDOW = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
NEIGHBOURS = [(y, x) for y in range(-REACH, REACH + 1) for x in range(-REACH, REACH + 1)]

BLOCK = 6  # sides of the blocks that are one pixel of the coarse level
SMOOTHING = 0.33  # of the coarse functions
DAMPING = 0.5
MOST_STEPS = 2_000
DRIFT = 1e3
"""The true residual may exceed the one that the solver updates by this factor."""


def matting_laplacian(image: Plane, trimap: Trimap) -> tuple[csr_array, Vector]:
    """L_UU and -L_UK m; only rows of unknown pixels are ever made.

    A pixel that no 3x3 window reaches (in pictures of fewer than three rows or columns) has an
    empty row.
    """
    unknown = trimap == UNKNOWN
    number = np.cumsum(unknown, dtype=np.int32).reshape(unknown.shape)
    number = np.where(unknown, number - 1, -1)
    parts = [_rows(image, trimap, number, strip) for strip in _strips(unknown)]
    if not parts:
        return csr_array((0, 0)), np.zeros(0)
    values, columns, lengths, right = (np.concatenate(part) for part in zip(*parts, strict=True))
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return csr_array((values, columns, starts), shape=(right.size, right.size)), right


def _strips(unknown: Mask) -> Iterator[tuple[int, int]]:
    """First rows and ends of strips that hold unknown pixels, not many each."""
    height, width = unknown.shape
    count = np.concatenate([[0], np.cumsum(np.count_nonzero(unknown, axis=1))])
    top = 0
    while top < height:
        bottom = int(np.searchsorted(count, count[top] + STRIP_UNKNOWN, side="right")) - 1
        bottom = max(top + 1, min(bottom, top + STRIP_PIXELS // width))
        if count[bottom] > count[top]:
            yield top, bottom
        top = bottom


def _rows(
    image: Plane, trimap: Trimap, number: Plane, strip: tuple[int, int]
) -> tuple[Plane, Plane, Plane, Vector]:
    """Values, columns and lengths of the rows of L_UU for the unknown pixels of a strip, -L_UK m.

    Row p of L has 25 places, one a neighbour of p. Every place sums the windows that hold both.
    """
    rows = slice(max(strip[0] - REACH, 0), strip[1] + REACH)
    image, trimap, number = to_float(image[rows]), trimap[rows], number[rows]
    mine = number >= 0
    mine[: strip[0] - rows.start] = False
    mine[strip[1] - rows.start :] = False
    width = trimap.shape[1]
    pixel = np.flatnonzero(mine)
    centre, window_at = _windows(mine)
    step = [y * width + x for y, x in WINDOW]
    C = _whitened(image, centre, step)
    window = [window_at.take(pixel - s, mode="clip") for s in step]  # in which p has this place
    places = np.zeros((len(NEIGHBOURS), pixel.size))
    entry = np.zeros(centre.size + 1)  # the last one stands for windows beyond the border
    for i, (y, x) in enumerate(WINDOW):
        for j, (other_y, other_x) in enumerate(WINDOW[i:], i):
            entry[:-1] = float(i == j) - (1 + _dot(C[:, i], C[:, j])) / 9
            place = NEIGHBOURS.index((other_y - y, other_x - x))
            places[place] += entry.take(window[i])
            if i != j:
                places[-1 - place] += entry.take(window[j])
    neighbour = pixel[:, None] + np.array([y * width + x for y, x in NEIGHBOURS])
    values = places.T.copy()  # 0 beyond the border, where `neighbour` means nothing
    foreground = (trimap == FOREGROUND).ravel().take(neighbour, mode="clip")
    columns = number.ravel().take(neighbour, mode="clip")
    kept = (columns >= 0) & (values != 0)
    right = -np.einsum("pn,pn->p", values, foreground)
    return values[kept], columns[kept], np.count_nonzero(kept, axis=1), right


def _windows(mine: Mask) -> tuple[Plane, Plane]:
    """Centres of the windows that hold such a pixel, and for every pixel which window it centres.

    A pixel that centres none has their number in place of an index.
    """
    windows = cv2.dilate(mine.view(np.uint8), np.ones((3, 3), np.uint8))
    windows[[0, -1]] = 0
    windows[:, [0, -1]] = 0
    centre = np.flatnonzero(windows)
    window_at = np.full(mine.size, centre.size, np.int32)
    window_at[centre] = np.arange(centre.size)
    return centre, window_at


def _whitened(image: Plane, centre: Plane, step: list[int]) -> Plane:
    """C, 3 9 n: colours of every window less their mean, such that C_i . C_j is what L needs,
    (I_i - mean)^T (covariance + EPSILON / 9)^-1 (I_j - mean).

    Gram-Schmidt over the channels, with one more sample a channel for the regularisation; far more
    exact than an inverse where the colours of a window lie on a line, as in grey photos.
    """
    C = np.zeros((3, 9 + 3, centre.size))
    for channel, plane in enumerate(C):
        colours = image[..., channel].ravel()
        for place, s in enumerate(step):
            plane[place] = colours.take(centre + s)
        plane[:9] -= plane[:9].mean(axis=0)
        plane[9 + channel] = np.sqrt(EPSILON)
        for earlier in C[:channel]:
            plane -= _dot(earlier, plane) / 9 * earlier
        plane *= 3 / np.sqrt(_dot(plane, plane))
    return C[:, :9]


def _dot(first: Plane, second: Plane) -> Plane:
    product: Plane = np.einsum("kn,kn->n", first, second)
    return product


class TwoLevel:
    """An approximate inverse of equations in the unknown pixels of a picture.

    A smoothing step, a correction on the coarse level, a smoothing step; in single precision, since
    it changes the speed of the solver only. It also serves matrices that differ a little from its
    own, on the diagonal say.
    """

    def __init__(self, matrix: csr_array, image: Plane, unknown: Mask) -> None:
        diagonal = matrix.diagonal()
        diagonal[diagonal <= 0] = 1
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
    starts = np.arange(0, values.size + 1, 4, dtype=np.int32)
    shape = (rows.size, 4 * count.size)
    return csr_array((values.ravel(), places.ravel(), starts), shape=shape)


def solve(
    matrix: csr_array | LinearOperator,
    right: Vector,
    precondition: Callable[[Vector], Vector],
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
    """Not by BLAS, whose threads wait for each other in busy loops when the machine is shared."""
    return float(np.einsum("n,n->", first, second))


def _norm(vector: Vector) -> float:
    return math.sqrt(_product(vector, vector))

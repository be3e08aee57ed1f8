"""Information-flow matting (Aksoy, Aydin and Pollefeys 2017), written from the paper.

Four flows make one system: every unknown pixel is an affine mix of the pixels nearest in colour and
place; it is a mix of known foreground and background colours, trusted by how far apart these are;
unknown pixels of like colour have like alphas; and the matting Laplacian joins neighbours. Weights
are the paper's; none is tuned.

L: the matting Laplacian; U: the unknown pixels; m: 1 where the trimap says foreground; D: the rows
x_i - sum_j w_ij x_j of the colour mixture, whose product D_U^T D_U is never formed.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import LinearOperator

from mattekit.classical.knn import Neighbours, pixel_features
from mattekit.classical.laplacian import matting_laplacian
from mattekit.classical.linear import (
    Vector,
    jacobi,
    matte_of_known,
    solve,
    sparse_rows,
)
from mattekit.classical.reduced import enlarge, reduce
from mattekit.core.matte import Matte, known_alpha
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Image, Mask, Plane, Trimap
from mattekit.imaging.picture import to_float

MIX, KNOWN, AMONG = 20, 7, 5  # neighbours of the first three flows
PLACE_MIX, PLACE_KNOWN, PLACE_AMONG = 1.0, 10.0, 0.05  # weight of place beside colour
WEIGHT_KNOWN, WEIGHT_AMONG = 0.05, 0.01
LEAST_SHARE = 1e-3
CHUNK = 8_192  # unknown pixels whose neighbours are weighted at a time
TOLERANCE = 1e-6
MOST_UNKNOWN = 100_000
"""A picture with more is solved at a smaller size."""


def information_flow(image: Plane, trimap: Trimap) -> Matte:
    """Alpha where the trimap is unknown, from pixels of like colour near and far.

    A picture with many unknown pixels is solved at a smaller size and upsampled by a guided filter.

    Raises:
        BadTrimap: the trimap has another size, knows no foreground or no background, or the
            equations have no stable solution.

    >>> ramp = np.tile(np.linspace(0, 1, 9, dtype=np.float32)[:, None], (5, 1, 3))
    >>> trimap = np.tile(np.uint8([0, 0, 1, 1, 1, 1, 1, 2, 2]), (5, 1))
    >>> information_flow(ramp, trimap).alpha.shape
    (5, 9)
    """
    known = matte_of_known(image, trimap)
    if known is not None:
        return known
    unknown = np.count_nonzero(trimap == UNKNOWN)
    factor = math.ceil(math.sqrt(unknown / MOST_UNKNOWN))
    if factor == 1:
        return Matte(alpha=_exact(to_float(image), trimap))
    small, labels = reduce(image, trimap, factor)
    note = (
        f"{unknown / 1e6:.2f} million unknown pixels are many for information flow; solved at "
        f"1/{factor} of the size and upsampled by guided filter"
    )
    alpha = enlarge(_exact(small, labels), small, image, trimap)
    return Matte(alpha=alpha, warnings=[note])


def _exact(image: Image, trimap: Trimap) -> Alpha:
    alpha, unknown = known_alpha(trimap), trimap == UNKNOWN
    if unknown.any():
        known = known_colours(image, trimap)
        alpha[unknown] = solve_flow(image, trimap, matting_laplacian(image, trimap), known)
    return alpha


@dataclass(frozen=True, kw_only=True)
class KnownColours:
    """Alphas of the unknown pixels from known colours, one value each."""

    share: Vector
    """Of foreground in the mix, in [0, 1]."""
    trust: Vector
    """Mean squared distance of the two colours that were mixed, at most 1."""


def known_colours(image: Image, trimap: Trimap) -> KnownColours:
    """Every unknown pixel as a mix of the nearest foreground and background colours."""
    features, colour = _features(image, PLACE_KNOWN), slice(0, 3)
    labels = trimap.ravel()
    if not (labels == UNKNOWN).any():
        return KnownColours(share=np.zeros(0), trust=np.zeros(0))
    kinds = [features[labels == label] for label in (FOREGROUND, BACKGROUND)]
    trees = [Neighbours(kind) for kind in kinds]
    shares, trusts = [], []
    for some in _chunks(features[labels == UNKNOWN]):
        front, back = (
            kind[:, colour][tree.nearest(some, KNOWN)]
            for kind, tree in zip(kinds, trees, strict=True)
        )
        weights = _mixing(some[:, colour], np.concatenate([front, back], axis=1))
        of_front, of_back = np.split(weights, [front.shape[1]], axis=1)
        share = of_front.sum(axis=1)
        apart = _mixed(front, of_front, share) - _mixed(back, of_back, 1 - share)
        shares.append(share.clip(0, 1))
        trusts.append(np.square(apart).mean(axis=1).clip(max=1))
    return KnownColours(share=np.concatenate(shares), trust=np.concatenate(trusts))


def _mixed(colours: Plane, weights: Plane, share: Vector) -> Plane:
    share = np.where(np.abs(share) < LEAST_SHARE, LEAST_SHARE, share)
    mixed: Plane = np.einsum("nk,nkc->nc", weights, colours) / share[:, None]
    return mixed


def solve_flow(
    image: Image, trimap: Trimap, laplacian: tuple[csr_array, Vector], known: KnownColours
) -> Vector:
    """Alpha of the unknown pixels, given L_UU and -L_UK m of the same picture.

    Raises:
        BadTrimap: the equations have no stable solution.
    """
    unknown = trimap.ravel() == UNKNOWN
    D = _mixture(image, unknown)
    D_U, D_F = D[:, np.flatnonzero(unknown)], D[:, np.flatnonzero(trimap.ravel() == FOREGROUND)]
    D_UT = csr_array(D_U.T)
    matrix, right = laplacian
    trust = WEIGHT_KNOWN * known.trust
    rest = csr_array(matrix + WEIGHT_AMONG * _among(image, unknown) + diags_array(trust))
    operator = LinearOperator(rest.shape, matvec=lambda x: rest @ x + D_UT @ (D_U @ x), dtype=float)
    alpha = solve(
        operator,
        right + trust * known.share - D_UT @ D_F.sum(axis=1),
        jacobi(rest.diagonal() + D_U.power(2).sum(axis=0)),
        start=known.share,
        tolerance=TOLERANCE,
    )
    return alpha.clip(0, 1)


def _mixture(image: Image, unknown: Mask) -> csr_array:
    """D: every unknown pixel less an affine mix of the pixels nearest in colour and place."""
    features, pixel = _features(image, PLACE_MIX), np.flatnonzero(unknown)
    tree = Neighbours(features)
    parts = []
    for some in _chunks(pixel):
        near = _others(tree, features[some], MIX)
        weights = _mixing(features[some], features[near])
        parts.append(
            (np.column_stack([np.ones(some.size), -weights]), np.column_stack([some, near]))
        )
    values, columns = (np.concatenate(part) for part in zip(*parts, strict=True))
    return sparse_rows(values, columns, unknown.size)


def _among(image: Image, unknown: Mask) -> csr_array:
    """The graph Laplacian that joins unknown pixels of like colour, wherever they are."""
    features = _features(image, PLACE_AMONG)[unknown]
    near = _others(Neighbours(features), features, AMONG)
    close = np.abs(features[:, None] - features[near]).sum(axis=2)
    weights = (1 - close).clip(min=0) / 2
    joined = sparse_rows(weights, near, len(features))
    joined = joined + joined.T
    return csr_array(diags_array(joined.sum(axis=1)) - joined)


def _features(image: Image, place: float) -> Plane:
    """Colour and place of every pixel; place is relative to the size of the picture."""
    return pixel_features(image, place / image.shape[0], place / image.shape[1])


def _chunks(rows: Plane) -> Iterator[Plane]:
    for top in range(0, len(rows), CHUNK):
        yield rows[top : top + CHUNK]


def _others(tree: Neighbours, features: Plane, most: int) -> Plane:
    """The nearest points without the pixel itself, which comes first."""
    return tree.nearest(features, most + 1)[:, 1:]


def _mixing(X: Plane, N: Plane) -> Plane:
    """Weights, of sum 1, with which rows of N (n k d) mix to X (n d): regularised least squares.

    (D D^T + r 1) w = 1 up to scale, with D = N - X, computed from the small D^T D.
    """
    D = N - X[:, None]
    k = D.shape[1]
    r = 1e-3 * np.maximum(np.square(D).sum(axis=(1, 2)), 1e-9) / k + 1e-9
    small = D.transpose(0, 2, 1) @ D + r[:, None, None] * np.eye(D.shape[2])
    w = 1 - (D @ np.linalg.solve(small, D.sum(axis=1)[..., None]))[..., 0]
    weights: Plane = w / w.sum(axis=1, keepdims=True)
    return weights

"""SAD, MSE, MAD, Grad and Conn written straight from their definitions, slowly.

Nothing here knows mattekit: whole-picture labelling with scikit-image at every threshold, filtering
in two dimensions with SciPy. `mattekit.metrics` must give the same numbers.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from scipy import ndimage
from skimage import measure

UNKNOWN, FOREGROUND = 1, 2


def direct(predicted, true, trimap, protocol: str) -> dict[str, float]:
    """All five numbers of a protocol."""
    return {"official": _official, "gfm": _gfm, "dim-2019": _dim_2019, "gca": _gca}[protocol](
        predicted, true, trimap
    )


def _official(predicted, true, trimap) -> dict[str, float]:
    predicted, unknown = _paste(predicted, trimap), trimap == UNKNOWN
    error = np.abs(predicted - true)[unknown]
    edges = _edge_strength_9x9(_stretch(predicted)) - _edge_strength_9x9(_stretch(true))
    lost = _conn_map(
        predicted.astype(np.float32),
        true.astype(np.float32),
        main_body=_largest_by_columns,
        when_none=lambda shape: np.zeros(shape, bool),
    )
    return {
        "sad": error.sum() / 1000,
        "mse": (error**2).sum() / max(unknown.sum(), 1),
        "mad": error.sum() / max(unknown.sum(), 1),
        "grad": (edges[unknown] ** 2).sum() / 1000,
        "conn": lost[unknown].sum(dtype=float) / 1000,
    }


def _gfm(predicted, true, trimap) -> dict[str, float]:
    error = np.abs(predicted - true)
    edges = _edge_strength_scipy(predicted) - _edge_strength_scipy(true)
    lost = _conn_map(
        predicted,
        true,
        main_body=_largest_by_rows,
        when_none=lambda shape: np.ones(shape, bool),
    )
    return {
        "sad": error.sum() / 1000,
        "mse": (error**2).mean(),
        "mad": error.mean(),
        "grad": (edges**2).sum() / 10,
        "conn": lost.sum() / 1000,
    }


def _dim_2019(predicted, true, trimap) -> dict[str, float]:
    error, unknown = np.abs(_paste(predicted, trimap) - true), max((trimap == UNKNOWN).sum(), 1)
    return _official(predicted, true, trimap) | {
        "sad": error.sum(),
        "mse": (error**2).sum() / unknown,
        "mad": error.sum() / unknown,
    }


def _gca(predicted, true, trimap) -> dict[str, float]:
    pasted, unknown = _paste(predicted, trimap), trimap == UNKNOWN
    edges = _edge_strength_9x9(pasted) - _edge_strength_9x9(true)
    lost = _conn_map(pasted, true, main_body=_largest_with_background, when_none=None)
    return _official(predicted, true, trimap) | {
        "grad": (edges[unknown] ** 2).sum() / 1000,
        "conn": lost[unknown].sum() / 1000,
    }


def _paste(predicted, trimap):
    pasted = predicted.copy()
    pasted[trimap == 0] = 0
    pasted[trimap == FOREGROUND] = 1
    return pasted


def _stretch(matte):
    spread = matte.max() - matte.min()
    return (matte - matte.min()) / spread if spread else np.zeros_like(matte)


def _edge_strength_9x9(matte):
    """Rhemann's filter: G(x) G'(y) on 9x9, divided by its Frobenius norm, border replicated."""
    sigma = 1.4
    half = int(np.ceil(sigma * np.sqrt(-2 * np.log(np.sqrt(2 * np.pi) * sigma * 0.01))))
    filter_x = np.zeros((2 * half + 1, 2 * half + 1))
    for row in range(2 * half + 1):
        for column in range(2 * half + 1):
            i, j = row - half, column - half
            bell_i = np.exp(-(i**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
            bell_j = np.exp(-(j**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
            filter_x[row, column] = bell_i * (-j * bell_j / sigma**2)
    filter_x /= np.sqrt((filter_x**2).sum())
    x = ndimage.convolve(matte, filter_x, mode="nearest")
    y = ndimage.convolve(matte, filter_x.T, mode="nearest")
    return np.sqrt(x**2 + y**2)


def _edge_strength_scipy(matte):
    x = ndimage.gaussian_filter(matte, 1.4, order=[1, 0])
    y = ndimage.gaussian_filter(matte, 1.4, order=[0, 1])
    return np.sqrt(x**2 + y**2)


def _conn_map(predicted, true, *, main_body: Callable, when_none: Callable | None):
    """|phi(p) - phi(g)| at every pixel, in the precision of the mattes."""
    number = predicted.dtype.type
    thresholds = np.arange(0, 1.1, 0.1)
    connected_to = np.full(predicted.shape, -1, dtype=predicted.dtype)
    for before, threshold in pairwise(thresholds):
        both = (predicted >= number(threshold)) & (true >= number(threshold))
        none = when_none is not None and not both.any()
        body = when_none(both.shape) if none else main_body(both)
        connected_to[(connected_to == -1) & ~body] = number(before)
    connected_to[connected_to == -1] = 1

    def phi(matte):
        distance = matte - connected_to
        return 1 - distance * (distance >= number(0.15))

    return np.abs(phi(predicted) - phi(true))


def _largest_by_rows(both):
    labels = measure.label(both, connectivity=1)
    return labels == 1 + np.argmax(np.bincount(labels.ravel())[1:])


def _largest_by_columns(both):
    return _largest_by_rows(both.T).T


def _largest_with_background(both):
    labels = measure.label(both, connectivity=1)
    return labels == np.argmax(np.bincount(labels.ravel()))

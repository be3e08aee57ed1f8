"""Alpha and the subject's colours where a picture mixes it with a background that is known.

C = a F + (1 - a) B with B the plate. F is near the colours of the core around it: normal, with
their mean m and covariance S. Then C is normal with the mean a m + (1 - a) B and the covariance
V = a^2 S + (1 - a)^2 s^2 B B^T + N, for light on the plate that is wrong by a share s and for noise
N. The most likely alpha is (C - B) . V^-1 (m - B) / (m - B) . V^-1 (m - B); V and alpha are found
in turns. The most likely F is m + a S V^-1 (C - a m - (1 - a) B). (Chuang et al. 2001, with the
background given.) All in linear light.

The matting Laplacian, solved with these alphas as data weighted by their certainty, takes ten times
as long and does not lower the error on drawn scenes, so it has no part in it.
"""

import cv2
import numpy as np

from mattekit.classical.linear import solve_symmetric, times_symmetric
from mattekit.classical.reduced import values_at
from mattekit.core.types import Image, Mask, Plane

ROUNDS = 3
PLATE_ERROR = 0.05
"""s: share by which the light on the plate may be wrong."""
HUE_ERROR = 0.02
"""The same of each channel alone."""
LEAST_NOISE = 0.004  # deviation, in sRGB-coded values: of 8 bits
LEAST_SPREAD = 0.02
"""Deviation of colours of the subject that the core may not show."""
REACHES = (0.012, 0.04, 0.15, 0.5)
"""Of the longer side: how far colours of the core are looked for."""
FURTHER = 1e-3
"""Weight of what is found at one reach beside what is found at the one before."""
DECIDED = 1.0
"""Deviations of an alpha within which of 0 or 1 it is taken for that."""
MOST_UNCERTAIN = 0.08
SHRUNK = 4  # size at which they are averaged
PAIRS = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]
"""Entries of a symmetric matrix, in the order of its columns here."""


def unmix(
    light: Image,
    plate: Image,
    core: Plane,
    where: Mask,
    *,
    noise: float,
    own: Image | None = None,
) -> tuple[Plane, Plane]:
    """Alpha (n) and the subject's colours (n 3) of the pixels asked for, row by row.

    Args:
        core: how far the subject's own colour is known at every pixel, 0 to 1.
        noise: deviation, in sRGB-coded values.
        own: colours of the subject where no pixel shows it alone, as in smoke.
    """
    C, B = light[where], plate[where]
    m, S = core_colours(light if own is None else own, core, where)
    # the slope of the sRGB curve takes noise to linear light; it is about 2 L^0.55
    N = np.square((noise + LEAST_NOISE) * 2 * (np.maximum(C, 0) ** 0.55 + 0.02))
    d = m - B
    a: Plane = np.full(len(C), 0.5, np.float32)
    for _ in range(ROUNDS):
        d_V = np.stack(solve_symmetric(_covariance(a, S, B, N).T, d.T), axis=1)
        a = (_dot(C - B, d_V) / np.maximum(_dot(d, d_V), 1e-6)).clip(0, 1)
    uncertainty = DECIDED / np.sqrt(np.maximum(_dot(d, d_V), 1e-6))
    if own is None:
        a = _decided(a, uncertainty)
    share = a[:, None]
    rest = solve_symmetric(_covariance(a, S, B, N).T, (C - share * m - (1 - share) * B).T)
    F = np.maximum(m + share * np.stack(times_symmetric(S.T, rest), axis=1), 0)
    return a.astype(np.float32), F.astype(np.float32)


def _decided(a: Plane, uncertainty: Plane) -> Plane:
    """Alphas within their uncertainty of 0 or 1 are that, and three times as far off are kept."""
    off = np.minimum(a, 1 - a)
    off = np.minimum(off, 1.5 * np.maximum(off - np.minimum(uncertainty, MOST_UNCERTAIN), 0))
    decided: Plane = np.where(a < 0.5, off, 1 - off)
    return decided


def core_colours(light: Image, core: Plane, where: Mask) -> tuple[Plane, Plane]:
    """Mean (n 3) and covariance (n 6) of the colours of the core around the pixels asked for."""
    height, width = core.shape
    size = (-(-width // SHRUNK), -(-height // SHRUNK))
    planes = [core, *(light[..., i] * core for i in range(3))]
    planes += [light[..., i] * planes[1 + j] for i, j in PAIRS]
    small = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in planes]
    sums = [_around(plane, max(size)) for plane in small]
    rows, columns = np.nonzero(where)
    x = ((columns + 0.5) / SHRUNK - 0.5).astype(np.float32)
    y = ((rows + 0.5) / SHRUNK - 0.5).astype(np.float32)
    weight, *moments = (values_at(plane, x, y) for plane in sums)
    moments = [moment / np.maximum(weight, 1e-20) for moment in moments]
    mean, squares = np.stack(moments[:3], axis=1), moments[3:]
    covariance = np.stack(
        [s - mean[:, i] * mean[:, j] for s, (i, j) in zip(squares, PAIRS, strict=True)], axis=1
    )
    covariance[:, :3] = np.maximum(covariance[:, :3], 0) + LEAST_SPREAD**2
    return mean, covariance


def _around(plane: Plane, longest: int) -> Plane:
    """Sums over the surroundings, of which wider ones count where narrow ones hold nothing."""
    total = np.zeros_like(plane)
    for step, reach in enumerate(REACHES):
        side = 2 * max(1, round(reach * longest)) + 1
        total += np.float32(FURTHER**step) * cv2.blur(cv2.blur(plane, (side, side)), (side, side))
    return total


def _covariance(a: Plane, S: Plane, B: Plane, N: Plane) -> Plane:
    V = np.square(a)[:, None] * S
    wrong = np.square(PLATE_ERROR * (1 - a))
    for column, (i, j) in enumerate(PAIRS):
        V[:, column] += wrong * B[:, i] * B[:, j]
    V[:, :3] += N + np.square(HUE_ERROR * (1 - a)[:, None] * B.max(axis=1, keepdims=True))
    return V


def _dot(first: Plane, second: Plane) -> Plane:
    product: Plane = np.einsum("nc,nc->n", first, second)
    return product

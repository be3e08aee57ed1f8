"""What classical methods say of a picture, for a network that weighs and corrects it.

Two alphas are solved for at half the size and carried up along the colour lines: closed-form
(Levin et al. 2008), and closed-form drawn towards the alpha of sampled colour pairs where those are
sure of it. The second alone is ahead of closed-form at full size in squared error and Grad.

L: the matting Laplacian; U: the unknown pixels; s: the sampled alpha, C: how far it is trusted.
"""

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags_array

from mattekit.classical.closed_form import shrink_trimap
from mattekit.classical.colour_lines import enlarge
from mattekit.classical.compiling import set_up
from mattekit.classical.equations import Vector, incomplete_cholesky, solve
from mattekit.classical.sampling import sampled_colours
from mattekit.core.types import (
    BACKGROUND,
    FOREGROUND,
    UNKNOWN,
    Alpha,
    Image,
    Mask,
    Plane,
    Size,
    Trimap,
)
from mattekit.imaging.picture import to_float
from mattekit.imaging.resize import resize
from mattekit.imaging.trimap import check_trimap, paste_known

Estimates = npt.NDArray[np.float32]  # h w 10, the channels below

CHANNELS = (
    "fused alpha",
    "closed-form alpha",
    *(f"foreground {colour}" for colour in ("red", "green", "blue")),
    *(f"background {colour}" for colour in ("red", "green", "blue")),
    "sampled alpha",
    "confidence",
)

FACTOR = 2
MOST_UNKNOWN = 300_000
"""Unknown pixels at the small size; a picture with more is made smaller still."""
TRUST = 0.003
"""Weight of a fully sure sampled alpha beside the rows of L."""


def estimates(image: Plane, trimap: Trimap) -> Estimates:
    """Alphas, sampled colours and confidence at every pixel; `CHANNELS` says which is which.

    The picture comes as floats in [0, 1] or as samples of 8 or 16 bits; the trimap must have known
    pixels of both kinds.
    """
    check_trimap(trimap, (image.shape[0], image.shape[1]), needs_both=True)
    height, width = trimap.shape
    factor = _factor(int(np.count_nonzero(trimap == UNKNOWN)))
    small, labels = _shrunk(image, trimap, (-(-height // factor), -(-width // factor)))
    sampled = sampled_colours(small, labels)
    fused, closed = _solved(small, labels, sampled.alpha, sampled.confidence)
    alphas = [
        paste_known(enlarge(alpha, small, image, trimap == UNKNOWN), trimap)
        for alpha in (fused, closed)
    ]
    colours = np.dstack([sampled.foreground, sampled.background, sampled.alpha, sampled.confidence])
    blocks = colours.repeat(factor, axis=0).repeat(factor, axis=1)[:height, :width]
    return np.dstack([*alphas, blocks]).astype(np.float32)


def _factor(unknown: int) -> int:
    factor = FACTOR
    while unknown > MOST_UNKNOWN * factor**2:
        factor *= 2
    return factor


def _shrunk(image: Plane, trimap: Trimap, size: Size) -> tuple[Image, Trimap]:
    """Picture and trimap at a smaller size; one pixel of each block speaks for its label."""
    labels: Plane = cv2.resize(trimap, size[::-1], interpolation=cv2.INTER_NEAREST)
    if not ((labels == FOREGROUND).any() and (labels == BACKGROUND).any()):
        labels = shrink_trimap(trimap, size)  # keeps a label that only few pixels have
    return resize(to_float(image), size), labels


def _solved(image: Image, trimap: Trimap, s: Alpha, confidence: Alpha) -> tuple[Alpha, Alpha]:
    """x of (L_UU + C) x = C s - L_UK m, m being 1 where foreground; then the same with C = 0."""
    unknown = trimap == UNKNOWN
    closed = (trimap * np.float32(0.5)).astype(np.float32)
    fused = closed.copy()
    if unknown.any():
        matrix, right = _equations(image, trimap == FOREGROUND, unknown)
        C = (TRUST * confidence[unknown]).astype(np.float64)
        drawn = (matrix + diags_array(C)).tocsr()
        fused[unknown] = _solution(drawn, right + C * s[unknown])
        closed[unknown] = _solution(matrix, right)
    return fused, closed


def _equations(image: Image, foreground: Mask, unknown: Mask) -> tuple[csr_matrix, Vector]:
    """L_UU and -L_UK m."""
    set_up()
    from pymatting.laplacian.cf_laplacian import cf_laplacian

    laplacian = cf_laplacian(image.astype(np.float64), is_known=~unknown).tocsr()
    rows = laplacian[unknown.ravel()]
    return rows[:, unknown.ravel()], -(rows @ foreground.ravel().astype(np.float64))


def _solution(matrix: csr_matrix, right: Vector) -> Vector:
    if not right.any():  # no foreground touches the unknown; the solver would divide by zero
        return np.zeros_like(right)
    return np.clip(solve(matrix, right, incomplete_cholesky(matrix)), 0, 1)

"""Grad: do both mattes have the same edges? Rhemann et al. 2009.

The filter is an outer product, so it runs as two passes of one dimension.
"""

import cv2
import numpy as np
import numpy.typing as npt

from mattekit.metrics.pair import MattePair, Values
from mattekit.metrics.protocols import Protocol

Kernel = npt.NDArray[np.float64]  # one dimension


def gradient_error(pair: MattePair, protocol: Protocol) -> float:
    """Grad = sum over the region of (|grad p| - |grad g|)^2 / unit."""
    window = pair.window(margin=protocol.gradient_radius)
    difference = gradient_magnitude(_ranged(pair.predicted, protocol)[window], protocol)
    difference -= gradient_magnitude(_ranged(pair.true, protocol)[window], protocol)
    difference *= pair.inside[window]
    return cv2.norm(difference, cv2.NORM_L2SQR) / protocol.gradient_unit


def gradient_magnitude(matte: Values, protocol: Protocol) -> Values:
    """Length of the Gaussian-smoothed gradient at every pixel."""
    smooth, derive = kernels(protocol)
    border = {"replicated": cv2.BORDER_REPLICATE, "reflected": cv2.BORDER_REFLECT}
    border_type = border[protocol.gradient_border]
    across = cv2.sepFilter2D(matte, cv2.CV_64F, derive, smooth, borderType=border_type)
    down = cv2.sepFilter2D(matte, cv2.CV_64F, smooth, derive, borderType=border_type)
    return np.asarray(cv2.magnitude(across, down), dtype=np.float64)


def kernels(protocol: Protocol) -> tuple[Kernel, Kernel]:
    """The smoothing Gaussian and its derivative, scaled as the protocol says."""
    sigma, radius = protocol.gradient_sigma, protocol.gradient_radius
    at = np.arange(-radius, radius + 1, dtype=np.float64)
    smooth = np.exp(-(at**2) / (2 * sigma**2))
    smooth /= smooth.sum()
    derive = -at / sigma**2 * smooth
    if protocol.gradient_filter == "unit Euclidean norm":
        smooth /= np.linalg.norm(smooth)
        derive /= np.linalg.norm(derive)
    return smooth, derive


def _ranged(matte: Values, protocol: Protocol) -> Values:
    """Stretched to the full range 0..1 where the protocol does so.

    A constant matte has no edges and becomes zeros.
    """
    if protocol.gradient_range == "as it is":
        return matte
    lowest, highest = float(matte.min()), float(matte.max())
    if (lowest, highest) == (0.0, 1.0):
        return matte
    return (matte - lowest) / (highest - lowest) if highest > lowest else np.zeros_like(matte)

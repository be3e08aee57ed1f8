"""SAD, MSE, MAD and Grad: how far apart two mattes are, pixel by pixel, and how far their edges."""

import cv2
import numpy as np
import numpy.typing as npt

from mattekit.metrics.metric import MattePair, Metric, Values
from mattekit.metrics.protocols import Protocol

Kernel = npt.NDArray[np.float64]  # one dimension


def absolute_error(pair: MattePair, protocol: Protocol) -> float:
    """SAD = sum |p - g| / unit (1000 but for 'dim-2019'). Xu et al. 2017, section 5."""
    return cv2.norm(_difference(pair, protocol), cv2.NORM_L1) / protocol.sad_unit


def mean_squared_error(pair: MattePair, protocol: Protocol) -> float:
    """MSE = sum (p - g)^2 / |region|, 0 where the region is empty."""
    difference = _difference(pair, protocol)
    return cv2.norm(difference, cv2.NORM_L2SQR) / max(pair.count, 1)


def mean_absolute_error(pair: MattePair, protocol: Protocol) -> float:
    """MAD = sum |p - g| / |region|, 0 where the region is empty."""
    return cv2.norm(_difference(pair, protocol), cv2.NORM_L1) / max(pair.count, 1)


def _difference(pair: MattePair, protocol: Protocol) -> Values:
    if protocol.sad_mse_mad_sum == "over the region":
        return pair.difference_inside
    return pair.predicted - pair.true


def gradient_error(pair: MattePair, protocol: Protocol) -> float:
    """Grad = sum over the region of (|grad p| - |grad g|)^2 / unit. Rhemann et al. 2009."""
    window = pair.window(margin=protocol.gradient_radius)
    difference = gradient_magnitude(_ranged(pair.predicted, protocol)[window], protocol)
    difference -= gradient_magnitude(_ranged(pair.true, protocol)[window], protocol)
    difference *= pair.inside[window]
    return cv2.norm(difference, cv2.NORM_L2SQR) / protocol.gradient_unit


def gradient_magnitude(matte: Values, protocol: Protocol) -> Values:
    """Length of the Gaussian-smoothed gradient at every pixel; in two passes of one dimension."""
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


sad = Metric(
    name="sad",
    title="SAD",
    meaning="Sum of the absolute differences of alpha, divided by the protocol's unit.",
    of=absolute_error,
)
mse = Metric(
    name="mse", title="MSE", meaning="Mean of the squared differences.", of=mean_squared_error
)
mad = Metric(
    name="mad", title="MAD", meaning="Mean of the absolute differences.", of=mean_absolute_error
)
grad = Metric(
    name="grad",
    title="Grad",
    meaning="Do both mattes have the same edges? Squared differences of the edge strength.",
    of=gradient_error,
)

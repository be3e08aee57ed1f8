"""SAD, MSE and MAD: how far apart two mattes are, pixel by pixel."""

import cv2

from mattekit.metrics.pair import MattePair, Values
from mattekit.metrics.protocols import Protocol


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

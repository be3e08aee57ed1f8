"""SAD, MSE, MAD, Grad and Conn with every convention stated; no torch.

The functions are pure: arrays in, a number out. `measure` gives all five at the price of one.
"""

from collections.abc import Callable, Sequence

from mattekit.core.errors import BadArgument
from mattekit.core.types import Plane, Region
from mattekit.metrics.connectivity import connectivity_error
from mattekit.metrics.errors import absolute_error, mean_absolute_error, mean_squared_error
from mattekit.metrics.gradient import gradient_error
from mattekit.metrics.matte_pair import MattePair, make_pair
from mattekit.metrics.protocols import PROTOCOLS, Protocol, choose_protocol

__all__ = [
    "METRICS",
    "PROTOCOLS",
    "Protocol",
    "conn",
    "grad",
    "mad",
    "measure",
    "mse",
    "sad",
]

METRICS: dict[str, Callable[[MattePair, Protocol], float]] = {
    "sad": absolute_error,
    "mse": mean_squared_error,
    "mad": mean_absolute_error,
    "grad": gradient_error,
    "conn": connectivity_error,
}


def measure(
    predicted: Plane,
    true: Plane,
    trimap: Plane | None = None,
    protocol: str | Protocol = "official",
    region: Region | None = None,
    *,
    metrics: Sequence[str] = tuple(METRICS),
) -> dict[str, float]:
    """Several metrics at once, by name.

    >>> import numpy as np
    >>> measure(np.full((2, 2), 0.5), np.ones((2, 2)), protocol="gfm", metrics=["mse", "mad"])
    {'mse': 0.25, 'mad': 0.5}
    """
    unknown = [name for name in metrics if name not in METRICS]
    if unknown:
        raise BadArgument(f"there is no metric '{unknown[0]}'; choose from {', '.join(METRICS)}")
    protocol = choose_protocol(protocol, region)
    pair = make_pair(predicted, true, trimap, protocol)
    return {name: METRICS[name](pair, protocol) for name in metrics}


def sad(
    predicted: Plane,
    true: Plane,
    trimap: Plane | None = None,
    protocol: str | Protocol = "official",
    region: Region | None = None,
) -> float:
    """Sum of absolute differences, in thousands.

    >>> import numpy as np
    >>> sad(np.full((100, 100), 0.5), np.ones((100, 100)), protocol="gfm")
    5.0
    """
    return measure(predicted, true, trimap, protocol, region, metrics=["sad"])["sad"]


def mse(
    predicted: Plane,
    true: Plane,
    trimap: Plane | None = None,
    protocol: str | Protocol = "official",
    region: Region | None = None,
) -> float:
    """Mean squared difference over the region."""
    return measure(predicted, true, trimap, protocol, region, metrics=["mse"])["mse"]


def mad(
    predicted: Plane,
    true: Plane,
    trimap: Plane | None = None,
    protocol: str | Protocol = "official",
    region: Region | None = None,
) -> float:
    """Mean absolute difference over the region."""
    return measure(predicted, true, trimap, protocol, region, metrics=["mad"])["mad"]


def grad(
    predicted: Plane,
    true: Plane,
    trimap: Plane | None = None,
    protocol: str | Protocol = "official",
    region: Region | None = None,
) -> float:
    """Gradient error: squared difference of edge strengths."""
    return measure(predicted, true, trimap, protocol, region, metrics=["grad"])["grad"]


def conn(
    predicted: Plane,
    true: Plane,
    trimap: Plane | None = None,
    protocol: str | Protocol = "official",
    region: Region | None = None,
) -> float:
    """Connectivity error: pixels cut off from the main body."""
    return measure(predicted, true, trimap, protocol, region, metrics=["conn"])["conn"]

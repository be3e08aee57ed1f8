"""SAD, MSE, MAD, Grad and Conn with every convention stated, and the errors of masks; no torch.

The functions are pure: arrays in, a number out. `measure` gives several at the price of one.
"""

from collections.abc import Sequence

from mattekit.core.errors import BadArgument
from mattekit.core.types import Plane, Region
from mattekit.metrics.connectivity import conn
from mattekit.metrics.differences import grad, mad, mse, sad
from mattekit.metrics.metric import Metric, make_pair
from mattekit.metrics.protocols import PROTOCOLS, Protocol, choose_protocol
from mattekit.metrics.segmentation import boundary_iou, e_measure, mae, s_measure, weighted_f

__all__ = [
    "METRICS",
    "PROTOCOLS",
    "Metric",
    "Protocol",
    "boundary_iou",
    "conn",
    "e_measure",
    "grad",
    "mad",
    "mae",
    "measure",
    "mse",
    "s_measure",
    "sad",
    "weighted_f",
]

METRICS = {
    metric.name: metric
    for metric in (
        *(sad, mse, mad, grad, conn),
        *(mae, s_measure, weighted_f, e_measure, boundary_iou),
    )
}


def measure(
    predicted: Plane,
    true: Plane,
    trimap: Plane | None = None,
    protocol: str | Protocol = "official",
    region: Region | None = None,
    *,
    metrics: Sequence[str] | None = None,
) -> dict[str, float]:
    """Several metrics of a prediction at once.

    Args:
        predicted: h w, floats in [0, 1] or 8 or 16 bits.
        true: of the same size.
        trimap: h w labels, needed by protocols that measure the unknown region.
        protocol: a name of `PROTOCOLS`, or a `Protocol` of your own.
        region: `unknown` or `whole`, instead of the protocol's.
        metrics: names of `METRICS`; default: the five matting errors.

    Returns:
        Name -> number.

    Raises:
        MattekitError: there is no such metric or protocol, or the planes do not fit together.

    >>> import numpy as np
    >>> measure(np.full((2, 2), 0.5), np.ones((2, 2)), protocol="gfm", metrics=["mse", "mad"])
    {'mse': 0.25, 'mad': 0.5}
    """
    chosen = choose_metrics(metrics)
    protocol = choose_protocol(protocol, region)
    pair = make_pair(predicted, true, trimap, protocol)
    return {metric.name: metric.of(pair, protocol) for metric in chosen}


def choose_metrics(names: Sequence[str] | None) -> list[Metric]:
    """The metrics of those names, or the default ones."""
    if names is None:
        return [metric for metric in METRICS.values() if metric.default]
    unknown = [name for name in names if name not in METRICS]
    if unknown:
        raise BadArgument(f"there is no metric '{unknown[0]}'; choose from {', '.join(METRICS)}")
    return [METRICS[name] for name in names]

"""SAD, MSE, MAD, Grad and Conn with every convention stated, and the errors of masks; no torch.

The functions are pure: arrays in, a number out. `measure` gives several at the price of one.
"""

from collections.abc import Sequence

from mattekit.core.errors import BadArgument
from mattekit.core.types import Plane, Region
from mattekit.metrics.connectivity import connectivity_error
from mattekit.metrics.differences import absolute_error, mean_absolute_error, mean_squared_error
from mattekit.metrics.gradient import gradient_error
from mattekit.metrics.metric import Metric
from mattekit.metrics.pair import make_pair
from mattekit.metrics.protocols import PROTOCOLS, Protocol, choose_protocol
from mattekit.metrics.segmentation import (
    alignment_measure,
    mask_error,
    structure_measure,
    weighted_f_measure,
)
from mattekit.metrics.segmentation import boundary_iou as boundary_iou_of

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
conn = Metric(
    name="conn",
    title="Conn",
    meaning="Are parts cut off from the main body of the matte that should not be?",
    of=connectivity_error,
)
mae = Metric(
    name="mae",
    title="MAE",
    meaning="Mean difference from the true mask, whole picture.",
    of=mask_error,
    default=False,
)
s_measure = Metric(
    name="s_measure",
    title="S-measure",
    meaning="How like the true mask it is, as a whole and in its four parts; 1 is perfect.",
    of=structure_measure,
    higher_is_better=True,
    default=False,
)
weighted_f = Metric(
    name="weighted_f",
    title="weighted F",
    meaning="F of precision and recall, errors weighed by where they are; 1 is perfect.",
    of=weighted_f_measure,
    higher_is_better=True,
    default=False,
)
e_measure = Metric(
    name="e_measure",
    title="E-measure",
    meaning="How well it is aligned with the true mask, mean over thresholds; 1 is perfect.",
    of=alignment_measure,
    higher_is_better=True,
    default=False,
)
boundary_iou = Metric(
    name="boundary_iou",
    title="boundary IoU",
    meaning="Overlap of both masks near their edges; 1 is perfect.",
    of=boundary_iou_of,
    higher_is_better=True,
    default=False,
)

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

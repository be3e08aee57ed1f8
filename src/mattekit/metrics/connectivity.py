"""Conn: are pixels cut off from the main body of the matte? Rhemann et al. 2009.

For thresholds 0.1, 0.2 .. 1.0 the main body is the largest 4-connected component of the pixels that
reach the threshold in both mattes. A pixel is connected up to the last threshold at which it was
never outside a main body; how far its alpha lies above that (if 0.15 or more) is its disconnection.
"""

import cv2
import numpy as np
import numpy.typing as npt

from mattekit.core.types import Mask
from mattekit.metrics.metric import MattePair, Metric
from mattekit.metrics.protocols import Protocol

Numbers = npt.NDArray[np.floating]  # float32 or float64, as the protocol says
Labels = npt.NDArray[np.int32]
Levels = npt.NDArray[np.uint8]


def connectivity_error(pair: MattePair, protocol: Protocol) -> float:
    """Conn = sum over the region of |phi(p) - phi(g)| / unit."""
    single = protocol.connectivity_numbers == "single precision"
    dtype: type[np.floating] = np.float32 if single else np.float64
    common = np.minimum(pair.predicted, pair.true).astype(dtype)
    # Multiples of the step, as the published codes count them: in double 3 * 0.1 is not 0.3.
    thresholds = (np.arange(11) * protocol.connectivity_step).astype(dtype)
    levels = connected_levels(common, thresholds, protocol)
    window = pair.window()
    connected_to = np.take(thresholds, levels[window])
    tolerance = dtype(protocol.connectivity_tolerance)
    difference = _disconnection(pair.predicted[window].astype(dtype), connected_to, tolerance)
    difference -= _disconnection(pair.true[window].astype(dtype), connected_to, tolerance)
    np.abs(difference, out=difference)
    total = np.sum(difference, where=pair.inside[window], dtype=np.float64)
    return float(total) / protocol.connectivity_unit


def connected_levels(common: Numbers, thresholds: Numbers, protocol: Protocol) -> Levels:
    """Index of the last threshold up to which each pixel stays in the main body."""
    left, top, width, height = cv2.boundingRect((common >= thresholds[1]).view(np.uint8))
    if not height or protocol.connectivity_components == "foreground and background":
        return _levels(common, thresholds, protocol)
    # No component reaches outside this box, which often holds less than half of the picture.
    box = slice(top, top + height), slice(left, left + width)
    levels = np.zeros(common.shape, dtype=np.uint8)
    levels[box] = _levels(common[box].copy(), thresholds, protocol)
    return levels


def _levels(common: Numbers, thresholds: Numbers, protocol: Protocol) -> Levels:
    levels = np.zeros(common.shape, dtype=np.uint8)
    still = np.ones(common.shape, dtype=np.bool_)
    seed = _deepest(common, thresholds)
    for threshold in thresholds[1:]:
        body = _main_body(common >= threshold, seed, protocol)
        if body is None and protocol.connectivity_none_left == "level skipped":
            levels[still] = len(thresholds) - 1
        if body is None:
            break
        still &= body
        levels += still
        if not still.any():
            break
    return levels


def _deepest(common: Numbers, thresholds: Numbers) -> tuple[int, int]:
    """The pixel (x, y) deepest inside the set of the highest threshold that is reached at all.

    The pixels that reach a threshold also reach all lower ones, so this pixel is in every set, and
    it is very likely in the main bodies.
    """
    reached = common >= thresholds[thresholds <= common.max()][-1]
    depth = cv2.distanceTransform(reached.view(np.uint8), cv2.DIST_L1, 3, dstType=cv2.CV_8U)
    row, column = divmod(int(np.argmax(depth)), common.shape[1])
    return column, row


def _main_body(reached: Mask, seed: tuple[int, int], protocol: Protocol) -> Mask | None:
    """The largest component, or None where there is none to choose.

    Flooding from the seed is four times faster than labelling, and settles the matter whenever it
    fills more than half of the pixels that reach the threshold.
    """
    count = int(np.count_nonzero(reached))
    counts_background = protocol.connectivity_components == "foreground and background"
    background = reached.size - count if counts_background else 0
    if not count:
        return ~reached if counts_background else None
    flooded = reached.astype(np.uint8)
    area = cv2.floodFill(flooded, None, seed, 2, flags=4)[0]
    if 2 * area > count:
        return flooded == 2 if area > background else ~reached
    _, labelled = cv2.connectedComponents(reached.view(np.uint8), connectivity=4)
    labels = labelled.astype(np.int32, copy=False)
    areas = np.bincount(labels.ravel())
    areas[0] = background
    largest = np.flatnonzero(areas == areas.max())
    return np.equal(labels, largest[0] if len(largest) == 1 else _first(labels, largest, protocol))


def _first(labels: Labels, candidates: npt.NDArray[np.intp], protocol: Protocol) -> int:
    """The label that a scan of the picture meets first."""
    scan = labels.ravel(order="F" if protocol.connectivity_tie == "first by columns" else "C")
    return int(scan[np.argmax(np.isin(scan, candidates))])


def _disconnection(matte: Numbers, connected_to: Numbers, tolerance: np.floating) -> Numbers:
    """How far alpha lies above its connected level, 0 below the tolerance (this is 1 - phi)."""
    excess = matte - connected_to
    excess *= excess >= tolerance
    return excess


conn = Metric(
    name="conn",
    title="Conn",
    meaning="Are parts cut off from the main body of the matte that should not be?",
    of=connectivity_error,
)

"""Mattes as masks: MAE, S-measure, weighted F, E-measure and boundary IoU, the numbers of
segmentation papers.

As in the public codes, the truth is the mask of what is above 128 of 255, and the prediction is
stretched to span 0 to 1. All are of the whole picture, whatever the region of the protocol; a
protocol that pastes known pixels pastes them here too.
"""

import cv2
import numpy as np

from mattekit.core.types import Mask
from mattekit.metrics.metric import MattePair, Metric, Values
from mattekit.metrics.protocols import Protocol

HALF = 128 / 255
TINY = float(np.spacing(1))  # keeps the quotients of the papers defined
BOUNDARY_SHARE = 0.02
"""Width of a boundary, as a share of the picture's diagonal."""


def as_masks(pair: MattePair) -> tuple[Values, Mask]:
    """Prediction and truth as segmentation papers take them: stretched, and a mask."""
    predicted = pair.predicted
    lowest, highest = float(predicted.min()), float(predicted.max())
    if highest > lowest:
        predicted = (predicted - lowest) / (highest - lowest)
    return predicted, pair.true > HALF


def mask_error(pair: MattePair, protocol: Protocol) -> float:
    """MAE = mean |p - g|. Perazzi et al. 2012."""
    predicted, true = as_masks(pair)
    return float(np.abs(predicted - true).mean())


def structure_measure(pair: MattePair, protocol: Protocol) -> float:
    """S = (S_object + S_region) / 2: likeness of subject and background as a whole, and of the four
    parts of the picture around the subject's centre. Fan et al. 2017."""
    predicted, true = as_masks(pair)
    share = float(true.mean())
    if share in (0.0, 1.0):
        return float(np.abs(share - 1 + predicted).mean())
    of_object = share * _uniformity(predicted[true])
    of_object += (1 - share) * _uniformity(1 - predicted[~true])
    of_region = sum(
        predicted[part].size / predicted.size * _likeness(predicted[part], true[part])
        for part in _quarters(true)
        if predicted[part].size
    )
    return max(0.0, (of_object + of_region) / 2)


def weighted_f_measure(pair: MattePair, protocol: Protocol) -> float:
    """F of precision and recall with errors that depend on their neighbours, and weigh more far
    from the subject. Margolin et al. 2014, beta 1; 0 where there is no subject."""
    from scipy.ndimage import distance_transform_edt  # takes a moment, and few measure this

    predicted, true = as_masks(pair)
    if not true.any():
        return 0.0
    error = np.abs(predicted - true)
    distance, (rows, columns) = distance_transform_edt(~true, return_indices=True)
    kernel = cv2.getGaussianKernel(7, 5)
    from_subject = error[rows, columns]  # beside the subject, the error of its nearest pixel
    smoothed = cv2.sepFilter2D(
        from_subject, cv2.CV_64F, kernel, kernel, borderType=cv2.BORDER_CONSTANT
    )
    error = np.where(true, np.minimum(error, smoothed), error * (2 - np.exp2(-distance / 5)))
    hit = float((1 - error[true]).sum())
    precision = hit / (hit + float(error[~true].sum()) + TINY)
    recall = hit / np.count_nonzero(true)
    return 2 * precision * recall / (precision + recall + TINY)


def alignment_measure(pair: MattePair, protocol: Protocol) -> float:
    """E, mean over the 256 thresholds of the prediction: do both masks differ from their means in
    the same places? Fan et al. 2018."""
    predicted, true = as_masks(pair)
    size, subject = true.size, np.count_nonzero(true)
    levels = (predicted * 255).astype(np.uint8)
    hits, false = (_reaching(levels[region]) for region in (true, ~true))
    taken = hits + false
    if subject in (0, size):
        aligned = (size - taken if subject == 0 else taken).astype(np.float64)
    else:
        aligned = np.zeros(256)
        mean, true_mean = taken / size, subject / size
        counts = {(1, 1): hits, (1, 0): false, (0, 1): subject - hits}
        counts[0, 0] = size - taken - counts[0, 1]
        for (one, other), count in counts.items():
            first, second = one - mean, other - true_mean
            alignment = 2 * first * second / (first**2 + second**2 + TINY)
            aligned += count * (alignment + 1) ** 2 / 4
    return float(aligned.mean()) / max(size - 1, 1)


def boundary_overlap(pair: MattePair, protocol: Protocol) -> float:
    """Intersection over union of what of both masks lies within 2 % of the diagonal of their edges.
    Cheng et al. 2021; 1 where neither has an edge."""
    predicted, true = as_masks(pair)
    width = max(1, round(BOUNDARY_SHARE * float(np.hypot(*true.shape))))
    first, second = (_boundary(mask, width) for mask in (predicted > HALF, true))
    union = np.count_nonzero(first | second)
    return np.count_nonzero(first & second) / union if union else 1.0


def _uniformity(values: Values) -> float:
    """1 where all values are 1; less the lower and the more uneven they are."""
    mean = float(values.mean())
    spread = float(values.std(ddof=1)) if values.size > 1 else 0.0
    return 2 * mean / (mean**2 + 1 + spread + TINY)


def _quarters(true: Mask) -> list[tuple[slice, slice]]:
    """The parts left above, right above, left below and right below of the subject's centre."""
    row, column = (int(place) + 1 for place in np.argwhere(true).mean(axis=0).round())
    tall, wide = (slice(row), slice(row, None)), (slice(column), slice(column, None))
    return [(high, across) for high in tall for across in wide]


def _likeness(predicted: Values, true: Mask) -> float:
    """Structural similarity of one part."""
    mean, true_mean = float(predicted.mean()), float(true.mean())
    off, true_off = predicted - mean, true - true_mean
    count = predicted.size - 1 + TINY
    together = 4 * mean * true_mean * float((off * true_off).sum()) / count
    spread = float((off**2).sum() + (true_off**2).sum()) / count
    apart = (mean**2 + true_mean**2) * spread
    return together / (apart + TINY) if together or apart else 1.0


def _reaching(levels: np.ndarray) -> np.ndarray:
    """How many values reach 255, 254, .. 0."""
    return np.cumsum(np.bincount(levels, minlength=256)[::-1])


def _boundary(mask: Mask, width: int) -> Mask:
    """The pixels of a mask that are near its edge; the picture's border is an edge."""
    square = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    solid = mask.view(np.uint8)
    inner = cv2.erode(solid, square, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.not_equal(solid, inner)


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
    of=boundary_overlap,
    higher_is_better=True,
    default=False,
)

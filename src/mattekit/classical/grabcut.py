"""OpenCV's GrabCut (Rother et al. 2004), with an estimate of where it is uncertain."""

from dataclasses import dataclass

import cv2
import numpy as np

from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Mask, Plane, Trimap
from mattekit.imaging.trimap import BAND_SHARE, diagonal, edge_band

Marks = Plane
"""h w of cv2.GC_BGD, GC_FGD (sure), GC_PR_BGD, GC_PR_FGD (to be found)."""

ROUNDS = 5
WATCHED = 2  # last rounds; a pixel that changes its class in them is uncertain
UNDECIDED_FACTOR = 3.0  # a smaller ratio of the likelihoods of both colour models is undecided
NARROWEST_BAND = 3
COMPONENTS = 5  # of each colour model
LEAST_LOG_LIKELIHOOD = -30.0
EDGE_WEIGHT = 50.0  # OpenCV's own
SMALLEST_PART = 0.002  # of the subject: smaller islands and holes are noise


@dataclass(frozen=True, kw_only=True)
class Cut:
    """The result of GrabCut."""

    foreground: Mask
    unsure: Mask
    """Uncertain: not given, and changed late or of an undecided colour."""
    marks: Marks
    """As they were given."""
    energy: float
    """Cost of the segmentation; the lowest of several starts is the best."""

    def trimap(self) -> Trimap:
        """Unknown along the edge and where GrabCut is uncertain; given marks stay known."""
        width = max(NARROWEST_BAND, BAND_SHARE * diagonal(self.foreground))
        labels = edge_band(self.foreground, width)
        labels[self.unsure] = UNKNOWN
        labels[self.marks == cv2.GC_BGD] = BACKGROUND
        labels[self.marks == cv2.GC_FGD] = FOREGROUND
        return labels


def grab_cut(image: Plane, marks: Marks, *, seed: int = 0) -> Cut:
    """Segment a small 8-bit picture into subject and background, from marks of both.

    The same seed gives the same cut.
    """
    cv2.setRNGSeed(seed)
    found, behind, subject = marks.copy(), np.zeros((1, 65)), np.zeros((1, 65))
    history = []
    how = cv2.GC_INIT_WITH_MASK
    for rounds in (ROUNDS - WATCHED, *[1] * WATCHED):
        cv2.grabCut(image, found, None, behind, subject, rounds, how)  # type: ignore[call-overload]
        history.append(np.isin(found, (cv2.GC_FGD, cv2.GC_PR_FGD)))
        how = cv2.GC_EVAL
    changed = np.any([history[-1] != earlier for earlier in history[:-1]], axis=0)
    of_subject, of_behind = _log_likelihood(image, subject), _log_likelihood(image, behind)
    undecided = np.abs(of_subject - of_behind) < np.log(UNDECIDED_FACTOR)
    probable = np.isin(marks, (cv2.GC_PR_BGD, cv2.GC_PR_FGD))
    misfit = -np.where(history[-1], of_subject, of_behind).clip(LEAST_LOG_LIKELIHOOD)
    return Cut(
        foreground=_without_specks(history[-1]),
        unsure=probable & (changed | undecided),
        marks=marks,
        energy=float(misfit.mean() + _edge_cost(image, history[-1])),
    )


def _edge_cost(image: Plane, foreground: Mask) -> float:
    """Cost of the edge per pixel of the picture: low where colours change along it."""
    colours = image.astype(np.float32)
    down, across = np.diff(colours, axis=0), np.diff(colours, axis=1)
    steps = np.concatenate([(down**2).sum(-1).ravel(), (across**2).sum(-1).ravel()])
    edges = np.concatenate([np.diff(foreground, axis=0).ravel(), np.diff(foreground).ravel()])
    contrast = 1 / (2 * max(float(steps.mean()), 1e-6))
    return float(EDGE_WEIGHT * np.exp(-contrast * steps[edges]).sum() / foreground.size)


def _log_likelihood(image: Plane, model: Plane) -> Plane:
    """Log likelihood under GrabCut's mixture of Gaussians: weights, means, covariances."""
    weights, means, covariances = np.split(model.ravel(), [COMPONENTS, 4 * COMPONENTS])
    colours = image.reshape(-1, 3).astype(np.float64)
    likelihood = np.full(len(colours), 1e-300)
    for weight, mean, covariance in zip(
        weights, means.reshape(-1, 3), covariances.reshape(-1, 3, 3), strict=True
    ):
        if weight > 0:
            covariance = covariance + 0.01 * np.eye(3)
            away = colours - mean
            distance = np.einsum("nc,cd,nd->n", away, np.linalg.inv(covariance), away)
            likelihood += weight / np.sqrt(np.linalg.det(covariance)) * np.exp(-distance / 2)
    return np.log(likelihood).reshape(image.shape[:2])


def _without_specks(mask: Mask) -> Mask:
    """The mask without small islands and holes."""
    least = max(1, int(SMALLEST_PART * np.count_nonzero(mask)))
    for value in (True, False):
        _, parts, stats, _ = cv2.connectedComponentsWithStats((mask == value).astype(np.uint8))
        small = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < least)
        mask = np.where(np.isin(parts, small[small > 0]), not value, mask)
    return mask

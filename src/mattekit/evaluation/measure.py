"""From the files of one picture to a row of numbers; every file is decoded once.

A picture that fails becomes a row with its error. Nothing is written.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mattekit.core.errors import BadArgument, BadImage, BadTrimap, MattekitError
from mattekit.core.extras import require
from mattekit.core.types import UNKNOWN, Image, Plane, Region, Trimap, size_text
from mattekit.evaluation.pairing import PictureFiles
from mattekit.evaluation.results import Row
from mattekit.imaging.files import MAX_PIXELS, open_alpha, open_picture, open_trimap
from mattekit.imaging.picture import to_float
from mattekit.metrics import Metric, choose_metrics, sad
from mattekit.metrics.calibration import EXPECTED, sparsification_error
from mattekit.metrics.colours import colour_error, halo_scores
from mattekit.metrics.metric import MattePair, make_pair
from mattekit.metrics.protocols import Protocol

REGIONS: tuple[Region, ...] = ("foreground", "background", "unknown")
"""Parts of a trimap; where the whole picture is measured, SAD is given for each."""


@dataclass(frozen=True, kw_only=True)
class MeasureOptions:
    """How files are measured, as `evaluate` says."""

    protocol: Protocol
    metrics: Sequence[str] | None = None
    allow_masks: bool = False
    perceptual: str | None = None
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        choose_metrics(self.metrics)  # an unknown name is refused before any work

    @property
    def chosen(self) -> list[Metric]:
        """The metrics to measure; SAD is always included, since it orders the pictures."""
        chosen = choose_metrics(self.metrics)
        return chosen if sad in chosen else [sad, *chosen]


@dataclass(frozen=True, kw_only=True)
class EvaluatedPlanes:
    """The planes of one picture, as far as there are files."""

    predicted: Plane
    true: Plane
    trimap: Trimap | None
    trimap_warnings: tuple[str, ...]
    expected_error: Plane | None
    predicted_colours: Image | None
    true_colours: Image | None
    background: Image | None


def measure_files(files: PictureFiles, options: MeasureOptions) -> Row:
    """The row of one picture."""
    row = Row(name=files.name, predicted=str(files.predicted))
    start = time.perf_counter()
    try:
        row = _measured(row, files, options)
    except MattekitError as error:
        row = replace(row, error=str(error))
    return replace(row, seconds=round(time.perf_counter() - start, 3))


def unmeasured(files: PictureFiles, reason: str) -> Row:
    """The row of a picture whose process was ended."""
    return Row(name=files.name, predicted=str(files.predicted), error=reason)


def read_planes(files: PictureFiles, options: MeasureOptions) -> EvaluatedPlanes:
    """Decode the files of one picture, each once."""
    open_it = partial(open_picture, max_pixels=options.max_pixels)
    open_matte = partial(open_alpha, max_pixels=options.max_pixels)

    def colours_of(path: Path | None) -> Image | None:
        return None if path is None else open_it(path).image()

    predicted, colours = None, colours_of(files.colours)
    if files.foreground is not None and files.colours is None:
        cut_out = open_it(files.predicted)
        if cut_out.alpha is not None:
            predicted, colours = cut_out.alpha, cut_out.image()
        elif options.perceptual is None:
            raise BadImage(
                f"the prediction {files.predicted} has no alpha channel, so it has no colours of "
                "the subject; give RGBA files, or the colours in a separate folder"
            )
    trimap, warnings = None, tuple[str, ...]()
    if files.trimap is not None:
        trimap, warnings = open_trimap(files.trimap, max_pixels=options.max_pixels)
    return EvaluatedPlanes(
        predicted=as_stored(open_matte(files.predicted) if predicted is None else predicted),
        true=as_stored(open_matte(files.true)),
        trimap=trimap,
        trimap_warnings=warnings,
        expected_error=None if files.error is None else to_float(open_matte(files.error)),
        predicted_colours=colours,
        true_colours=colours_of(files.foreground),
        background=colours_of(files.background),
    )


def as_stored(alpha: Plane) -> Plane:
    """The matte in the depth of its values; 16-bit files may hold 8-bit values."""
    if alpha.dtype == np.uint16 and not (alpha % 257).any():
        return (alpha // 257).astype(np.uint8)
    return alpha.clip(0, 1) if alpha.dtype.kind == "f" else alpha


def _measured(row: Row, files: PictureFiles, options: MeasureOptions) -> Row:
    planes, protocol = read_planes(files, options), options.protocol
    unknown = planes.trimap is None or (planes.trimap == UNKNOWN).any()
    if protocol.region == "unknown" and not unknown:
        raise BadTrimap(f"the trimap {files.trimap} has no unknown pixels, so nothing is measured")
    suspicions = () if options.allow_masks else _mask_suspicions(files, planes)
    pair = make_pair(planes.predicted, planes.true, planes.trimap, protocol)
    values = {metric.name: metric.of(pair, protocol) for metric in options.chosen}
    if planes.trimap is not None and protocol.region == "whole":
        for region in REGIONS:
            mattes = planes.predicted, planes.true, planes.trimap
            values[f"sad {region}"] = sad(*mattes, protocol, region)
    if planes.true_colours is not None and planes.predicted_colours is not None:
        values |= _colour_values(planes, planes.predicted_colours, planes.true_colours)
    if options.perceptual is not None:
        values |= {"perceptual": _perceptual(pair, planes, options.perceptual)}
    if planes.expected_error is not None:
        values |= _calibration_values(planes.expected_error, pair)
    return replace(
        row,
        values=values,
        warnings=planes.trimap_warnings,
        suspicions=suspicions,
        bits=planes.predicted.dtype.itemsize * 8,
        trimap="" if planes.trimap is None else _digest(planes.trimap),
        true=_digest(planes.true),
    )


def _mask_suspicions(files: PictureFiles, planes: EvaluatedPlanes) -> tuple[str, ...]:
    if _is_mask(planes.true):
        raise BadImage(
            f"the truth {files.true} holds only 0 and 1: a mask where a matte should be;"
            " --allow-masks measures against it"
        )
    if _is_mask(planes.predicted):
        return (f"the prediction {files.predicted} holds only 0 and 1: a mask, not a matte",)
    return ()


def _is_mask(matte: Plane) -> bool:
    """Whether all pixels are solid or empty, and both occur."""
    top = 1 if matte.dtype.kind == "f" else np.iinfo(matte.dtype).max
    solid, empty = np.count_nonzero(matte == top), np.count_nonzero(matte == 0)
    return bool(solid and empty and solid + empty == matte.size)


def _colour_values(planes: EvaluatedPlanes, predicted: Image, true: Image) -> dict[str, float]:
    """Errors of the predicted colours."""
    alpha, true_alpha = to_float(planes.predicted), to_float(planes.true)
    error = {"colour error": colour_error(predicted, true, true_alpha)}
    return error | halo_scores(predicted, alpha, true, true_alpha, planes.background)


def _perceptual(pair: MattePair, planes: EvaluatedPlanes, weights: str) -> float:
    """How different the composites of both alphas look, known pixels as the protocol has them."""
    if planes.true_colours is None or planes.background is None:
        raise BadArgument(
            "the perceptual distance compares composites: give the true colours of both layers, "
            "with --foregrounds and --backgrounds"
        )
    looks: Any = require("mattekit.networks.perceptual", "the perceptual distance")
    layers = planes.true_colours, planes.background
    alphas = (matte.astype(np.float32) for matte in (pair.predicted, pair.true))
    distance: float = looks.perceptual_distance(weights).of_alphas(*alphas, layers)
    return distance


def _calibration_values(expected: Plane, pair: MattePair) -> dict[str, float]:
    """Expected error and its calibration."""
    if expected.shape != pair.inside.shape:
        raise BadImage(
            f"the expected error is {size_text(expected.shape)} pixels and the true matte "
            f"{size_text(pair.inside.shape)}"
        )
    inside = expected[pair.inside].astype(np.float64)
    made = np.abs(pair.predicted - pair.true)[pair.inside]
    return {
        EXPECTED: float(inside.mean()) if inside.size else 0.0,
        "sparsification error": sparsification_error(inside, made),
    }


def _digest(plane: Plane) -> str:
    return hashlib.blake2b(plane.tobytes(), digest_size=8).hexdigest()

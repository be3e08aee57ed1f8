"""Files into rows of numbers, on several processes; a picture that fails becomes a row as well.

Reads pictures through `imaging.files` and writes nothing.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from mattekit.batch.processes import run_on_processes
from mattekit.core.errors import BadImage, BadTrimap, MattekitError
from mattekit.core.types import UNKNOWN, Alpha, Plane, Trimap
from mattekit.evaluation.pairing import Pairing, PictureFiles
from mattekit.evaluation.results import Evaluation, Row
from mattekit.imaging.files import MAX_PIXELS, open_picture, open_trimap, read_alpha
from mattekit.metrics import measure
from mattekit.metrics.colours import colour_error, halo_scores
from mattekit.metrics.doubt import EXPECTED, misplaced_doubt
from mattekit.metrics.matte_pair import make_pair, missing_trimap
from mattekit.metrics.protocols import Protocol


@dataclass(frozen=True, kw_only=True)
class Measuring:
    """How files are measured."""

    protocol: Protocol
    allow_masks: bool = False
    """Measure against truths that have no soft value, without a remark."""
    max_pixels: int = MAX_PIXELS
    """Refuse larger pictures before decoding them."""


def evaluate(
    title: str,
    pairing: Pairing,
    how: Measuring,
    *,
    processes: int = 1,
    on_row: Callable[[Row], object] = lambda row: None,
) -> Evaluation:
    """Measure every picture; rows come back in the order of the pairing."""
    if how.protocol.needs_trimap and not any(picture.trimap for picture in pairing.pictures):
        raise missing_trimap(how.protocol)
    rows: dict[str, Row] = {}
    for row in run_on_processes(partial(measure_files, how=how), pairing.pictures, processes):
        rows[row.name] = row
        on_row(row)
    return Evaluation(
        title=title,
        protocol=how.protocol,
        rows=tuple(rows[picture.name] for picture in pairing.pictures),
        problems=pairing.problems,
    )


def measure_files(files: PictureFiles, how: Measuring) -> Row:
    """The row of one picture."""
    row = Row(name=files.name, predicted=str(files.predicted))
    start = time.perf_counter()
    try:
        row = _measured(row, files, how)
    except MattekitError as error:
        row = replace(row, error=str(error))
    return replace(row, seconds=round(time.perf_counter() - start, 3))


def _measured(row: Row, files: PictureFiles, how: Measuring) -> Row:
    predicted = as_stored(read_alpha(files.predicted, max_pixels=how.max_pixels))
    true = as_stored(read_alpha(files.true, max_pixels=how.max_pixels))
    trimap, warnings = None, tuple[str, ...]()
    if files.trimap is not None:
        trimap, warnings = open_trimap(files.trimap, max_pixels=how.max_pixels)
        _check_unknown(files, trimap, how.protocol)
    doubts = () if how.allow_masks else _mask_doubts(files, predicted, true)
    values = measure(predicted, true, trimap, how.protocol)
    if trimap is not None and how.protocol.region == "whole":
        values |= _sad_by_region(predicted, true, trimap, how.protocol)
    if files.foreground is not None:
        values |= _colour_values(files, files.foreground, how)
    if files.error is not None:
        expected = read_alpha(files.error, max_pixels=how.max_pixels)
        values |= _doubt_values(expected, predicted, true, trimap, how.protocol)
    return replace(
        row,
        values=values,
        warnings=warnings,
        doubts=doubts,
        bits=predicted.dtype.itemsize * 8,
        trimap="" if trimap is None else _digest(trimap),
        true=_digest(true),
    )


def as_stored(alpha: Alpha) -> Plane:
    """The matte as the whole numbers that its file holds, or as floats where it holds floats.

    The depth is that of the values: 8-bit values in a 16-bit file are 8-bit values.
    """
    for dtype in (np.uint8, np.uint16):
        top = np.float32(np.iinfo(dtype).max)
        numbers = np.rint(alpha * top)
        if np.array_equal(numbers / top, alpha):
            stored: Plane = numbers.astype(dtype)
            return stored
    return alpha


def _check_unknown(files: PictureFiles, trimap: Trimap, protocol: Protocol) -> None:
    if protocol.region == "unknown" and not (trimap == UNKNOWN).any():
        raise BadTrimap(f"the trimap {files.trimap} has no unknown pixels, so nothing is measured")


def _mask_doubts(files: PictureFiles, predicted: Plane, true: Plane) -> tuple[str, ...]:
    if _is_mask(true):
        raise BadImage(
            f"the truth {files.true} holds only 0 and 1: a mask where a matte should be;"
            " --allow-masks measures against it"
        )
    if _is_mask(predicted):
        return (f"the prediction {files.predicted} holds only 0 and 1: a mask, not a matte",)
    return ()


def _is_mask(matte: Plane) -> bool:
    """Has solid and empty pixels and nothing between."""
    top = 1 if matte.dtype.kind == "f" else np.iinfo(matte.dtype).max
    solid, empty = np.count_nonzero(matte == top), np.count_nonzero(matte == 0)
    return bool(solid and empty and solid + empty == matte.size)


def _sad_by_region(
    predicted: Plane, true: Plane, trimap: Trimap, protocol: Protocol
) -> dict[str, float]:
    return {
        f"sad {region}": measure(predicted, true, trimap, protocol, region, metrics=["sad"])["sad"]
        for region in ("foreground", "background", "unknown")
    }


def _colour_values(files: PictureFiles, true_foreground: Path, how: Measuring) -> dict[str, float]:
    """The quality of the predicted colours, which an RGBA prediction brings along."""
    cut_out = open_picture(files.predicted, max_pixels=how.max_pixels)
    alpha = read_alpha(files.predicted, max_pixels=how.max_pixels)
    if files.colours is not None:
        cut_out = open_picture(files.colours, max_pixels=how.max_pixels)
    elif cut_out.alpha is None:
        raise BadImage(
            f"the prediction {files.predicted} has no alpha channel, so it holds no colours of the"
            " subject; give RGBA files, or the colours in a folder of their own"
        )
    true_alpha = read_alpha(files.true, max_pixels=how.max_pixels)
    true = open_picture(true_foreground, max_pixels=how.max_pixels).image(), true_alpha
    behind = None
    if files.background is not None:
        behind = open_picture(files.background, max_pixels=how.max_pixels).image()
    error = {"colour error": colour_error(cut_out.image(), *true)}
    return error | halo_scores(cut_out.image(), alpha, *true, behind)


def _doubt_values(
    expected: Plane, predicted: Plane, true: Plane, trimap: Trimap | None, protocol: Protocol
) -> dict[str, float]:
    """The mean error that the model expected of itself, and whether it knew where."""
    pair = make_pair(predicted, true, trimap, protocol)
    if expected.shape != pair.inside.shape:
        found, wanted = (f"{s[1]}x{s[0]}" for s in (expected.shape, pair.inside.shape))
        raise BadImage(f"the expected error is {found} pixels and the true matte {wanted}")
    doubted = expected[pair.inside].astype(np.float64)
    made = np.abs(pair.predicted - pair.true)[pair.inside]
    return {
        EXPECTED: float(doubted.mean()) if doubted.size else 0.0,
        "misplaced doubt": misplaced_doubt(doubted, made),
    }


def _digest(plane: Plane) -> str:
    return hashlib.blake2b(plane.tobytes(), digest_size=8).hexdigest()

"""The pictures of a report: photo, truth, prediction and error map, small enough to embed.

Pictures are read again once all are measured and the shown ones are chosen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mattekit.core.errors import BadImage
from mattekit.core.types import Alpha, Image, Plane, Trimap
from mattekit.evaluation.pairing import PictureFiles
from mattekit.evaluation.results import Evaluation, Row
from mattekit.imaging.files import encode_image, open_trimap, read_alpha, read_image
from mattekit.imaging.picture import to_depth
from mattekit.imaging.resize import fit_within, resize
from mattekit.metrics.pair import MattePair, Values, make_pair
from mattekit.metrics.protocols import Protocol

LONGEST = 512
"""Pixels of the longer side of an embedded picture."""
FULL_COLOUR = 0.25
"""Error that the error map shows in full colour."""

JPEG_QUALITY = 85  # a quarter of the size of the default quality

TOO_OPAQUE = (1.0, 0.55, 0.1)
TOO_TRANSPARENT = (0.25, 0.7, 1.0)
MEASURED, NOT_MEASURED = 0.05, 0.2  # greys of a pixel without error


@dataclass(frozen=True, kw_only=True)
class ShownPicture:
    """One picture of the report: captions and encoded files, in display order."""

    name: str
    planes: Mapping[str, bytes]
    remark: str = ""
    """Why the photo is not shown."""


def choose_shown(evaluation: Evaluation, worst: int, best: int = 4) -> tuple[list[str], list[str]]:
    """Names of the pictures with the highest SAD, worst first, and of those with the lowest."""
    names = [row.name for row in sorted(evaluation.measured, key=_sad, reverse=True)]
    shown = names[:worst]
    return shown, names[len(shown) :][::-1][:best] if worst else []


def show_picture(
    files: PictureFiles, protocol: Protocol, *, others: Mapping[str, Path] | None = None
) -> ShownPicture:
    """Read and shrink one picture; `others` are the second predictions of a comparison."""
    true = read_alpha(files.true)
    trimap = None if files.trimap is None else open_trimap(files.trimap)[0]
    planes: dict[str, Plane] = {}
    remark = ""
    if files.photo is not None:
        try:
            planes["photo"] = read_image(files.photo)
        except BadImage as error:  # the numbers do not need it
            remark = str(error)
    planes["truth"] = true
    other = (others or {}).get(files.name)
    for number, path in (("", files.predicted), (" 2", other)):
        if path is not None:
            predicted = read_alpha(path)
            planes[f"prediction{number}"] = predicted
            planes[f"error{number}"] = error_map(predicted, true, trimap, protocol)
    small = {caption: _encoded(plane) for caption, plane in planes.items()}
    return ShownPicture(name=files.name, planes=small, remark=remark)


def error_map(predicted: Alpha, true: Alpha, trimap: Trimap | None, protocol: Protocol) -> Image:
    """Orange where the prediction is too opaque, blue where too transparent, as measured.

    Shrunk before it is coloured, each sign on its own, so that thin errors do not cancel.
    """
    pair = make_pair(predicted, true, trimap, protocol)
    size = fit_within(true.shape, LONGEST)
    ground = resize(np.where(pair.inside, np.float32(MEASURED), np.float32(NOT_MEASURED)), size)
    too_much, too_little = (resize(plane.astype(np.float32), size) for plane in _signs(pair))
    colours = np.repeat(ground[..., None], 3, axis=2)
    for amount, colour in ((too_much, TOO_OPAQUE), (too_little, TOO_TRANSPARENT)):
        share = np.clip(amount / np.float32(FULL_COLOUR), 0, 1)[..., None]
        colours = colours + share * (np.array(colour, dtype=np.float32) - colours)
    shown: Image = np.clip(colours, 0, 1)
    return shown


def _signs(pair: MattePair) -> tuple[Values, Values]:
    difference = (pair.predicted - pair.true) * pair.inside
    return np.maximum(difference, 0), np.maximum(-difference, 0)


def _encoded(plane: Plane) -> bytes:
    """JPEG for colours, PNG for mattes, whose exact greys matter."""
    small = resize(plane, fit_within(plane.shape[:2], LONGEST))
    if plane.ndim == 2:
        return encode_image(small, format="png")
    blue_first = to_depth(small, 8)[..., ::-1]
    _, encoded = cv2.imencode(".jpg", blue_first, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return encoded.tobytes()


def _sad(row: Row) -> float:
    return row.values["sad"]

"""Pictures of errors: those of a report, small enough to embed, and the faults of one cut-out.

The pictures of a report are read again once all are measured and the shown ones are chosen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mattekit.core.errors import BadImage
from mattekit.core.types import Alpha, Image, Mask, Plane, Trimap
from mattekit.evaluation.inspection import Inspection
from mattekit.evaluation.pairing import PictureFiles
from mattekit.imaging.compose import over
from mattekit.imaging.files import encode_image, open_trimap, read_alpha, read_image
from mattekit.imaging.picture import to_depth, to_float
from mattekit.imaging.resize import fit_within, resize
from mattekit.metrics.metric import make_pair
from mattekit.metrics.protocols import Protocol

EMBEDDED = 512
"""Pixels of the longer side of a picture of a report."""
PANEL = 1024
"""Pixels of the longer side of each of the three panels of an inspection."""
STRIP = 28
"""Pixels of the line of names below them."""
FULL_COLOUR = 0.25
"""Error that the error map shows in full colour."""
JPEG_QUALITY = 85  # a quarter of the size of the default quality

Colour = tuple[float, float, float]
ORANGE, BLUE = (1.0, 0.55, 0.1), (0.25, 0.7, 1.0)
TOO_OPAQUE, TOO_TRANSPARENT = ORANGE, BLUE
MEASURED, NOT_MEASURED = 0.05, 0.2  # greys of a pixel without error
FAULTS = {
    "halo": ORANGE,
    "holes": (1.0, 0.2, 0.3),
    "specks": BLUE,
    "hard edges": (0.95, 0.9, 0.2),
}


@dataclass(frozen=True, kw_only=True)
class ShownPicture:
    """One picture of the report: captions and encoded files, in display order."""

    name: str
    planes: Mapping[str, bytes]
    remark: str = ""
    """Why the photo is not shown."""


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
    size = fit_within(true.shape, EMBEDDED)
    difference = (pair.predicted - pair.true) * pair.inside
    ground = np.where(pair.inside, np.float32(MEASURED), np.float32(NOT_MEASURED))
    shown: Image = np.repeat(resize(ground, size)[..., None], 3, axis=2)
    for amount, colour in ((difference, TOO_OPAQUE), (-difference, TOO_TRANSPARENT)):
        strength = resize(np.maximum(amount, 0).astype(np.float32), size)
        shown = _tinted(shown, np.clip(strength / np.float32(FULL_COLOUR), 0, 1), colour)
    clipped: Image = np.clip(shown, 0, 1)
    return clipped


def inspection_picture(colours: Image, alpha: Alpha, inspection: Inspection) -> Image:
    """Three panels side by side: on black, on white, and the matte with its faults in colour."""
    opacity = alpha[..., None]
    panels = [over(colours, opacity, np.float32(ground)) for ground in (0, 1)]
    panels.append(_marked(alpha, inspection))
    size = fit_within(alpha.shape, PANEL)
    shrunk = [resize(panel.astype(np.float32), size) for panel in panels]
    picture: Image = np.concatenate([np.concatenate(shrunk, axis=1), _legend(3 * size[1])])
    return picture


def _marked(alpha: Alpha, inspection: Inspection) -> Image:
    """The matte in dim grey; halo by its strength, the other faults as solid marks."""
    marked: Image = np.repeat(alpha[..., None] * np.float32(0.55), 3, axis=2)
    strengths = {
        "halo": np.minimum(inspection.halo_map * 2, 1),
        "hard edges": _thickened(inspection.hard_map),
        "holes": _thickened(inspection.hole_map),
        "specks": _thickened(inspection.speck_map),
    }
    for name, strength in strengths.items():
        marked = _tinted(marked, strength, FAULTS[name])
    return marked


def _tinted(image: Image, strength: Alpha, colour: Colour) -> Image:
    """The image with a colour over it, of a strength from 0 to 1 for each pixel."""
    return image + strength[..., None] * (np.array(colour, dtype=np.float32) - image)


def _thickened(mask: Mask) -> Alpha:
    """Dilated, to stay visible when the panel is shrunk."""
    radius = max(1, round(max(mask.shape) / PANEL))
    element = np.ones((2 * radius + 1, 2 * radius + 1), dtype=np.uint8)
    return cv2.dilate(mask.view(np.uint8), element).astype(np.float32)


def _legend(width: int) -> Image:
    """The names of the marks in their colours, to the right, under the third panel."""
    strip = np.full((STRIP, width, 3), 30, dtype=np.uint8)
    left = 2 * width // 3 + 8
    for name, colour in FAULTS.items():
        ink = tuple(round(255 * value) for value in colour)
        cv2.putText(strip, name, (left, 19), cv2.FONT_HERSHEY_SIMPLEX, 0.45, ink, 1, cv2.LINE_AA)
        left += 10 * len(name) + 12
    return to_float(strip)


def _encoded(plane: Plane) -> bytes:
    """JPEG for colours, PNG for mattes, whose exact greys matter."""
    small = resize(plane, fit_within(plane.shape[:2], EMBEDDED))
    if plane.ndim == 2:
        return encode_image(small, format="png")
    blue_first = to_depth(small, 8)[..., ::-1]
    _, encoded = cv2.imencode(".jpg", blue_first, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return encoded.tobytes()

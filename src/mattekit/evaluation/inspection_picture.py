"""The picture of an inspection: the cut-out on black and on white, and its faults marked."""

import cv2
import numpy as np

from mattekit.core.types import Alpha, Image, Mask
from mattekit.evaluation.inspection import Inspection
from mattekit.imaging.compose import over
from mattekit.imaging.picture import to_float
from mattekit.imaging.resize import fit_within, resize

LONGEST = 1024
"""Pixels of the longer side of each of the three panels."""
STRIP = 28
"""Pixels of the line of names below them."""

COLOURS = {
    "halo": (1.0, 0.55, 0.1),
    "holes": (1.0, 0.2, 0.3),
    "specks": (0.25, 0.7, 1.0),
    "hard edges": (0.95, 0.9, 0.2),
}


def inspection_picture(colours: Image, alpha: Alpha, inspection: Inspection) -> Image:
    """Three panels side by side: on black, on white, and the matte with its faults in colour."""
    opacity = alpha[..., None]
    panels = [over(colours, opacity, np.float32(ground)) for ground in (0, 1)]
    panels.append(_marked(alpha, inspection))
    size = fit_within(alpha.shape, LONGEST)
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
        marked += strength[..., None] * (np.array(COLOURS[name], dtype=np.float32) - marked)
    return marked


def _thickened(mask: Mask) -> Alpha:
    """Dilated, to stay visible when the panel is shrunk."""
    radius = max(1, round(max(mask.shape) / LONGEST))
    element = np.ones((2 * radius + 1, 2 * radius + 1), dtype=np.uint8)
    return cv2.dilate(mask.view(np.uint8), element).astype(np.float32)


def _legend(width: int) -> Image:
    """The names of the marks in their colours, to the right, under the third panel."""
    strip = np.full((STRIP, width, 3), 30, dtype=np.uint8)
    left = 2 * width // 3 + 8
    for name, colour in COLOURS.items():
        ink = tuple(round(255 * value) for value in colour)
        cv2.putText(strip, name, (left, 19), cv2.FONT_HERSHEY_SIMPLEX, 0.45, ink, 1, cv2.LINE_AA)
        left += 10 * len(name) + 12
    return to_float(strip)

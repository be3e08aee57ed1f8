"""One picture that shows what was done: photo, trimap, alpha, and the subject on a checkerboard."""

import cv2
import numpy as np

from mattekit.classical.segment import Box
from mattekit.core.types import Image, Plane
from mattekit.imaging.compose import checkerboard, over
from mattekit.imaging.picture import to_float
from mattekit.imaging.resize import fit_within, resize
from mattekit.imaging.trimap import to_pixels
from mattekit.inference.cutout import Cutout

LONGEST = 640  # side of each of the four
GAP = 8


def preview(photo: Plane, cut: Cutout) -> Image:
    """Photo, trimap, alpha and subject, small, side by side."""
    size = fit_within(cut.trimap.shape, LONGEST)
    alpha = resize(cut.alpha, size)
    trimap = to_float(to_pixels(resize(cut.trimap, size, "labels")))
    premultiplied = resize(to_float(cut.foreground) * cut.alpha[..., None], size)
    subject = premultiplied + over(0.0, alpha[..., None], checkerboard(size))
    return _side_by_side([resize(to_float(photo), size), _grey(trimap), _grey(alpha), subject])


def box_preview(photo: Plane, box: Box) -> Image:
    """The photo, small, with the box drawn on it."""
    size = fit_within((photo.shape[0], photo.shape[1]), LONGEST)
    shown = resize(to_float(photo), size)
    scale = size[1] / photo.shape[1]
    x, y, width, height = (round(number * scale) for number in box)
    for colour, thickness in ((0.0, 5), (1.0, 2)):
        cv2.rectangle(shown, (x, y), (x + width, y + height), (colour,) * 3, thickness)
    return shown


def _grey(plane: Plane) -> Image:
    return np.repeat(plane[..., None], 3, axis=2)


def _side_by_side(panels: list[Image]) -> Image:
    gap = np.ones((panels[0].shape[0], GAP, 3), np.float32)
    parts = [part for panel in panels for part in (panel, gap)]
    return np.concatenate(parts[:-1], axis=1).clip(0, 1)

"""A picture of all stages: photo, trimap, alpha, and the subject on a checkerboard.

A fifth part shows where the model is unsure, if it says so. Of a key: photo, plate, alpha, and the
subject on three backgrounds.
"""

import cv2
import numpy as np

from mattekit.core.types import Image, Plane
from mattekit.cutouts.cutout import Cutout
from mattekit.imaging.compose import checkerboard, named_colour, over
from mattekit.imaging.picture import to_float
from mattekit.imaging.resize import fit_within, resize
from mattekit.imaging.trimap import to_pixels
from mattekit.subject.segment import Rectangle

LONGEST = 640  # side of each part
GAP = 8
DIMMED = 0.35  # brightness of the photo below the expected error
ERROR_COLOUR = np.array([1.0, 0.62, 0.1], np.float32)
PLAIN = ("white", "black")
"""Backgrounds of a key beside the checkerboard."""
FULL_COLOUR = 0.25
"""Expected error that is shown in full colour; hair of a hard photo reaches it."""


def preview(photo: Plane, cut: Cutout) -> Image:
    """Photo, trimap, alpha, subject and, if known, expected error: small, side by side."""
    size = fit_within(cut.trimap.shape, LONGEST)
    alpha = resize(cut.alpha, size)
    trimap = to_float(to_pixels(resize(cut.trimap, size, "labels")))
    premultiplied = resize(cut.foreground * cut.alpha[..., None], size)

    def before(background: Plane) -> Image:
        shown: Image = premultiplied + over(0.0, alpha[..., None], background)
        return shown

    small, subject = resize(to_float(photo), size), before(checkerboard(size))
    if cut.plate is not None and cut.plate.shape[:2] == cut.alpha.shape:
        plain = [before(named_colour(name)) for name in PLAIN]
        return _side_by_side([small, resize(cut.plate, size), _grey(alpha), subject, *plain])
    panels = [small, _grey(trimap), _grey(alpha), subject]
    if cut.expected_error is not None:
        panels.append(error_overlay(small, resize(cut.expected_error, size)))
    return _side_by_side(panels)


def error_overlay(photo: Image, expected_error: Plane) -> Image:
    """The photo in dim grey, and over it the expected error in orange."""
    strength = (expected_error / FULL_COLOUR).clip(0, 1)[..., None]
    shown: Image = over(ERROR_COLOUR, strength, DIMMED * photo.mean(axis=2, keepdims=True))
    return shown


def box_preview(photo: Plane, box: Rectangle) -> Image:
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

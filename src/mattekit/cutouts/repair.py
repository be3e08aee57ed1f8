"""Repair an alpha by strokes: only what a stroke touches changes, all other pixels stay bit-equal.

A stroke marks subject or background. Around it, alpha is computed again, with the old alpha as
known further away; of the changes, only connected parts that contain a stroke of the same kind are
kept (progressive merge, Chen et al. 2022).
"""

from collections.abc import Callable

import cv2
import numpy as np

from mattekit.core.errors import BadArgument
from mattekit.core.matte import Matte
from mattekit.core.types import (
    BACKGROUND,
    FOREGROUND,
    UNKNOWN,
    Alpha,
    Mask,
    Plane,
    Size,
    Trimap,
    size_text,
)
from mattekit.cutouts.cutout import Cutout, Progress, own_colours, seen_colours
from mattekit.imaging.files import MAX_PIXELS, open_picture
from mattekit.imaging.picture import Picture, to_depth
from mattekit.imaging.sources import Source
from mattekit.imaging.trimap import labelled
from mattekit.inference.matting import Matting
from mattekit.subject.segment import MOST_PAINTED, OPAQUE, stroke_labels

REACH = 3.0  # radius of the new alpha around a stroke, in widths of the stroke
NEAREST = 12.0  # pixels at least
CHANGE = 0.02  # a smaller difference is ignored
MOST_SAMPLES = 100_000  # of the page
PAGE_TOLERANCE = 16  # 8-bit steps by which the page below strokes varies
MOST_OTHER = 0.1  # of the picture: soft edges of strokes
SURE = 0.02  # the old alpha is known where it is this close to 0 or 1

FindAlpha = Callable[[Plane, Trimap], Alpha]


def read_strokes(source: Source, *, max_pixels: int = MAX_PIXELS) -> Trimap:
    """The labels of a picture of strokes: white on the subject, black beside it, on a grey or
    transparent page.

    Raises:
        BadArgument: it is a photo.
    """
    picture = open_picture(source, max_pixels=max_pixels)
    opacity = picture.alpha_window()
    strokes = stroke_labels(picture.colours, opacity)
    page = to_depth(picture.colours, 8)[(strokes == UNKNOWN) & (opacity >= OPAQUE)]
    if len(page):
        some = page[:: 1 + len(page) // MOST_SAMPLES].astype(np.float32)
        other = (np.abs(some - np.median(some, axis=0)) > PAGE_TOLERANCE).any(axis=1)
        if len(page) * other.mean() > MOST_OTHER * strokes.size:
            raise BadArgument(
                "the strokes of a repair have many colours, as a photo has; paint white on the "
                "subject and black beside it, on a page that is grey or transparent"
            )
    return strokes


def repair(photo: Plane, alpha: Alpha, strokes: Trimap, find_alpha: FindAlpha) -> Alpha:
    """The alpha, corrected where strokes were painted.

    Args:
        photo: h w 3, of any depth.
        alpha: the one to correct, h w in [0, 1].
        strokes: labels, foreground and background where painted, unknown elsewhere.
        find_alpha: the matting method, from a photo and a trimap.

    Returns:
        A new alpha; equal to the old one outside of what the strokes touch.

    Raises:
        BadArgument: a size differs, or nothing is painted.

    >>> alpha = np.zeros((9, 9), np.float32)
    >>> strokes = np.full((9, 9), UNKNOWN, np.uint8)
    >>> strokes[4, 4] = FOREGROUND
    >>> photo = np.zeros((9, 9, 3), np.uint8)
    >>> repair(photo, alpha, strokes, lambda photo, trimap: trimap / np.float32(2))[4, 4]
    np.float32(1.0)
    """
    size = (photo.shape[0], photo.shape[1])
    check_fits("alpha", alpha, size)
    check_fits("strokes", strokes, size)
    painted = strokes != UNKNOWN
    if not painted.any():
        raise BadArgument("no stroke is painted; paint white on the subject, black beside it")
    if painted.mean() > MOST_PAINTED:
        raise BadArgument(
            "the strokes say of nearly every pixel what it is, as white strokes on a black page "
            "do; leave what is right already grey or transparent"
        )
    trimap = _trimap(alpha, strokes)
    candidate = alpha.copy()
    candidate[painted] = strokes[painted] == FOREGROUND
    if (trimap == UNKNOWN).any() and {BACKGROUND, FOREGROUND} <= {*np.unique(trimap).tolist()}:
        unknown = trimap == UNKNOWN
        candidate[unknown] = find_alpha(photo, trimap)[unknown]
    return merged(alpha, candidate, strokes)


def repaired_cutout(
    picture: Picture,
    alpha: Alpha,
    strokes: Trimap,
    method: Matting,
    *,
    clean: bool = True,
    progress: Progress | None = None,
) -> Cutout:
    """The cut-out of an opened photo with a repaired alpha; `clean` as of `cut_picture`."""
    report = progress or (lambda stage, share: None)

    def find_alpha(photo: Plane, trimap: Trimap) -> Alpha:
        return method.matte(photo, trimap, done=lambda share: report("alpha", share)).alpha

    report("alpha", 0.0)
    result = repair(picture.colours, alpha, strokes, find_alpha)
    if picture.alpha is not None:
        result = result * picture.alpha_window()
    report("colours", 0.0)
    return cutout_of_alpha(picture, result, clean=clean, model=method.name)


def cutout_of_alpha(
    picture: Picture, alpha: Alpha, *, clean: bool = True, model: str = "given"
) -> Cutout:
    """The cut-out of an opened photo whose alpha is known."""
    check_fits("alpha", alpha, picture.size)
    return Cutout(
        matte=Matte(alpha=alpha, warnings=[*picture.warnings]),
        colours=own_colours(picture, alpha) if clean else seen_colours(picture),
        trimap=labelled(alpha >= 1 - SURE, alpha <= SURE),
        model=model,
        linear=picture.linear is not None,
    )


def merged(alpha: Alpha, candidate: Alpha, strokes: Trimap) -> Alpha:
    """The old alpha, with those connected parts of the change that a stroke of their kind touches.

    A part where alpha increases needs a stroke of the subject, one where it decreases a stroke of
    the background.
    """
    result = alpha.copy()
    for change, label in (
        (candidate - alpha > CHANGE, FOREGROUND),
        (alpha - candidate > CHANGE, BACKGROUND),
    ):
        stroke = strokes == label
        _, parts = cv2.connectedComponents((change | stroke).astype(np.uint8))
        touched = np.isin(parts, np.unique(parts[stroke])) & (parts > 0)
        result[touched & change] = candidate[touched & change]
    return result


def _trimap(alpha: Alpha, strokes: Trimap) -> Trimap:
    """Unknown around each stroke, up to where the old alpha is known; strokes are known."""
    labels = np.where(alpha > 0.5, FOREGROUND, BACKGROUND).astype(np.uint8)
    for label in (FOREGROUND, BACKGROUND):
        stroke = strokes == label
        if not stroke.any():
            continue
        reach = max(NEAREST, REACH * _width(stroke))
        near = cv2.distanceTransform((~stroke).astype(np.uint8), cv2.DIST_L2, 5) <= reach
        wrong = near & (labels != label)
        labels[wrong] = UNKNOWN
        labels[near & (alpha > SURE) & (alpha < 1 - SURE)] = UNKNOWN
    painted = strokes != UNKNOWN
    labels[painted] = strokes[painted]
    return labels


def _width(stroke: Mask) -> float:
    padded = np.pad(stroke, 1).astype(np.uint8)
    return 2 * float(cv2.distanceTransform(padded, cv2.DIST_L2, 5).max())


def check_fits(name: str, plane: Plane, size: Size) -> None:
    """Refuse a plane that is not as large as the photo."""
    if plane.shape != size:
        raise BadArgument(
            f"the {name} to repair is {size_text(plane.shape)} and the photo {size_text(size)}; "
            "they must have the same size"
        )

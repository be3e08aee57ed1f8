"""Postprocessing of a cut-out: holes, islands, edge, shadow, crop, canvas and size."""

from dataclasses import replace
from typing import Literal

import cv2
import numpy as np

from mattekit.classical.foreground import AROUND
from mattekit.core.config import config
from mattekit.core.errors import NoSubject
from mattekit.core.types import Alpha, Image, Mask, Plane, Size
from mattekit.cutouts.cutout import Cutout
from mattekit.imaging.compose import over, to_linear
from mattekit.imaging.files import MAX_PIXELS
from mattekit.imaging.formats.guard import check_size
from mattekit.imaging.picture import coded, to_float
from mattekit.imaging.resize import resize, scaled_size
from mattekit.imaging.trimap import diagonal, disc
from mattekit.subject.bands import pixels_of, small_parts

VISIBLE = 0.02  # alpha that a crop keeps
SOLID = 0.5
LARGEST_HOLE = 0.02  # of the subject
SHADOW_REACH = 0.4  # of the subject's diagonal
SHADOW_BLUR = 0.01
LEAST_SHADOW = 0.04
DARKEST_SHADOW = 0.9
LARGEST_DISC = 16
"""Radius in pixels; the time of one pass over the picture grows with the square of it."""


@config
class FinishingOptions:
    """Postprocessing steps, in their order."""

    fill_holes: bool = False
    """Make small enclosed holes opaque."""
    drop_islands: bool = False
    """Keep the largest connected piece only."""
    grow: float = 0.0
    """Pixels by which the edge moves outwards, or inwards where negative. Far out, beyond 8 pixels,
    the photo is seen below it, since the subject has no colours there."""
    feather: float = 0.0
    """Pixels over which the edge is softened."""
    shadow: Literal["none", "keep"] = "none"
    """Keep the shadow on the ground next to the subject, as black below it."""
    crop: bool = False
    """Crop to the visible part."""
    margin: str | float = 0
    """Margin around the crop, in pixels or as a share of its longer side such as `3%`."""
    square: bool = False
    """Pad the shorter side."""
    size: int | None = None
    """Longest side of the result."""
    canvas: Size | None = None
    """Height and width of the result; the subject is centred and as large as possible."""

    def __post_init__(self) -> None:
        pixels_of(self.margin, 1, "margin")  # which refuses what is none

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return self != FinishingOptions()


def finish(
    cut: Cutout, photo: Plane, options: FinishingOptions, *, max_pixels: int = MAX_PIXELS
) -> Cutout:
    """The cut-out after all steps.

    Args:
        photo: the original, seen in filled holes, below an edge that grows far, and around the
            subject as its shadow; of a cut-out in linear light, in that light.
        max_pixels: larger results are refused.

    Raises:
        NoSubject: there is nothing visible to crop to.
        TooLarge: the result would have more pixels than it may.
    """
    alpha, colours = cut.alpha.copy(), cut.colours
    if options.fill_holes:
        holes = small_holes(alpha)
        alpha[holes] = 1
        colours = np.where(holes[..., None], photo, colours)
    found, alpha = alpha, mended(alpha, options)
    if options.grow > AROUND:
        colours = uncovered(colours, photo, found, alpha)
    if options.shadow == "keep":
        seen = coded(photo) if cut.linear else to_float(photo)
        shadow = shadow_of(seen, alpha)
        if cut.linear:  # light falls by more than its coded values
            shadow = 1 - to_linear(1 - shadow)
        colours, alpha = over_shadow(colours, alpha, shadow)
    trimap, error = cut.trimap, cut.expected_error
    if options.crop or options.square or options.canvas or options.margin:
        rows, columns = frame(alpha, options, max_pixels)
        alpha, trimap = cut_frame(alpha, rows, columns), cut_frame(trimap, rows, columns)
        colours = cut_frame(colours, rows, columns, edge=True)
        error = None if error is None else cut_frame(error, rows, columns)
    size = _final_size((alpha.shape[0], alpha.shape[1]), options)
    check_size(size, max_pixels, what="result")
    if size != alpha.shape:
        colours, alpha = _resized(colours, alpha, size)
        trimap = resize(trimap, size, "labels")
        error = None if error is None else resize(error, size)
    return replace(
        cut,
        matte=replace(cut.matte, alpha=alpha, expected_error=error),
        colours=colours,
        trimap=trimap,
    )


def check_result(options: FinishingOptions, size: Size, *, max_pixels: int = MAX_PIXELS) -> None:
    """Refuse, before any matting, options that make a photo of this size too large in any case.

    Raises:
        TooLarge: the result would have more pixels than it may.
    """
    least = (1, 1) if options.crop or options.canvas else size
    rows, columns = frame(np.broadcast_to(np.float32(1), least), options, max_pixels)
    if not options.crop or options.square or options.canvas:
        # otherwise its shape is that of the subject
        framed = (rows.stop - rows.start, columns.stop - columns.start)
        check_size(_final_size(framed, options), max_pixels, what="result")


def mended(alpha: Alpha, options: FinishingOptions) -> Alpha:
    """The alpha with islands dropped, its edge moved and softened."""
    if options.drop_islands:
        alpha = np.where(largest_piece(alpha > VISIBLE), alpha, np.float32(0))
    if options.grow:
        alpha = moved_edge(alpha, options.grow)
    if options.feather:
        alpha = cv2.GaussianBlur(alpha, (0, 0), options.feather / 2).astype(np.float32)
    return alpha.clip(0, 1)


def small_holes(alpha: Alpha) -> Mask:
    """Enclosed parts that are not opaque, and small beside the subject."""
    return small_parts(alpha < 1 - VISIBLE, LARGEST_HOLE * np.count_nonzero(alpha > SOLID))


def largest_piece(mask: Mask) -> Mask:
    """The largest connected part of a mask."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return mask
    piece: Mask = parts == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return piece


def moved_edge(alpha: Alpha, pixels: float) -> Alpha:
    """The alpha with its soft edge moved outwards, or inwards by a negative number of pixels."""
    whole = int(abs(pixels))
    rest = abs(pixels) - whole
    move = cv2.dilate if pixels > 0 else cv2.erode

    def by(radius: int) -> Alpha:
        moved: Plane = alpha
        for reached in range(0, radius, LARGEST_DISC):  # discs one after the other are one large
            step = min(LARGEST_DISC, radius - reached)
            before, moved = moved, move(moved, disc(step))
            if np.array_equal(before, moved):
                break
        return moved.astype(np.float32)

    result = by(whole) if not rest else (1 - rest) * by(whole) + rest * by(whole + 1)
    return result.astype(np.float32)


def uncovered(colours: Plane, photo: Plane, before: Alpha, alpha: Alpha) -> Plane:
    """The subject's own colours, and the photo's as far as alpha is more than it was before."""
    own = np.divide(before, alpha, out=np.ones_like(alpha), where=alpha > before)
    return _in_depth_of(colours, over(colours, own[..., None], photo))


def shadow_of(photo: Image, alpha: Alpha) -> Alpha:
    """Darkness of the ground next to the subject relative to the ground further away; 0 to 1."""
    empty = alpha < VISIBLE
    solid = alpha > SOLID
    if not empty.any() or not solid.any():
        return np.zeros_like(alpha)
    length = diagonal(solid)
    away = cv2.distanceTransform((~solid).astype(np.uint8), cv2.DIST_L2, 5)
    reach = SHADOW_REACH * length
    ground = empty & (away > reach)
    if not ground.any():
        return np.zeros_like(alpha)
    light = photo.mean(axis=2)
    lit = _spread(light, ground, max(1.0, reach))
    dark = np.where(empty, 1 - light / np.maximum(lit, 1e-3), 0).clip(0, DARKEST_SHADOW)
    blur = max(0.5, SHADOW_BLUR * length)
    weight = cv2.GaussianBlur(empty.astype(np.float32), (0, 0), blur)
    smooth = cv2.GaussianBlur(dark.astype(np.float32), (0, 0), blur) / np.maximum(weight, 1e-3)
    fading = (2 - 2 * away / reach).clip(0, 1)  # over the outer half
    shadow: Alpha = ((smooth - LEAST_SHADOW).clip(0, DARKEST_SHADOW) * fading).astype(np.float32)
    return shadow


def over_shadow(colours: Plane, alpha: Alpha, shadow: Alpha) -> tuple[Plane, Alpha]:
    """The subject over a black shadow of that alpha, as straight colours and one alpha."""
    below = shadow * (1 - alpha)
    together = alpha + below
    share = np.divide(alpha, together, out=np.zeros_like(alpha), where=together > 0)
    share[below == 0] = 1
    darker = _in_depth_of(colours, colours * share[..., None])
    return darker, together.clip(0, 1).astype(np.float32)


def frame(alpha: Alpha, options: FinishingOptions, max_pixels: int) -> tuple[slice, slice]:
    """Rows and columns of the result in the cut-out; they may exceed it, but not that limit."""
    height, width = alpha.shape
    top, bottom, left, right = 0, height, 0, width
    if options.crop or options.canvas:
        left, top, width, height = cv2.boundingRect((alpha > VISIBLE).view(np.uint8))
        if not width:
            raise NoSubject("the cut-out is empty, so it cannot be cropped to its subject")
        bottom, right = top + height, left + width
    margin = round(pixels_of(options.margin, max(bottom - top, right - left), "margin"))
    top, bottom, left, right = top - margin, bottom + margin, left - margin, right + margin
    aspect = 1.0 if options.square else None
    if options.canvas:
        aspect = options.canvas[1] / options.canvas[0]
    if aspect is not None:
        wide = max(right - left, round((bottom - top) * aspect))
        high = max(bottom - top, round((right - left) / aspect))
        left -= (wide - (right - left)) // 2
        top -= (high - (bottom - top)) // 2
        right, bottom = left + wide, top + high
    check_size((bottom - top, right - left), max_pixels, what="frame of the subject")
    return slice(top, bottom), slice(left, right)


def cut_frame(plane: Plane, rows: slice, columns: slice, *, edge: bool = False) -> Plane:
    """The part of a plane within a frame, padded with 0, or with `edge` by its border values."""
    height, width = plane.shape[:2]
    outside = (
        (max(0, -rows.start), max(0, rows.stop - height)),
        (max(0, -columns.start), max(0, columns.stop - width)),
    )
    inside = plane[
        max(0, rows.start) : min(height, rows.stop),
        max(0, columns.start) : min(width, columns.stop),
    ]
    padding = [*outside, *[(0, 0)] * (plane.ndim - 2)]
    return np.pad(inside, padding, mode="edge" if edge else "constant")


def _final_size(size: Size, options: FinishingOptions) -> Size:
    if options.canvas:
        return options.canvas
    if options.size is None:
        return size
    return scaled_size(size, options.size / max(size))


def _resized(colours: Plane, alpha: Alpha, size: Size) -> tuple[Plane, Alpha]:
    """Both at another size; weighted by alpha, so that transparent colours do not bleed in."""
    smaller = resize(alpha, size)
    weight = np.maximum(alpha, np.float32(1e-4))[..., None]
    mixed = resize((colours * weight).astype(np.float32), size)
    straight = mixed / resize(weight[..., 0], size)[..., None]
    return _in_depth_of(colours, straight), smaller


def _in_depth_of(colours: Plane, values: Plane) -> Plane:
    """Values in the range of these colours, rounded where they are whole numbers."""
    if colours.dtype.kind != "f":
        values = np.rint(values).clip(0, np.iinfo(colours.dtype).max)
    return values.astype(colours.dtype)


def _spread(values: Plane, known: Mask, radius: float) -> Plane:
    """Known values, averaged and extended into unknown pixels."""
    weight = known.astype(np.float32)
    mean = float(values[known].mean())
    blurred = cv2.GaussianBlur((values * weight).astype(np.float32), (0, 0), radius)
    amount = cv2.GaussianBlur(weight, (0, 0), radius)
    trust = (amount / 0.05).clip(0, 1)
    spread: Plane = trust * blurred / np.maximum(amount, 1e-6) + (1 - trust) * mean
    return spread

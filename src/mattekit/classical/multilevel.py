"""Colours of subject and background at the soft pixels and around them, fast and approximate.

The equations are those of Germer et al. 2020: a F + b B = I, and neighbours have similar colours,
the more so the more their alphas differ. They are solved at every size of a pyramid, from one pixel
up, for a band of pixels only; at every size the band holds all that the next larger size starts
from. Pixels are updated in red-black order, as red ones depend on black ones only and vice versa,
with successive over-relaxation, so that few sweeps are enough.

I: image, F, B: its colours, a: share of F (alpha), b: share of B.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.sparse import csr_array

from mattekit.classical.linear import sparse_rows
from mattekit.core.types import Alpha, Mask, Plane
from mattekit.imaging.picture import to_float

SWEEPS = 5
RELAXATION = 1.5
LEAST_WEIGHT = 1e-5  # of neighbours with the same alpha
GRADIENT_WEIGHT = 0.03
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


@dataclass(frozen=True, kw_only=True)
class _Half:
    """The red or the black pixels of a level, and the equations of their colours."""

    pixels: slice
    neighbours: csr_array
    """Weighted means of the four neighbours."""
    a: Plane
    b: Plane
    inverse: Plane


@dataclass(frozen=True, kw_only=True)
class _Level:
    """The band at one size: its red, then its black pixels, then the pixels around it."""

    row: Plane
    column: Plane
    place: Plane
    """Number of every pixel of the picture, h w; -1 outside of the band."""
    image: Plane  # 3 n
    halves: list[_Half]


def multilevel(image: Plane, alpha: Alpha, band: Mask) -> tuple[Plane, Plane]:
    """Foreground and background colours of the pixels of the band, in [0, 1], one row each."""
    colours, place = _mean_colours(image, alpha), np.zeros((1, 1), np.int32)
    for level in _levels(image, alpha, band):
        width = place.shape[1]
        parent = level.row // 2 * width + level.column // 2
        colours = colours.take(place.ravel().take(parent), axis=1)
        for _ in range(SWEEPS):
            for half in level.halves:
                _update(colours, level.image, half)
        place = level.place
    rows = place[band]
    return colours[:3].take(rows, axis=1).T, colours[3:].take(rows, axis=1).T


def _mean_colours(image: Plane, alpha: Alpha) -> Plane:
    """Of all that is nearly opaque and nearly empty; 6 1."""
    means = []
    for mask in (alpha > 0.9, alpha < 0.1):
        mean: Plane = np.array(cv2.mean(image, mask.view(np.uint8))[:3])
        means += [to_float(mean.astype(image.dtype))]
    return np.concatenate(means)[:, None]


def _levels(image: Plane, alpha: Plane, band: Mask) -> Iterator[_Level]:
    """The smallest size first."""
    sizes = [(image, alpha, band)]
    while max(band.shape) > 1:
        height, width = (-(-side // 2) for side in band.shape)
        band = _halved(cv2.dilate(band.view(np.uint8), CROSS))
        image, alpha = (
            cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA).reshape(
                height, width, *plane.shape[2:]
            )
            for plane in (image, alpha)
        )
        sizes.append((image, alpha, band))
    while sizes:
        yield _level(*sizes.pop())


def _halved(mask: Plane) -> Mask:
    """Blocks of 2x2 pixels of which one is set."""
    even = np.pad(mask, [(0, side % 2) for side in mask.shape])
    halved: Mask = (even[::2, ::2] | even[1::2, ::2] | even[::2, 1::2] | even[1::2, 1::2]) > 0
    return halved


def _level(image: Plane, alpha: Alpha, band: Mask) -> _Level:
    outer = cv2.dilate(band.view(np.uint8), CROSS) > band
    red = band.copy()
    red[::2, 1::2] = red[1::2, ::2] = False
    parts = [np.flatnonzero(mask) for mask in (red, band > red, outer)]
    pixel = np.concatenate(parts).astype(np.int32)
    place: Plane = np.full(band.shape, -1, np.int32)
    place.ravel()[pixel] = np.arange(pixel.size)
    row, column = np.divmod(pixel, np.int32(band.shape[1]))
    alpha = alpha.ravel().take(pixel)
    framed = cv2.copyMakeBorder(place, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    halves, first = [], 0
    for part in parts[:2]:
        pixels = slice(first, first + part.size)
        halves.append(_half(pixels, row[pixels], column[pixels], framed, alpha))
        first = pixels.stop
    colours = np.stack([image[..., channel].ravel().take(pixel) for channel in range(3)])
    return _Level(row=row, column=column, place=place, image=to_float(colours), halves=halves)


def _half(pixels: slice, row: Plane, column: Plane, framed: Plane, alpha: Plane) -> _Half:
    """`framed`: numbers of the pixels; beyond the border, those of the pixels at it."""
    width = framed.shape[1]
    here = (row + 1) * width + column + 1
    neighbour = np.stack([framed.ravel().take(here + s) for s in (-width, -1, 1, width)], axis=1)
    a = alpha[pixels]
    weight = LEAST_WEIGHT + GRADIENT_WEIGHT * np.abs(alpha.take(neighbour) - a[:, None])
    whole = weight.sum(axis=1)
    weight /= whole[:, None]
    mean = sparse_rows(weight, neighbour, alpha.size)
    b = 1 - a
    return _Half(pixels=pixels, neighbours=mean, a=a, b=b, inverse=1 / (a * a + b * b + whole))


def _update(colours: Plane, image: Plane, half: _Half) -> None:
    """Least squares at every pixel, given its neighbours: the residual of I is distributed over F
    and B.
    """
    for channel, I in enumerate(image):  # noqa: E741
        old_F, old_B = colours[channel, half.pixels], colours[3 + channel, half.pixels]
        F = half.neighbours @ colours[channel]
        B = half.neighbours @ colours[3 + channel]
        missing = (I[half.pixels] - half.a * F - half.b * B) * half.inverse
        for old, new, share in ((old_F, F, half.a), (old_B, B, half.b)):
            new += share * missing
            new -= old
            new *= RELAXATION
            new += old
            np.clip(new, 0, 1, out=old)

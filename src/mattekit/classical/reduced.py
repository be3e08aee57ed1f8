"""Solving at a smaller size: picture and trimap are reduced, a guided filter upsamples alpha.

In a small window alpha is nearly linear in colour (Levin et al. 2008): alpha = a . I + b. The
coefficients a, b are fitted at the small size (the guided filter of He et al. 2013, with colour
guidance), smoothed, enlarged, and applied to the colours of the full picture.

I: small image, p: small alpha, a: h w 3, b: h w.
"""

import math
from collections.abc import Iterator

import cv2
import numpy as np

from mattekit.classical.linear import solve_symmetric
from mattekit.core.errors import BadTrimap
from mattekit.core.matte import known_alpha
from mattekit.core.types import (
    BACKGROUND,
    FOREGROUND,
    UNKNOWN,
    Alpha,
    Image,
    Mask,
    Plane,
    Size,
    Trimap,
)
from mattekit.imaging.picture import to_float
from mattekit.imaging.resize import resize

WINDOW = (3, 3)
REACH = 3  # rows of the small picture that the coefficients of a row depend on, with rounding
EPSILON = 1e-5
STRIP_PIXELS = 1_000_000  # of the full picture at a time
ROW = 1024


def reduce(image: Plane, trimap: Trimap, factor: float) -> tuple[Image, Trimap]:
    """Picture and trimap at 1/`factor`, sides rounded up; labels by nearest neighbour.

    Raises:
        BadTrimap: after reduction no pixel is known foreground, or none known background.
    """
    height, width = trimap.shape
    size = (math.ceil(height / factor), math.ceil(width / factor))
    labels: Plane = cv2.resize(trimap, size[::-1], interpolation=cv2.INTER_NEAREST)
    if not _has_both(labels):
        labels = shrink_trimap(trimap, size)  # keeps labels of few pixels
    if not _has_both(labels):
        raise BadTrimap(
            f"too few pixels of the trimap are known to solve the photo at 1/{factor:.2g} of its "
            "size; mark more of subject and background"
        )
    return shrink(image, size), labels


def _has_both(trimap: Trimap) -> bool:
    return bool((trimap == FOREGROUND).any() and (trimap == BACKGROUND).any())


def shrink(image: Plane, size: Size) -> Image:
    """A picture of any depth, reduced, as floats."""
    channels = [resize(to_float(image[..., channel]), size) for channel in range(3)]
    return np.dstack(channels)  # channel by channel, to save memory


def shrink_trimap(trimap: Trimap, size: Size) -> Trimap:
    """A small pixel is known if any of its pixels is; its label is that of most of them.

    If all of them had to be known, thin strips of the trimap would be lost: SAD 3.15 instead of
    2.86 at a quarter of the size, on eleven photographs of the public benchmark.
    """
    foreground = _share(trimap == FOREGROUND, size)
    background = _share(trimap == BACKGROUND, size)
    known = np.where(foreground >= background, FOREGROUND, BACKGROUND)
    nothing = (foreground == 0) & (background == 0)
    return np.where(nothing, UNKNOWN, known).astype(np.uint8)


def _share(mask: Mask, size: Size) -> Plane:
    return cv2.resize(mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)


def enlarge(p: Alpha, I: Image, image: Plane, trimap: Trimap) -> Alpha:  # noqa: E741
    """The small alpha at the size of `image`, with known pixels from the trimap."""
    alpha, unknown = known_alpha(trimap), trimap == UNKNOWN
    down, across = (_places(trimap.shape[axis], p.shape[axis]) for axis in (0, 1))
    for strip in _strips(unknown):
        top = max(int(down[strip][0]) - REACH, 0)
        small = slice(top, int(down[strip][-1]) + REACH + 1)
        lines = _mean(lines_of(I[small], p[small])).astype(np.float32)
        rows, columns = np.nonzero(unknown[strip])
        a_b = values_at(lines, across[columns], down[strip][rows] - np.float32(top))
        colours = to_float(image[strip][rows, columns])
        alpha[strip][rows, columns] = np.einsum("nc,nc->n", a_b[:, :3], colours) + a_b[:, 3]
    return np.clip(alpha, 0, 1, out=alpha)


def values_at(planes: Plane, x: Plane, y: Plane) -> Plane:
    """Bilinear values of one or several planes, h w or h w c, at n places: n or n c."""
    shape = (-(-x.size // ROW), ROW)  # OpenCV does not accept rows of a million
    places = np.resize(x, shape), np.resize(y, shape)
    found = cv2.remap(planes, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    values: Plane = found.reshape(-1, *planes.shape[2:])[: x.size]
    return values


def lines_of(I: Image, p: Alpha) -> Plane:  # noqa: E741
    """a and b, stacked: the least-squares line p = a . I + b in the window around every pixel."""
    planes = [np.ascontiguousarray(x, np.float64) for x in (*np.moveaxis(I, 2, 0), p)]
    mean = [_mean(plane) for plane in planes]

    def covariance(i: int, j: int) -> Plane:
        product: Plane = _mean(planes[i] * planes[j]) - mean[i] * mean[j]
        return product

    rr, gg, bb = (covariance(i, i) + EPSILON for i in range(3))
    rg, rb, gb = covariance(0, 1), covariance(0, 2), covariance(1, 2)
    a = solve_symmetric((rr, gg, bb, rg, rb, gb), [covariance(i, 3) for i in range(3)])
    b = mean[3] - sum(slope * colour for slope, colour in zip(a, mean[:3], strict=True))
    return np.dstack([*a, b])


def _mean(plane: Plane) -> Plane:
    mean: Plane = cv2.blur(plane, WINDOW, borderType=cv2.BORDER_REFLECT)
    return mean


def _places(size: int, small: int) -> Plane:
    """Positions of the centres of `size` pixels among `small` ones along one side."""
    return ((np.arange(size) + 0.5) * (small / size) - 0.5).astype(np.float32)


def _strips(where: Mask) -> Iterator[slice]:
    """Rows of strips of a bounded size, top to bottom; strips without True are skipped."""
    height, width = where.shape
    step = max(1, STRIP_PIXELS // width)
    for top in range(0, height, step):
        if where[top : top + step].any():
            yield slice(top, min(top + step, height))

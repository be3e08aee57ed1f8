"""From a box, a few points or strokes to a trimap, by GrabCut on a small copy of the photo."""

from collections.abc import Sequence

import cv2
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from mattekit.classical.grabcut import COMPONENTS, Cut, grab_cut
from mattekit.classical.knn import Neighbours, pixel_features
from mattekit.classical.reduced import shrink_trimap
from mattekit.core.errors import BadArgument, BadImage, BadTrimap, NoSubject
from mattekit.core.prompt import Point as Place
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Mask, Plane, Size, Trimap
from mattekit.imaging.picture import to_depth
from mattekit.imaging.resize import fit_within, resize

Rectangle = tuple[int, int, int, int]
"""x, y of the upper left corner, width, height, in pixels of the photo."""

Point = tuple[int, int] | tuple[int, int, int]
"""x, y in pixels of the photo, and optionally 1 on the subject (default) or 0 on the background."""

Sides = tuple[float, float, float, float]
"""Top, bottom, left and right of a box, as shares of the photo's sides."""

LONGEST = 700
TRIAL = 350  # size at which starts are compared
WHITE, BLACK = 200, 55
MOST_PAINTED = 0.95  # of the picture, by strokes
BORDER_SHARE = 0.02  # of the shorter side
POINT_SHARE = 0.01  # radius of a point, of the longer side of the small copy
CLEARLY = 0.5  # ratio of path lengths to background and subject
STEP_COST = 0.02  # cost of a pixel relative to a change of one channel from 0 to 1
PLACE_WEIGHT = 0.5  # when strokes are compared
MOST_SAMPLES = 3_000  # of each kind of stroke
STARTS = (None, 0.5, 1.0)
"""Starts inside a box: everything is probably subject, or everything except pixels similar to the
outside in colour and place, with this weight of place. The cut of least energy is used: wrong
pixels on ten photographs fall from 4.8 to 1.3 %."""
OPAQUE = 0.5  # less opaque paint is ignored


def from_box(image: Plane, box: Rectangle) -> Trimap:
    """The trimap of the subject inside a box; everything outside of it is background."""
    size = (image.shape[0], image.shape[1])
    rows, columns = within(box, size)
    shares = (
        rows.start / size[0],
        rows.stop / size[0],
        columns.start / size[1],
        columns.stop / size[1],
    )
    trial = small_copy(image, TRIAL)
    place = min(STARTS, key=lambda place: _cut_box(trial, shares, place).energy)
    cut = _cut_box(small_copy(image), shares, place)
    inside = cut.marks != cv2.GC_BGD
    share = cut.foreground[inside].mean()
    if share in (0, 1):
        found = "nothing" if share == 0 else "nothing but subject"
        raise NoSubject(
            f"{found} was found in the box; leave some background around the subject in it, "
            "or paint strokes: --scribbles FILE"
        )
    return resize(cut.trimap(), size, "labels")


def _cut_box(small: Plane, sides: Sides, place: float | None) -> Cut:
    """GrabCut with the box as probable subject, optionally without pixels like the outside."""
    height, width = small.shape[:2]
    top, bottom, left, right = sides
    rows = slice(int(top * height), int(np.ceil(bottom * height)))
    columns = slice(int(left * width), int(np.ceil(right * width)))
    inside = np.zeros((height, width), np.bool_)
    inside[rows, columns] = True
    if np.count_nonzero(~inside) < COMPONENTS:
        raise BadTrimap("the box leaves no background; draw it around the subject only")
    if np.count_nonzero(inside) < COMPONENTS:
        raise BadTrimap("the box is almost empty; draw it around the whole subject")
    marks = np.where(inside, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    if place is not None:
        distance = distance_from(small, ~inside, place=place)
        marks[inside & (distance <= otsu(distance[inside]))] = cv2.GC_PR_BGD
    return grab_cut(small, marks)


def from_scribbles(image: Plane, scribbles: Trimap) -> Trimap:
    """The trimap from strokes on the subject and on the background.

    Args:
        scribbles: labels at the size of the photo, see `stroke_labels`.
    """
    height, width = image.shape[:2]
    if scribbles.shape != (height, width):
        raise BadImage(
            f"the scribbles are {scribbles.shape[1]}x{scribbles.shape[0]} and the photo is "
            f"{width}x{height}; paint on a copy of the photo's size"
        )
    if (scribbles != UNKNOWN).mean() > MOST_PAINTED:
        raise BadTrimap(
            "the scribbles say of nearly every pixel what it is, as white strokes on a black page "
            "do; leave the rest grey or transparent, or give it as a mask"
        )
    small = small_copy(image)
    strokes = shrink_trimap(scribbles, small.shape[:2])
    for label, name in (
        (FOREGROUND, "white strokes (subject)"),
        (BACKGROUND, "black ones (background)"),
    ):
        if not (strokes == label).any():
            raise BadTrimap(f"the scribbles hold no {name}; paint some of both kinds")
    white, black = strokes == FOREGROUND, strokes == BACKGROUND
    probable = _nearest_stroke(small, strokes) == FOREGROUND
    labels = resize(_cut(small, probable, white, black).trimap(), (height, width), "labels")
    return np.where(scribbles == UNKNOWN, labels, scribbles)


def from_points(image: Plane, on: Sequence[Place], off: Sequence[Place]) -> Trimap:
    """The trimap of the subject at some points, without what is at others.

    Every pixel starts on the side with the smaller geodesic distance: that of the subject's points,
    or that of the background's points and the border of the photo.
    """
    height, width = image.shape[:2]
    trial, small = small_copy(image, TRIAL), small_copy(image)
    edge = border(trial.shape[:2], BORDER_SHARE)
    near = geodesic_distance(trial, _discs(trial, on, width))
    far = geodesic_distance(trial, edge | _discs(trial, off, width))
    probable, other = near < far, np.zeros_like(edge)
    if off:  # pixels clearly of another object are fixed before GrabCut
        other = geodesic_distance(trial, _discs(trial, off, width)) < CLEARLY * near
    size = (small.shape[0], small.shape[1])
    probable, other = (
        resize(mask.astype(np.uint8), size, "labels") > 0 for mask in (probable, other)
    )
    on_it, beside = _discs(small, on, width), _discs(small, off, width)
    inside = (probable | on_it) & ~(beside | other)
    if inside.all() or not inside.any():
        raise BadTrimap(
            f"the points leave no {'background' if inside.any() else 'subject'} in the photo, "
            f"which is {width}x{height}; move them, or use a larger photo"
        )
    return resize(_cut(small, probable, on_it, beside | other).trimap(), (height, width), "labels")


def _cut(small: Plane, probable: Mask, subject: Mask, background: Mask) -> Cut:
    """GrabCut from what is probably subject, and what is surely subject or background."""
    marks = np.where(probable, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[subject] = cv2.GC_FGD
    marks[background] = cv2.GC_BGD
    return grab_cut(small, marks)


def _discs(small: Plane, points: Sequence[Place], width: int) -> Mask:
    """Points, in pixels of a photo of that width, as small discs on the copy."""
    discs = np.zeros(small.shape[:2], np.uint8)
    radius = max(1, round(POINT_SHARE * max(discs.shape)))
    for x, y in points:
        scale = small.shape[1] / width
        cv2.circle(discs, (int(x * scale), int(y * scale)), radius, 1, -1)
    return discs > 0


def geodesic_distance(small: Plane, seeds: Mask) -> Plane:
    """Length of the cheapest path from a seed, with a cost for changes of colour."""
    colours = small.astype(np.float32) / 255
    number = np.arange(seeds.size).reshape(seeds.shape)
    starts, ends, costs = [], [], []
    for one, other in (
        ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
        ((slice(None, -1), slice(None)), (slice(1, None), slice(None))),
    ):
        starts.append(number[one].ravel())
        ends.append(number[other].ravel())
        change = np.linalg.norm(colours[one] - colours[other], axis=-1)
        costs.append((change + STEP_COST).ravel())
    graph = csr_array(
        (np.concatenate(costs), (np.concatenate(starts), np.concatenate(ends))),
        shape=(seeds.size, seeds.size),
    )
    distance: Plane = dijkstra(
        graph, directed=False, indices=np.flatnonzero(seeds), min_only=True
    ).reshape(seeds.shape)
    return distance


def border(size: Size, share: float) -> Mask:
    """Top, left and right border, a share of the shorter side wide; portraits touch the lower."""
    width = max(2, round(share * min(size)))
    edge = np.zeros(size, np.bool_)
    edge[:width] = edge[:, :width] = edge[:, -width:] = True
    return edge


def stroke_labels(colours: Plane, alpha: Alpha | None = None) -> Trimap:
    """Labels of painted strokes: white is subject, black background, other paint undecided."""
    grey = to_depth(colours, 8)
    dark, bright = grey.max(axis=-1), grey.min(axis=-1)
    painted = np.True_ if alpha is None else alpha >= OPAQUE
    labels = np.full(dark.shape, UNKNOWN, np.uint8)
    labels[(bright >= WHITE) & painted] = FOREGROUND
    labels[(dark <= BLACK) & painted] = BACKGROUND
    return labels


def small_copy(image: Plane, longest: int = LONGEST) -> Plane:
    """The photo with its longer side at most `longest` pixels, at 8 bits."""
    size = fit_within((image.shape[0], image.shape[1]), longest)
    return resize(to_depth(image, 8), size)


def distance_from(small: Plane, samples: Mask, *, place: float, seed: int = 0) -> Plane:
    """Distance of every pixel, in colour and place, from the nearest of the samples.

    Args:
        place: weight of one side of the picture relative to a colour range of 1.
    """
    features = _features(small, place)
    chosen = np.random.default_rng(seed).permutation(np.flatnonzero(samples))[:MOST_SAMPLES]
    distance: Plane = Neighbours(features[chosen]).distance(features).reshape(samples.shape)
    return distance


def otsu(values: Plane) -> float:
    """Otsu's threshold, which separates values best into two groups."""
    highest = max(float(values.max()), 1e-6)
    steps = np.clip(values * (255 / highest), 0, 255).astype(np.uint8).reshape(-1, 1)
    threshold, _ = cv2.threshold(steps, 0, 255, cv2.THRESH_OTSU)
    return float(threshold) * highest / 255


def _features(small: Plane, place: float) -> Plane:
    step = place / max(small.shape[:2])
    return pixel_features(small / 255.0, step, step)


def within(box: Rectangle, size: Size) -> tuple[slice, slice]:
    """Rows and columns of the part of the box that lies in the photo."""
    x, y, width, height = box
    rows = slice(max(y, 0), min(y + height, size[0]))
    columns = slice(max(x, 0), min(x + width, size[1]))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        raise BadArgument(
            f"the box {x},{y},{width},{height} lies outside of the photo of {size[1]}x{size[0]}; "
            "give x,y,width,height in pixels"
        )
    return rows, columns


def _nearest_stroke(small: Plane, strokes: Trimap) -> Trimap:
    """The label of the stroke nearest to every pixel in colour and place."""
    features = _features(small, PLACE_WEIGHT)
    labels = strokes.ravel()
    chosen = np.concatenate([_spread(labels == FOREGROUND), _spread(labels == BACKGROUND)])
    nearest = Neighbours(features[chosen]).nearest(features)
    found: Trimap = labels[chosen][nearest].reshape(strokes.shape)
    return found


def _spread(mask: Plane) -> Plane:
    """Indices of a bounded number of True pixels, evenly spread."""
    places = np.flatnonzero(mask)
    return places[:: max(1, len(places) // MOST_SAMPLES)]

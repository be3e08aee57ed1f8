"""From a box, a few points or strokes to a trimap, by GrabCut on a small copy of the photo."""

from collections.abc import Sequence

import cv2
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from mattekit.classical.grabcut import COMPONENTS, Cut, Marks, grab_cut
from mattekit.classical.neighbours import Neighbours, pixel_features
from mattekit.classical.reduced import shrink_trimap
from mattekit.core.errors import BadArgument, BadImage, BadTrimap, NoSubject
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Mask, Plane, Size, Trimap
from mattekit.imaging.picture import to_depth
from mattekit.imaging.resize import fit_within, resize

Rectangle = tuple[int, int, int, int]
"""x, y of the upper left corner, width, height, in pixels of the photo."""

Point = tuple[int, int] | tuple[int, int, int]
"""x, y in pixels of the photo, and optionally 1 on the subject (default) or 0 on the background."""

Corners = tuple[float, float, float, float]
"""Left, top, right, bottom, as shares of the photo's sides."""

LONGEST = 700
TRIAL = 350  # size at which starts are compared
WHITE, BLACK = 200, 55
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
    corners = _corners(box, size)
    trial = small_copy(image, TRIAL)
    place = min(STARTS, key=lambda place: _cut_box(trial, corners, place).energy)
    cut = _cut_box(small_copy(image), corners, place)
    inside = cut.marks != cv2.GC_BGD
    share = cut.foreground[inside].mean()
    if share in (0, 1):
        found = "nothing" if share == 0 else "nothing but subject"
        raise NoSubject(
            f"{found} was found in the box; leave some background around the subject in it, "
            "or paint strokes: --scribbles FILE"
        )
    return enlarged(cut.trimap(), size)


def _cut_box(small: Plane, corners: Corners, place: float | None) -> Cut:
    """GrabCut with the box as probable subject, optionally without pixels like the outside."""
    height, width = small.shape[:2]
    left, top, right, bottom = corners
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
    small = small_copy(image)
    strokes = shrink_trimap(scribbles, small.shape[:2])
    for label, name in (
        (FOREGROUND, "white strokes (subject)"),
        (BACKGROUND, "black ones (background)"),
    ):
        if not (strokes == label).any():
            raise BadTrimap(f"the scribbles hold no {name}; paint some of both kinds")
    labels = enlarged(_cut_from_strokes(small, strokes).trimap(), (height, width))
    return np.where(scribbles == UNKNOWN, labels, scribbles)


def from_points(image: Plane, points: Sequence[Point]) -> Trimap:
    """The trimap of the subject at some points.

    Every pixel starts on the side with the smaller geodesic distance: that of the subject's points,
    or that of the background's points and the border of the photo.
    """
    height, width = image.shape[:2]
    for x, y, *_ in points:
        if not (0 <= x < width and 0 <= y < height):
            raise BadArgument(
                f"the point {x},{y} is outside of the photo, which is {width}x{height}"
            )
    subject = [point for point in points if point[2:] != (0,)]
    background = [point for point in points if point[2:] == (0,)]
    if not subject:
        raise BadArgument("no point is on the subject; write x,y of one pixel of it")
    trial, small = small_copy(image, TRIAL), small_copy(image)
    edge = border(trial.shape[:2], BORDER_SHARE)
    near = geodesic_distance(trial, _discs(trial, subject, width))
    far = geodesic_distance(trial, edge | _discs(trial, background, width))
    start = np.where(near < far, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    if background:  # pixels clearly of another object are fixed before GrabCut
        marked = geodesic_distance(trial, _discs(trial, background, width))
        start[marked < CLEARLY * near] = cv2.GC_BGD
    marks = resize(start, (small.shape[0], small.shape[1]), "labels")
    marks[_discs(small, subject, width)] = cv2.GC_FGD
    marks[_discs(small, background, width)] = cv2.GC_BGD
    inside = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if inside.all() or not inside.any():
        raise BadTrimap(
            f"the points leave no {'background' if inside.any() else 'subject'} in the photo, "
            f"which is {width}x{height}; move them, or use a larger photo"
        )
    return enlarged(grab_cut(small, marks).trimap(), (height, width))


def _discs(small: Plane, points: Sequence[Point], width: int) -> Mask:
    """Points, in pixels of a photo of that width, as small discs on the copy."""
    discs = np.zeros(small.shape[:2], np.uint8)
    radius = max(1, round(POINT_SHARE * max(discs.shape)))
    for x, y, *_ in points:
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


def enlarged(labels: Trimap, size: Size) -> Trimap:
    """Labels found on the small copy, at the size of the photo."""
    return resize(labels, size, "labels")


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


def _corners(box: Rectangle, size: Size) -> Corners:
    """The part of the box within the photo."""
    x, y, width, height = box
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, size[1]), min(y + height, size[0])
    if right <= left or bottom <= top:
        raise BadArgument(
            f"the box {x},{y},{width},{height} has no pixel of the photo, which is "
            f"{size[1]}x{size[0]}; give x,y,width,height in pixels"
        )
    return left / size[1], top / size[0], right / size[1], bottom / size[0]


def _cut_from_strokes(small: Plane, strokes: Trimap) -> Cut:
    marks: Marks = np.where(
        _nearest_stroke(small, strokes) == FOREGROUND, cv2.GC_PR_FGD, cv2.GC_PR_BGD
    )
    marks = marks.astype(np.uint8)
    marks[strokes == FOREGROUND] = cv2.GC_FGD
    marks[strokes == BACKGROUND] = cv2.GC_BGD
    return grab_cut(small, marks)


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

"""Quality of a cut-out without ground truth: halo, holes, specks, hard edges, premultiplication.

Soft pixels of a cut-out are compared with solid ones near them. For a subject without solid parts
(smoke, glass) the halo is None. The picture of the findings: `pictures`. Scores against
ground truth: `metrics`.
"""

from dataclasses import dataclass, fields

import cv2
import numpy as np
import numpy.typing as npt

from mattekit.core.errors import BadImage
from mattekit.core.types import Alpha, Image, Mask, Plane

SOLID = 0.98
SOFT = (0.05, 0.95)
NEAR = 16  # greatest distance in pixels between a soft pixel and the solid one it is compared with
NEAR_SHARE = 0.5  # share of the softness that must be near, else there is no halo score
WINDOW = 25  # side of the square over which the drift of the edge colours is fitted
REACH = 24  # pixels around a small spot in which hardly anything else may be
LONELY = 0.05  # greatest share of that square filled by the spot and similar ones
HARD_STEP = 0.9
LARGE_PART = 0.002  # of the subject's area

VISIBLE_HALO = 0.1
MANY_HARD = 0.5
SEE_THROUGH = 0.01


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """Scores of a cut-out, and where they come from."""

    halo: float | None
    """Old background left in the soft pixels: its mean colour distance from the subject, 0 to 1,
    times the share that is left. None without solid pixels nearby."""
    premultiplied: bool
    """Colours are multiplied by alpha, or the subject was cut from black, which looks the same."""
    holes: int
    """Small transparent spots in solid parts of the subject."""
    specks: int
    """Small isolated spots outside the subject."""
    large_holes: int
    """Enclosed transparent areas, too large for a gap between strands."""
    loose_pieces: int
    """Pieces apart from the largest one, too large for a speck."""
    see_through: float
    """Share of the interior of the subject that is not solid."""
    hard_edges: float
    """Share of the outline that steps from nothing to solid within one pixel."""
    halo_map: Alpha
    hole_map: Mask
    speck_map: Mask
    hard_map: Mask

    @property
    def scores(self) -> dict[str, float | int | bool | None]:
        """The numbers alone."""
        numbers = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name.replace("_", " "): round(number, 4) if isinstance(number, float) else number
            for name, number in numbers.items()
            if not isinstance(number, np.ndarray)
        }

    @property
    def findings(self) -> tuple[str, ...]:
        """Problems, each with advice."""
        found = []
        if self.premultiplied:
            found.append(
                "the colours are multiplied by alpha, which leaves a dark fringe;"
                " divide them by alpha, or write straight alpha"
            )
        elif self.halo is not None and self.halo > VISIBLE_HALO:
            found.append(
                "the edge holds the old background, or colours of its own (halo"
                f" {self.halo:.2f}); mattekit foreground replaces those of an old background"
            )
        if self.holes:
            found.append(
                f"{_counted(self.holes, 'small hole')} inside the subject;"
                " mark as subject what is not its own"
            )
        if self.specks:
            found.append(
                f"{_counted(self.specks, 'speck')} apart from the subject; mark as background"
            )
        if self.large_holes:
            found.append(
                f"{_counted(self.large_holes, 'large hole')} inside the subject;"
                " right under a handle, wrong in a body: paint it with --repair"
            )
        if self.loose_pieces:
            found.append(
                f"{_counted(self.loose_pieces, 'loose piece')} apart from the largest;"
                " if it is one subject: mattekit cutout --drop-islands"
            )
        if self.see_through > SEE_THROUGH:
            found.append(
                f"{self.see_through:.0%} of the inside is not solid and shows the background;"
                " right for glass, wrong for a body"
            )
        if self.hard_edges > MANY_HARD:
            found.append(
                f"{self.hard_edges:.0%} of the outline is hard as in a mask;"
                " matte it: mattekit cutout --mask"
            )
        return tuple(found)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def inspect_cutout(colours: Image, alpha: Alpha) -> Inspection:
    """Score a cut-out with straight (not premultiplied) colours."""
    if not alpha.any():
        raise BadImage("the cut-out is empty: the alpha is 0 everywhere")
    if alpha.min() > SOLID:
        raise BadImage("nothing is cut out: the alpha is opaque everywhere")
    halo, halo_map, premultiplied = _edge_colours(colours, alpha)
    holes, hole_map = _spots(alpha, inside=True)
    specks, speck_map = _spots(alpha, inside=False)
    hard_edges, hard_map = _hard_edges(alpha)
    return Inspection(
        halo=halo,
        premultiplied=premultiplied,
        holes=holes,
        specks=specks,
        large_holes=_count_large(alpha < 0.5, hole_map, alpha, enclosed=True),
        loose_pieces=max(0, _count_large(alpha >= 0.5, speck_map, alpha, enclosed=False) - 1),
        see_through=_see_through(alpha, hole_map),
        hard_edges=hard_edges,
        halo_map=halo_map,
        hole_map=hole_map,
        speck_map=speck_map,
        hard_map=hard_map,
    )


def _edge_colours(colours: Image, alpha: Alpha) -> tuple[float | None, Alpha, bool]:
    """Halo, where it is, and whether colours are premultiplied.

    A soft pixel that still holds the photo's colour is aF + (1-a)B: its distance from the solid
    colour F near it grows with transparency, and the slope is B - F. Clean colours have no slope.
    """
    solid = alpha >= SOLID
    soft = (alpha > SOFT[0]) & (alpha < SOFT[1])
    near = soft & (cv2.distanceTransform((~solid).view(np.uint8), cv2.DIST_L2, 5) <= NEAR)
    weight = alpha - np.square(alpha)  # a (1 - a)
    nothing = np.zeros_like(alpha)
    if not near.any() or weight[near].sum() < NEAR_SHARE * weight[soft].sum():
        return None, nothing, False
    reference = _nearest_solid_colour(colours, solid)
    away = colours - reference
    transparency = np.where(near, 1 - alpha, np.float32(0))
    blur = (WINDOW, WINDOW)
    along = cv2.blur(away * transparency[..., None], blur)
    slope = along / np.maximum(cv2.blur(np.square(transparency), blur), 1e-4)[..., None]
    strength = np.where(near, np.sqrt(np.square(slope).mean(axis=2)), 0).astype(np.float32)
    weight = np.where(near, weight, 0)
    halo = float((strength * weight).sum() / weight.sum())
    premultiplied = _is_premultiplied(colours, alpha, reference, weight)
    return halo, np.clip(strength, 0, 1), premultiplied


def _is_premultiplied(colours: Image, alpha: Alpha, reference: Image, weight: Alpha) -> bool:
    """No soft pixel is brighter than its alpha, and divided by alpha the colours fit better."""
    soft = weight > 0
    fits = (colours.max(axis=2) <= alpha + np.float32(1.5 / 255))[soft].mean()
    divided = np.clip(colours / np.maximum(alpha, np.float32(1e-3))[..., None], 0, 1)
    as_stored, as_divided = (
        float((np.abs(version - reference).mean(axis=2) * weight).sum())
        for version in (colours, divided)
    )
    return bool(fits > 0.995 and as_divided < 0.9 * as_stored)


def _nearest_solid_colour(colours: Image, solid: Mask) -> Image:
    """For every pixel, the colour around its nearest solid pixel."""
    share = solid.astype(np.float32)
    amount = cv2.blur(share, (9, 9))
    smooth = cv2.blur(colours * share[..., None], (9, 9)) / np.maximum(amount, 1e-6)[..., None]
    _, labels = cv2.distanceTransformWithLabels(
        (~solid).view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    places = np.flatnonzero(solid)
    pixel_of_label = np.zeros(int(labels.max()) + 1, dtype=np.intp)
    pixel_of_label[labels.ravel()[places]] = places
    nearest: Image = smooth.reshape(-1, 3)[pixel_of_label[labels]]
    return nearest


def _spots(alpha: Alpha, *, inside: bool) -> tuple[int, Mask]:
    """Small isolated components: transparency in a solid part, or subject in an empty part.

    Gaps between strands and loose hairs have others around them and are not faults.
    """
    spots, busy = (alpha < 0.5, alpha < SOLID) if inside else (alpha >= 0.5, alpha > 1 - SOLID)
    _, labels, stats, centres = cv2.connectedComponentsWithStats(spots.view(np.uint8))
    side = 2 * max(REACH, round(0.005 * float(np.hypot(*alpha.shape)))) + 1
    around = cv2.blur(busy.astype(np.float32), (side, side))
    columns, rows = np.rint(centres[1:].T).astype(np.intp)
    lonely = np.zeros(len(stats), dtype=np.bool_)
    lonely[1:] = around[rows, columns] < LONELY
    lonely[_labels_at_border(labels)] = False
    return int(np.count_nonzero(lonely)), lonely[labels]


def _count_large(mask: Mask, counted: Mask, alpha: Alpha, *, enclosed: bool) -> int:
    """Number of large connected parts, without those counted as small spots."""
    least = LARGE_PART * np.count_nonzero(alpha >= 0.5)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        (mask & ~counted).view(np.uint8), connectivity=4
    )
    large = stats[:, cv2.CC_STAT_AREA] >= max(4.0, least)
    large[0] = False
    if enclosed:
        large[_labels_at_border(labels)] = False
    return int(np.count_nonzero(large))


def _labels_at_border(labels: Plane) -> npt.NDArray[np.intp]:
    edges = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    return np.unique(np.concatenate(edges)).astype(np.intp)


def _see_through(alpha: Alpha, holes: Mask) -> float:
    """Share of pixels that are not solid, among those deep inside the silhouette without holes."""
    padded = np.pad((alpha >= 0.5) | holes, 1, mode="edge").view(np.uint8)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    deep = depth > max(4.0, 0.04 * float(np.hypot(*alpha.shape)))
    total = np.count_nonzero(deep)
    return float(np.count_nonzero(deep & (alpha < SOFT[1])) / total) if total else 0.0


def _hard_edges(alpha: Alpha) -> tuple[float, Mask]:
    """Share of neighbours across the outline whose alphas differ by nearly 1."""
    subject = alpha >= 0.5
    hard_map: Mask = np.zeros(alpha.shape, dtype=np.bool_)
    crossings = hard = 0
    for axis in (0, 1):
        crossing = np.diff(subject, axis=axis)
        steep = crossing & (np.abs(np.diff(alpha, axis=axis)) >= HARD_STEP)
        crossings += int(np.count_nonzero(crossing))
        hard += int(np.count_nonzero(steep))
        rows, columns = np.nonzero(steep)
        hard_map[rows, columns] = True
    return (hard / crossings if crossings else 0.0), hard_map

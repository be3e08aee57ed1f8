"""The result of a generator of alphas, and the position of its subject in the picture.

Generators use units: the subject is about 1 unit in radius around (0, 0), y down. A `Frame`
places it in the picture, so that every kind shows whole subjects and close-ups of an edge.
"""

from dataclasses import dataclass

import numpy as np

from mattekit.core.types import Alpha, Plane, Size
from mattekit.synthetic.canvas import Canvas, Points
from mattekit.synthetic.fields import log_uniform
from mattekit.synthetic.outlines import turned

SMALLEST = 1 / 510  # rounds to 0 in an 8-bit file; above 1 - SMALLEST rounds to 1


@dataclass(frozen=True, kw_only=True)
class Part:
    """A region of the subject of another material, such as the face under the hair."""

    material: str
    mask: Plane
    shade: Plane | None = None


@dataclass(frozen=True, kw_only=True)
class Subject:
    """An alpha, and what determines its colours."""

    alpha: Alpha
    material: str
    shade: Plane | None = None
    """Lighter and darker, strand by strand: 0 is the colour of the material, about -1 to 1."""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Where the subject lies: the pixel of its origin, pixels per unit, rotation in radians."""

    size: Size
    x: float
    y: float
    unit: float
    angle: float = 0.0

    def place(self, points: Points) -> Points:
        """Points in units as points in pixels."""
        return self.unit * turned(points, self.angle) + np.array([self.x, self.y])

    def filled(self, *outlines: Points, times: int | None = None) -> Canvas:
        """A canvas of the picture's size on which outlines in units are filled."""
        canvas = Canvas(self.size, times)
        canvas.fill(self.place(outline) for outline in outlines)
        return canvas

    def thickness(self, rng: np.random.Generator, low: float, high: float) -> float:
        """A thickness in pixels from a range in thousandths of a unit, with a lower bound."""
        return max(self.unit * rng.uniform(low, high) / 1000, 0.25)


def random_frame(
    rng: np.random.Generator,
    size: Size,
    *,
    zoom: tuple[float, float] = (0.12, 0.5),
    tilt: float = np.pi,
    outline: float = 0.9,
    sides: tuple[float, float] = (-np.pi, np.pi),
) -> Frame:
    """A frame with pixels per unit in `zoom` shorter sides.

    A small subject is anywhere near the centre; of a large one a point of its outline is, which
    runs about `outline` units from its origin, on one of its `sides` (angles, clockwise from +x).
    """
    height, width = size
    scale = log_uniform(rng, *zoom)
    unit = max(min(size) * scale, 1.0)
    around = rng.uniform(*sides)
    away = unit * outline * np.clip((scale - 0.25) / 0.25, 0, 1) * rng.uniform(0.4, 1.1)
    return Frame(
        size=size,
        x=width * rng.uniform(0.25, 0.75) - away * np.cos(around),
        y=height * rng.uniform(0.25, 0.75) - away * np.sin(around),
        unit=unit,
        angle=rng.uniform(-tilt, tilt),
    )


def settled(alpha: Plane) -> Alpha:
    """The alpha with values that round to 0 or 1 in an 8-bit file set to 0 or 1."""
    settled = np.select([alpha < SMALLEST, alpha > 1 - SMALLEST], [0, 1], alpha)
    return settled.astype(np.float32)

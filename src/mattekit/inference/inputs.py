"""The planes of one picture, cut into float windows for a network on demand.

Colours stay in the depth of the file, so that a 100-megapixel photo costs 300 MB and not 1.2 GB;
float32 exists per window. A window may reach past the picture: there the picture is mirrored.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mattekit.core.errors import BadImage
from mattekit.core.types import Plane, Size, Trimap, size_text
from mattekit.imaging.picture import to_float
from mattekit.imaging.resize import resize

Batches = dict[str, npt.NDArray[np.float32]]
"""Named planes as b c h w: inputs and outputs of a network."""

Share = Callable[[float], None] | None
"""Called with the share of the work that is done, from 0 to 1; an error that it raises ends it."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A rectangle of the picture, which it may leave below and to the right."""

    top: int
    left: int
    height: int
    width: int

    @property
    def size(self) -> Size:
        """Height and width."""
        return self.height, self.width

    @property
    def inside(self) -> tuple[slice, slice]:
        """Rows and columns; those beyond the picture are not in a plane that they index."""
        rows = slice(self.top, self.top + self.height)
        return rows, slice(self.left, self.left + self.width)


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The planes of one picture at full size."""

    colours: npt.NDArray[Any]
    """h w 3, uint8, uint16 or float32."""
    trimap: Trimap | None = None
    further: Mapping[str, Plane] = field(default_factory=dict)
    """h w c, by the names of a network's `extra_planes`, such as estimates that it corrects."""

    def __post_init__(self) -> None:
        for name, plane in {"trimap": self.trimap, **self.further}.items():
            if plane is not None and plane.shape[:2] != self.size:
                raise BadImage(
                    f"the photo is {size_text(self.size)} but its {name} is "
                    f"{size_text(plane.shape)}; both must have the same size"
                )

    @property
    def size(self) -> Size:
        """Height and width of the picture."""
        height, width = self.colours.shape[:2]
        return height, width

    def resized(self, size: Size) -> "Inputs":
        """The same picture at another size; the trimap keeps its labels."""
        if size == self.size:
            return self
        return replace(
            self,
            colours=resize(to_float(self.colours), size),
            trimap=None if self.trimap is None else resize(self.trimap, size, "labels"),
            further={name: resize(plane, size) for name, plane in self.further.items()},
        )

    def subsampled(self, longest: int) -> "Inputs":
        """Every second, third, ... pixel, so that no side is longer; no copy is made."""
        step = -(-max(self.size) // longest)
        kept = (slice(None, None, step),) * 2
        return replace(
            self,
            colours=self.colours[kept],
            trimap=None if self.trimap is None else self.trimap[kept],
            further={name: plane[kept] for name, plane in self.further.items()},
        )

    def whole(self, stride: int) -> Batches:
        """Float planes of everything, mirrored up to multiples of the stride."""
        height, width = (round_up(length, stride) for length in self.size)
        return self.window(Window(top=0, left=0, height=height, width=width))

    def window(self, window: Window) -> Batches:
        """Float planes of one window, each a batch of one."""
        planes: Batches = {"image": _batched(to_float(_cut(self.colours, window)))}
        if self.trimap is not None:
            planes["trimap"] = _batched(_cut(self.trimap, window) * np.float32(0.5))
        for name, plane in self.further.items():
            planes[name] = _batched(_cut(plane, window))
        return planes


def round_up(length: int, stride: int) -> int:
    """The smallest multiple of the stride that holds the length."""
    return -(-length // stride) * stride


def _cut(plane: Plane, window: Window) -> Plane:
    inside = plane[window.inside]
    missing = (window.height - inside.shape[0], window.width - inside.shape[1])
    if missing == (0, 0):
        return inside
    padding = [(0, missing[0]), (0, missing[1])] + [(0, 0)] * (plane.ndim - 2)
    return np.pad(inside, padding, mode="reflect")


def _batched(plane: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    channels_first = plane[None] if plane.ndim == 2 else plane.transpose(2, 0, 1)
    return np.ascontiguousarray(channels_first[None])

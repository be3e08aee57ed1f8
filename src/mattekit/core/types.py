"""The planes of a matting problem as arrays. A plane is one array h w or h w c of a picture.

An image is unassociated colour, never multiplied by alpha. Batches of tensors: `core.tensors`.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.float32]  # h w 3, RGB, [0, 1], sRGB-coded
Alpha = npt.NDArray[np.float32]  # h w, [0, 1]
Trimap = npt.NDArray[np.uint8]  # h w, labels below
Mask = npt.NDArray[np.bool_]  # h w
Plane = npt.NDArray[Any]  # any of the above

PROMPT_STEP = 4  # prompts are planes at a quarter of the size

BACKGROUND = 0
UNKNOWN = 1
FOREGROUND = 2

Size = tuple[int, int]  # height, width


def size_text(shape: tuple[int, ...]) -> str:
    """The size of a plane as people write it, width first.

    >>> size_text((480, 640, 3))
    '640x480'
    """
    return f"{shape[1]}x{shape[0]}"


Interpolation = Literal["smooth", "labels"]
"""How a plane is resampled: colours and alphas with interpolation, trimaps by nearest neighbour."""

Region = Literal["whole", "unknown", "foreground", "background"]
LABEL_OF_REGION = {"background": BACKGROUND, "unknown": UNKNOWN, "foreground": FOREGROUND}


def region_mask(region: Region, trimap: Trimap) -> Mask:
    """True where a pixel belongs to the region of the trimap."""
    if region == "whole":
        return np.ones(trimap.shape, dtype=np.bool_)
    return np.equal(trimap, LABEL_OF_REGION[region])


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Aligned planes of one picture; a plane that is not known is None."""

    image: Image
    alpha: Alpha
    trimap: Trimap | None = None
    foreground: Image | None = None
    background: Image | None = None
    prior: Plane | None = None
    """Classical estimates h w c, for networks that correct them; the first is an alpha."""
    prompt: Plane | None = None
    """What a user pointed at: inside or outside of a box, points on the subject and points on the
    background, h/4 w/4 3. A geometric transform drops it."""
    ambiguous: bool = False
    """The picture shows further subjects; only a prompt says which one is meant."""
    name: str = ""

    @property
    def size(self) -> Size:
        """Height and width, the same for every plane."""
        height, width = self.alpha.shape
        return height, width

    def warp(self, how: Callable[[Plane, Interpolation], Plane]) -> "Sample":
        """Apply one geometric transform to every plane, so that they stay aligned."""
        planes = {field.name: getattr(self, field.name) for field in fields(self)}
        warped: dict[str, Any] = {
            name: how(plane, "labels" if name == "trimap" else "smooth")
            for name, plane in planes.items()
            if isinstance(plane, np.ndarray) and name != "prompt"
        }
        return replace(self, **warped, prompt=None)

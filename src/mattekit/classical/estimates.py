"""What classical methods say of a picture, for a network that weighs and corrects it.

All of it is solved at half the size and brought back to full size: alphas along the colour lines,
the other planes in blocks. The `fused` alpha is closed-form drawn
towards the alpha of sampled colour pairs where those are sure of it; on its own it is ahead of
closed-form at full size in squared error and Grad.

L: the matting Laplacian; U: the unknown pixels; s: the sampled alpha, C: how far it is trusted.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, diags_array

from mattekit.classical.information_flow import KnownColours, known_colours, solve_flow
from mattekit.classical.linear import TwoLevel, Vector, matting_laplacian, solve
from mattekit.classical.reduced import enlarge, reduce
from mattekit.classical.sampling import SampledColours, sampled_colours
from mattekit.core.matte import known_alpha
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Plane, Trimap
from mattekit.imaging.trimap import check_trimap, paste_known

Estimates = npt.NDArray[np.float32]  # h w c, a plane a channel

RGB = ("red", "green", "blue")
SAMPLED = (
    *(f"foreground {colour}" for colour in RGB),
    *(f"background {colour}" for colour in RGB),
    "sampled alpha",
    "confidence",
)
CHANNELS_1 = ("fused alpha", "closed-form alpha", *SAMPLED)
"""What version 1 of the network `compact` was given."""
CHANNELS = (
    "fused alpha",
    "information-flow alpha",
    *SAMPLED,
    "mixed alpha",
    "trust",
    "distance to foreground",
    "distance to background",
)
"""The planes of `estimates`, unless others are asked for: those that `compact` takes."""

FACTOR = 2
SMALLEST = 8  # sides of pictures that are solved at their own size
TRUST = 0.003
"""Weight of a fully sure sampled alpha beside the rows of L."""
OCTAVES = 8
"""A distance of 2^8 pixels or more is 1."""


def estimates(image: Plane, trimap: Trimap, channels: Sequence[str] = CHANNELS) -> Estimates:
    """Alphas, sampled colours and confidence at every pixel, in the order of `channels`.

    The picture comes as floats in [0, 1] or as samples of 8 or 16 bits.

    Raises:
        BadTrimap: the trimap has another size, or knows no foreground or no background.
    """
    return Problem(image, trimap).planes(channels)


class Problem:
    """A photo and its trimap at the size at which all estimates of it are solved.

    They share the small picture, its Laplacian and the preconditioner; what no plane needs is
    never made. Callers bound the size of the photo.
    """

    def __init__(self, image: Plane, trimap: Trimap) -> None:
        check_trimap(trimap, (image.shape[0], image.shape[1]), needs_both=True)
        self.image, self.trimap = image, trimap
        self.factor = FACTOR if min(trimap.shape) > SMALLEST else 1
        self.small, self.labels = reduce(image, trimap, self.factor)
        self.unknown = self.labels == UNKNOWN

    def planes(self, channels: Sequence[str]) -> Estimates:
        """The named planes at full size, h w c."""
        height, width = self.trimap.shape
        rows, columns = np.arange(height) // self.factor, np.arange(width) // self.factor
        alphas = self._alphas([name for name in channels if name in ALONG_COLOURS])
        planes = np.empty((height, width, len(channels)), np.float32)
        for number, name in enumerate(channels):
            if name in alphas:
                planes[..., number] = alphas[name]
            else:
                planes[..., number] = PLANES[name](self)[np.ix_(rows, columns)]
        return planes

    def _alphas(self, names: Sequence[str]) -> dict[str, Alpha]:
        """At full size; solved for beside each other, since SciPy lets other threads run."""
        _ = self.laplacian  # which both need
        with ThreadPoolExecutor(2) as pool:
            alphas = pool.map(lambda name: self.enlarged(PLANES[name](self)), names)
            return dict(zip(names, alphas, strict=True))

    def drawn_towards(self, alpha: Alpha, weight: Plane) -> Alpha:
        """x of (L_UU + C) x = C s - L_UK m for s and C at the small size; there again."""
        matrix, right = self.laplacian
        C = weight[self.unknown].astype(np.float64)
        s = alpha[self.unknown].astype(np.float64)
        matrix = csr_array(matrix + diags_array(C))
        return self.filled(solve(matrix, right + C * s, self._precondition, start=s).clip(0, 1))

    def enlarged(self, alpha: Alpha) -> Alpha:
        """A small alpha at full size, with known pixels as the trimap has them."""
        full = enlarge(alpha, self.small, self.image, self.trimap == UNKNOWN)
        return paste_known(full, self.trimap)

    def shrunk(self, plane: Plane) -> Plane:
        """A plane of full size at the small one."""
        size = self.labels.shape[::-1]
        small: Plane = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
        return small

    def filled(self, values: Vector) -> Alpha:
        """Known alphas, and the values at the unknown pixels."""
        alpha = known_alpha(self.labels)
        alpha[self.unknown] = values
        return alpha

    @cached_property
    def laplacian(self) -> tuple[csr_array, Vector]:
        return matting_laplacian(self.small, self.labels)

    @cached_property
    def _precondition(self) -> TwoLevel:
        return TwoLevel(self.laplacian[0], self.small, self.unknown)

    @cached_property
    def sampled(self) -> SampledColours:
        return sampled_colours(self.small, self.labels)

    @cached_property
    def known_colours(self) -> KnownColours:
        return known_colours(self.small, self.labels)

    def fused(self) -> Alpha:
        return self.drawn_towards(self.sampled.alpha, TRUST * self.sampled.confidence)

    def closed_form(self) -> Alpha:
        matrix, right = self.laplacian
        return self.filled(solve(matrix, right, self._precondition).clip(0, 1))

    def information_flow(self) -> Alpha:
        if not self.unknown.any():
            return known_alpha(self.labels)
        known = self.known_colours
        return self.filled(solve_flow(self.small, self.labels, self.laplacian, known))

    def trust(self) -> Plane:
        """1 where known."""
        trust = np.ones(self.labels.shape, np.float32)
        trust[self.unknown] = np.sqrt(self.known_colours.trust)
        return trust

    def distance(self, label: int) -> Plane:
        """How far every pixel is from the nearest one of a label, as a share of `OCTAVES`."""
        outside = (self.trimap != label).view(np.uint8)
        distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_5)
        return self.shrunk((np.log2(1 + distance) / OCTAVES).clip(max=1))


def _colour(
    of_layer: Callable[[SampledColours], Plane], channel: int
) -> Callable[[Problem], Plane]:
    return lambda problem: of_layer(problem.sampled)[..., channel]


ALONG_COLOURS = ("fused alpha", "closed-form alpha", "information-flow alpha")
PLANES: dict[str, Callable[[Problem], Plane]] = {
    "fused alpha": Problem.fused,
    "closed-form alpha": Problem.closed_form,
    "information-flow alpha": Problem.information_flow,
    **{f"foreground {c}": _colour(lambda s: s.foreground, i) for i, c in enumerate(RGB)},
    **{f"background {c}": _colour(lambda s: s.background, i) for i, c in enumerate(RGB)},
    "sampled alpha": lambda problem: problem.sampled.alpha,
    "confidence": lambda problem: problem.sampled.confidence,
    "mixed alpha": lambda problem: problem.filled(problem.known_colours.share),
    "trust": Problem.trust,
    "distance to foreground": lambda problem: problem.distance(FOREGROUND),
    "distance to background": lambda problem: problem.distance(BACKGROUND),
}
"""Every plane that there is, at the small size."""

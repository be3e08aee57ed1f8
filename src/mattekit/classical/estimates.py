"""Classical alpha and colour estimates: inputs of the network `compact`, which corrects them.

All of them are solved at half the size and upsampled: alphas by a guided filter, the other planes
by nearest neighbour. The `fused` alpha is closed-form pulled towards the alpha of sampled colour
pairs where their confidence is high; alone it has a lower squared error and Grad than closed-form
at full size.

L: the matting Laplacian; U: the unknown pixels; s: the sampled alpha, C: its weight.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, diags_array

from mattekit.classical.information_flow import KnownColours, known_colours, solve_flow
from mattekit.classical.laplacian import matting_laplacian
from mattekit.classical.linear import TwoLevel, Vector, solve
from mattekit.classical.reduced import enlarge, reduce
from mattekit.classical.sampling import SampledColours, sampled_colours
from mattekit.classical.unmix import unmix
from mattekit.core.matte import known_alpha
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Image, Plane, Trimap
from mattekit.imaging.compose import to_linear, to_srgb
from mattekit.imaging.trimap import check_trimap

Estimates = npt.NDArray[np.float32]  # h w c, one channel per plane

RGB = ("red", "green", "blue")
SAMPLED = (
    *(f"foreground {colour}" for colour in RGB),
    *(f"background {colour}" for colour in RGB),
    "sampled alpha",
    "confidence",
)
CHANNELS_1 = ("fused alpha", "closed-form alpha", *SAMPLED)
"""The inputs of version 1 of the network `compact`."""
CHANNELS = (
    "fused alpha",
    "information-flow alpha",
    *SAMPLED,
    "mixed alpha",
    "trust",
    "distance to foreground",
    "distance to background",
)
"""The planes of `estimates`, by default: the inputs of `compact`."""

FACTOR = 2
SMALLEST = 8  # pictures with a side up to this are solved at full size
TRUST = 0.003
"""Weight of a sampled alpha of confidence 1 relative to the rows of L."""
WEIGHT_OF_SURE = 0.3
"""Weight of a network's alpha where it is quite sure; the diagonal of L is about 1."""
IGNORED_ERROR = 0.25
"""Expected error from which on the network hardly counts."""
LEAST_SURE = 0.02
OCTAVES = 8
"""A distance of 2^8 pixels or more is 1."""


def estimates(image: Plane, trimap: Trimap, channels: Sequence[str] = CHANNELS) -> Estimates:
    """Alphas, sampled colours and confidence at every pixel, in the order of `channels`.

    The picture has floats in [0, 1] or samples of 8 or 16 bits.

    Raises:
        BadTrimap: the trimap has another size, or knows no foreground or no background.
    """
    return Problem(image, trimap).planes(channels)


def estimates_over(
    image: Image, trimap: Trimap, plate: Image, channels: Sequence[str] = CHANNELS
) -> Estimates:
    """The estimates where the background is known: its own planes, and alphas unmixed with it.

    Args:
        plate: what is behind the subject, sRGB-coded as the picture.
    """
    unknown = trimap == UNKNOWN
    core = (trimap == FOREGROUND).astype(np.float32)
    shares, own = unmix(to_linear(image), to_linear(plate), core, unknown, noise=0)
    alpha, colours = known_alpha(trimap), image.copy()
    alpha[unknown], colours[unknown] = shares, to_srgb(own.clip(0, 1))
    known = dict.fromkeys((*ALONG_COLOURS, "mixed alpha", "sampled alpha"), alpha)
    for layer, planes in (("foreground", colours), ("background", plate)):
        known |= {f"{layer} {colour}": planes[..., i] for i, colour in enumerate(RGB)}
    others = [name for name in channels if name not in known]
    solved = np.moveaxis(Problem(image, trimap).planes(others), 2, 0)
    known |= dict(zip(others, solved, strict=True))
    return np.dstack([known[name] for name in channels]).astype(np.float32)


class Problem:
    """A photo and its trimap at the size at which all estimates are solved.

    Estimates share the small picture, its Laplacian and the preconditioner, which are computed on
    demand. Callers bound the size of the photo.
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
        """At full size; solved in parallel, since SciPy releases the GIL."""
        # Both are shared. SuperLU frees nothing in another thread than the one it began in.
        _ = self.laplacian, self._precondition
        with ThreadPoolExecutor(2) as pool:
            alphas = pool.map(lambda name: self.enlarged(PLANES[name](self)), names)
            return dict(zip(names, alphas, strict=True))

    def drawn_towards(self, alpha: Alpha, weight: Plane) -> Alpha:
        """x of (L_UU + C) x = C s - L_UK m for s and C at the small size; x is small too."""
        matrix, right = self.laplacian
        C = weight[self.unknown].astype(np.float64)
        s = alpha[self.unknown].astype(np.float64)
        matrix = csr_array(matrix + diags_array(C))
        return self.filled(solve(matrix, right + C * s, self._precondition, start=s).clip(0, 1))

    def solve_again(self, alpha: Alpha, error: Plane) -> Alpha:
        """The mean of a network's alpha and the same solved once more along the colours.

        It is closed-form matting with the network's alpha as data, weighted by its confidence:
        where that is low, neighbours of like colour decide. The mean has smaller large
        errors than either (`benchmarks/LOG.md`).

        Args:
            alpha: the network's, at full size.
            error: what the network expects its error to be.
        """
        sure = np.maximum(1 - self.shrunk(error) / IGNORED_ERROR, LEAST_SURE)
        solved = self.drawn_towards(self.shrunk(alpha), WEIGHT_OF_SURE * sure)
        mean: Alpha = ((alpha + self.enlarged(solved)) / 2).astype(np.float32)
        return mean

    def enlarged(self, alpha: Alpha) -> Alpha:
        """A small alpha upsampled to full size, with known pixels from the trimap."""
        return enlarge(alpha, self.small, self.image, self.trimap)

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
        """Log distance of every pixel to the nearest one of a label, as a share of `OCTAVES`."""
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
"""All planes, at the small size."""

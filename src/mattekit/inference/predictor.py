"""A network with the strategy that takes it over pictures of any size: arrays in, arrays out.

By default the first strategy that suits the network is used, tiles where the whole picture would be
too large, and no tiles where they would together be larger than the picture. A network that
corrects classical estimates is given them, and sees only the box of the unknown pixels, at a size
that bounds the work: a large unknown region or a very large photo is processed at a smaller size,
and its alpha is upsampled along the colours.
"""

import math
from collections.abc import Collection, Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mattekit.classical.estimates import Problem
from mattekit.classical.reduced import enlarge, reduce
from mattekit.core.errors import BadArgument, BadTrimap, TooLarge
from mattekit.core.matte import Matte, known_alpha
from mattekit.core.types import UNKNOWN, Alpha, Image, Plane, Trimap
from mattekit.imaging.picture import to_float
from mattekit.imaging.resize import resize
from mattekit.imaging.trimap import check_trimap, paste_known
from mattekit.inference.inputs import Inputs, Share
from mattekit.inference.memory import affordable_pixels
from mattekit.inference.network import OUTPUTS, Network
from mattekit.inference.strategies import STRATEGIES, StrategyConfig, Whole
from mattekit.inference.tile import Tile
from mattekit.models.registry import Terms

WHOLE_LIMIT = 4_000_000
"""Pixels up to which a picture is run whole by default."""
WORKING_UNKNOWN = 130_000
"""Unknown pixels beyond which a photo is worked on smaller."""
WORKING_PIXELS = 6_000_000
"""Pixels of their box beyond which it is."""
WORKING_SEEN = 1_100_000
"""Pixels that the network sees beyond which it is."""
WORTH_WHILE = 1.1
"""Scale up to which resampling would cost more than it saves."""
MARGIN = 96
"""Known pixels around the box of the unknown ones: context, and colours to sample."""
HAZE = 0.03
"""Alphas so close to 0 or 1 become 0 or 1 where the network is sure. Nearly all are there, but the
mean of several estimates, one of which is a little off, leaves a haze (benchmarks/LOG.md)."""
SURE = 0.1
"""Expected error up to which that is done in full; from twice of it on it is not done."""


class Predictor:
    """A network and its strategy; several threads may use one.

    >>> from mattekit.inference.load import load
    >>> photo, trimap = np.ones((64, 64, 3), np.float32), np.full((64, 64), 2, np.uint8)
    >>> load().matte(photo, trimap).confidence  # nothing is unknown
    1.0
    """

    def __init__(
        self,
        network: Network,
        *,
        strategy: StrategyConfig | None = None,
        max_memory: int | None = None,
    ) -> None:
        """`max_memory` is the limit of the whole process in bytes."""
        if strategy is not None and strategy.name not in network.strategies:
            raise BadArgument(
                f"the strategy {strategy.name} does not suit {network.name}; "
                f"choose {' or '.join(network.strategies)}"
            )
        self.network = network
        self.name = network.name
        self.strategy = strategy
        self.max_memory = max_memory

    @property
    def terms(self) -> Terms | None:
        """Terms of use of the network, if it is a public one."""
        return self.network.terms

    @property
    def states_error(self) -> bool:
        """Whether the network predicts the error of its alpha."""
        return self.network.needs_trimap and "error" in self.network.outputs

    def predict(self, image: Image, trimap: Trimap | None = None) -> Alpha:
        """The alpha of a picture, exact where the trimap is known.

        Args:
            image: h w 3, floats in [0, 1].
            trimap: labels 0 background, 1 unknown, 2 foreground, if the network needs them.

        Returns:
            h w, floats in [0, 1].

        Raises:
            BadTrimap: the trimap is missing, or does not fit the picture.
            TooLarge: the picture needs more than `max_memory`.
        """
        return self.planes(image, trimap, ("alpha",))["alpha"]

    def matte(self, colours: Plane, trimap: Trimap | None = None, *, done: Share = None) -> Matte:
        """The alpha of a picture of any depth and size, with its expected error and warnings.

        Args:
            colours: h w 3, floats in [0, 1], uint8 or uint16.
            trimap: as of `predict`.
            done: called with the share of the tiles that are done, where the picture is run in
                tiles; an error that it raises ends the work.
        """
        size = (colours.shape[0], colours.shape[1])
        warnings: tuple[str, ...] = ()
        if trimap is not None and self.network.needs_trimap:
            warnings = check_trimap(trimap, size)
        planes = self.planes(colours, trimap, ("alpha", "error"), done=done)
        return Matte(
            alpha=planes["alpha"], expected_error=planes.get("error"), warnings=list(warnings)
        )

    def planes(
        self,
        colours: npt.NDArray[Any],
        trimap: Trimap | None = None,
        names: Collection[str] = tuple(OUTPUTS),
        *,
        further: Mapping[str, Plane] | None = None,
        done: Share = None,
    ) -> dict[str, Plane]:
        """Alpha and those named planes (`network.OUTPUTS`) that the network gives, at full size.

        Args:
            colours: h w 3 in uint8, uint16 or float32; only windows of it become float32.
            further: planes h w c that the network takes beside photo and trimap; classical
                estimates that are missing are computed.
        """
        wanted = {*names, "alpha"}
        if not self.network.needs_trimap:
            return self._applied(Inputs(colours=colours), wanted, done)
        if trimap is None:
            raise BadTrimap(
                f"{self.network.name} needs a trimap that says what is foreground, background and "
                "unknown; give one, or use a network that needs none (gfm)"
            )
        inputs = Inputs(colours=colours, trimap=trimap, further=further or {})
        unknown = trimap == UNKNOWN
        if not unknown.any():
            return self._known(inputs, wanted)
        missing = {*self.network.extra_planes} - {*inputs.further}
        if "prior" in missing:
            planes = self._corrected(inputs, wanted, done)
        else:
            planes = self._applied(inputs, wanted, done)
        planes["alpha"] = paste_known(planes["alpha"], trimap)
        if "error" in planes:
            planes["error"] = np.where(unknown, planes["error"], np.float32(0))
        return planes

    def _known(self, inputs: Inputs, wanted: Collection[str]) -> dict[str, Plane]:
        """The planes where nothing is unknown; the network is not run on the picture."""
        assert inputs.trimap is not None
        planes: dict[str, Plane] = {"alpha": known_alpha(inputs.trimap)}
        for name in {"error", "foreground", "background"} & {*wanted} & {*self.network.outputs}:
            none = np.zeros(inputs.size, np.float32)
            planes[name] = none if name == "error" else to_float(inputs.colours)
        return planes

    def _applied(self, inputs: Inputs, wanted: Collection[str], done: Share) -> dict[str, Plane]:
        """Planes clipped to [0, 1], except logits; NaN becomes 0."""
        planes = self.strategy_for(inputs).apply(self.network, inputs, wanted, done)
        return {
            name: plane if name == "glance_logits" else np.nan_to_num(plane, copy=False).clip(0, 1)
            for name, plane in planes.items()
        }

    def _corrected(self, inputs: Inputs, wanted: Collection[str], done: Share) -> dict[str, Plane]:
        """Planes of the box of the unknown pixels, for which estimates are solved; 0 around it.

        Where the network states its error, its alpha is solved once more and cleared of haze.
        """
        assert inputs.trimap is not None
        box = _box(inputs.trimap)
        colours, trimap = inputs.colours[box], inputs.trimap[box]
        seen = self._seen(Inputs(colours=colours, trimap=trimap))
        scale = working_scale(int(np.count_nonzero(trimap == UNKNOWN)), trimap.size, seen)
        small, labels = reduce(colours, trimap, scale) if scale > 1 else (colours, trimap)
        problem = Problem(small, labels)
        prior = problem.planes(self.network.estimates)
        part = Inputs(colours=small, trimap=labels, further={"prior": prior})
        found = self._applied(part, {*wanted, "error"}, done)
        if "error" in found:
            again = problem.solve_again(found["alpha"], found["error"])
            found["alpha"] = without_haze(again, found["error"])
            found["error"] = self.network.calibrated(found["error"])
        planes = {}
        for name in {*wanted} & {*found}:
            plane = found[name]
            if scale > 1 and name == "alpha":
                plane = enlarge(plane, small, colours, trimap)
            elif scale > 1:
                plane = resize(plane, trimap.shape)
            planes[name] = np.zeros((*inputs.size, *plane.shape[2:]), plane.dtype)
            planes[name][box] = plane
        return planes

    def _seen(self, inputs: Inputs) -> int:
        """How many pixels of a picture the network sees, those of overlaps counted again."""
        strategy = self.strategy or self._suited(inputs)
        if isinstance(strategy, Tile):
            return strategy.total_pixels(self.network, inputs)
        return inputs.size[0] * inputs.size[1]

    def strategy_for(self, inputs: Inputs) -> StrategyConfig:
        """The strategy that was asked for, or the one that suits the network, the size and the
        memory."""
        strategy = self.strategy or self._suited(inputs)
        if self.max_memory is None:
            return strategy
        most = affordable_pixels(self.network, inputs.size, self.max_memory)
        pixels = strategy.pixels(self.network, inputs)
        if pixels <= most:
            return strategy
        if self.strategy is None and "tile" in self.network.strategies:
            strategy = Tile()
        if isinstance(strategy, Tile):
            stride = self.network.stride
            return strategy.at_most(int(most**0.5) // stride * stride)
        raise TooLarge(
            f"the strategy {strategy.name} runs {pixels / 1e6:.1f} megapixels of this picture at "
            f"once and {most / 1e6:.1f} fit the memory; allow more, or shrink the picture"
        )

    def _suited(self, inputs: Inputs) -> StrategyConfig:
        suited = self.network.strategies
        first, pixels = STRATEGIES[suited[0]](), inputs.size[0] * inputs.size[1]
        if "tile" in suited and pixels > WHOLE_LIMIT:
            return Tile()
        if isinstance(first, Tile) and "whole" in suited:
            return first if first.total_pixels(self.network, inputs) < pixels else Whole()
        return first


def without_haze(alpha: Alpha, error: Plane) -> Alpha:
    """The alpha with its contrast raised by HAZE at either end, where it is sure.

    >>> alpha = np.float32([0.02, 0.5, 0.99, 0.02])
    >>> without_haze(alpha, np.float32([0.05, 0.05, 0.05, 0.3]))
    array([0.  , 0.5 , 1.  , 0.02], dtype=float32)
    """
    cleared = ((alpha - HAZE) / (1 - 2 * HAZE)).clip(0, 1)
    share = (2 - error / SURE).clip(0, 1)
    found: Alpha = (alpha + share * (cleared - alpha)).astype(np.float32)
    return found


def working_scale(unknown: int, pixels: float, seen: float) -> float:
    """How many times smaller a photo is worked on; 1 is its own size.

    Args:
        unknown: pixels of the unknown region.
        pixels: of the box around it.
        seen: pixels of the box that the network sees.
    """
    shares = unknown / WORKING_UNKNOWN, pixels / WORKING_PIXELS, seen / WORKING_SEEN
    scale = math.sqrt(max(shares))
    return scale if scale > WORTH_WHILE else 1.0


def _box(trimap: Trimap) -> tuple[slice, slice]:
    """Rows and columns of the unknown pixels with a margin, grown until both labels are inside."""
    left, top, width, height = cv2.boundingRect((trimap == UNKNOWN).view(np.uint8))
    margin = MARGIN
    while True:
        rows = slice(max(top - margin, 0), top + height + margin)
        columns = slice(max(left - margin, 0), left + width + margin)
        if len(np.unique(trimap[rows, columns])) == 3 or margin > max(trimap.shape):
            return rows, columns
        margin *= 2

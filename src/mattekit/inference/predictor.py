"""The front door of inference: arrays in, arrays out, any size.

A predictor joins a network with a strategy. Without one it takes the first that suits the network,
tiles where the whole picture would be too much, and no tiles where they would be more. A network
that corrects classical estimates is given them, and sees the box of the unknown pixels alone.
"""

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from mattekit.classical.estimates import estimates
from mattekit.core.errors import BadArgument, BadTrimap
from mattekit.core.types import UNKNOWN, Alpha, Image, Plane, Trimap
from mattekit.imaging.trimap import paste_known
from mattekit.inference.inputs import Inputs
from mattekit.inference.memory import largest_tile
from mattekit.inference.network import OUTPUTS, Network
from mattekit.inference.strategies import STRATEGIES, StrategyConfig
from mattekit.inference.tile import Tile
from mattekit.inference.whole import Whole

WHOLE_LIMIT = 4_000_000
"""Pixels up to which a picture is taken whole when nobody said how."""
MARGIN = 96
"""Known pixels around the box of the unknown ones: context, and colours to take samples of."""


class Predictor:
    """A network with the strategy that takes it over pictures of any size."""

    def __init__(
        self,
        network: Network,
        *,
        strategy: StrategyConfig | None = None,
        max_memory: int | None = None,
    ) -> None:
        """`max_memory` is in bytes and counts the whole process; it sizes the tiles."""
        if strategy is not None and strategy.name not in network.strategies:
            raise BadArgument(
                f"the strategy {strategy.name} does not suit {network.name}; "
                f"choose {' or '.join(network.strategies)}"
            )
        self.network = network
        self.strategy = strategy
        self.max_memory = max_memory

    def predict(self, image: Image, trimap: Trimap | None = None) -> Alpha:
        """The alpha of one picture, with the trimap's known pixels kept exactly."""
        return self.planes(image, trimap, ("alpha",))["alpha"]

    def planes(
        self,
        colours: npt.NDArray[Any],
        trimap: Trimap | None = None,
        names: Collection[str] = tuple(OUTPUTS),
    ) -> dict[str, Plane]:
        """Alpha and those named planes (`network.OUTPUTS`) that the network gives, at full size.

        Args:
            colours: h w 3 in uint8, uint16 or float32; only windows of it become float32.
        """
        wanted = {*names, "alpha"}
        if not self.network.needs_trimap:
            return self._applied(Inputs(colours=colours), wanted)
        if trimap is None:
            raise BadTrimap(
                f"{self.network.name} needs a trimap that says what is foreground, background and "
                "unknown; give one, or use a network that needs none (gfm)"
            )
        inputs = Inputs(colours=colours, trimap=trimap)
        if not np.any(trimap == UNKNOWN):
            return {"alpha": paste_known(np.zeros(inputs.size, np.float32), trimap)}
        corrects = "prior" in self.network.extra_planes
        planes = self._corrected(inputs, wanted) if corrects else self._applied(inputs, wanted)
        planes["alpha"] = paste_known(planes["alpha"], trimap)
        return planes

    def _applied(self, inputs: Inputs, wanted: Collection[str]) -> dict[str, Plane]:
        """Planes clipped to [0, 1], except logits; NaN becomes 0."""
        planes = self.strategy_for(inputs).apply(self.network, inputs, wanted)
        return {
            name: plane if name == "glance_logits" else np.nan_to_num(plane, copy=False).clip(0, 1)
            for name, plane in planes.items()
        }

    def _corrected(self, inputs: Inputs, wanted: Collection[str]) -> dict[str, Plane]:
        """Planes of the box of the unknown pixels, for which estimates are solved; 0 around it."""
        assert inputs.trimap is not None
        box = _box(inputs.trimap)
        colours, trimap = inputs.colours[box], inputs.trimap[box]
        further = {"prior": estimates(colours, trimap)}
        part = Inputs(colours=colours, trimap=trimap, further=further)
        planes = {}
        for name, plane in self._applied(part, wanted).items():
            planes[name] = np.zeros((*inputs.size, *plane.shape[2:]), plane.dtype)
            planes[name][box] = plane
        return planes

    def strategy_for(self, inputs: Inputs) -> StrategyConfig:
        """The strategy that was asked for, or the one that suits the network and the size."""
        strategy = self.strategy or self._suited(inputs)
        if self.max_memory is not None and isinstance(strategy, Tile):
            side = largest_tile(self.network, inputs, self.max_memory)
            strategy = strategy.at_most(side)
        return strategy

    def _suited(self, inputs: Inputs) -> StrategyConfig:
        suited = self.network.strategies
        first, pixels = STRATEGIES[suited[0]](), inputs.size[0] * inputs.size[1]
        if "tile" in suited and (self.max_memory is not None or pixels > WHOLE_LIMIT):
            return Tile()
        tiles_first = isinstance(first, Tile) and "whole" in suited
        if tiles_first and first.pixels(self.network, inputs) >= pixels:
            return Whole()
        return first


def _box(trimap: Trimap) -> tuple[slice, slice]:
    """Rows and columns of the unknown pixels with a margin, grown until both labels are inside."""
    rows, columns = (np.flatnonzero((trimap == UNKNOWN).any(axis=axis)) for axis in (1, 0))
    margin = MARGIN
    while True:
        box = tuple(
            slice(max(int(places[0]) - margin, 0), int(places[-1]) + 1 + margin)
            for places in (rows, columns)
        )
        if len(np.unique(trimap[box])) == 3 or margin > max(trimap.shape):
            return box[0], box[1]
        margin *= 2

"""How a network goes over a picture of any size: the list of strategies, by name.

Every strategy has `apply`, which returns the wanted planes at the picture's size, and `pixels`, the
most that the network sees at once.
"""

from collections.abc import Collection
from typing import Literal

from mattekit.core.config import by_name, config
from mattekit.core.errors import BadArgument
from mattekit.core.types import Plane, Size
from mattekit.imaging.resize import fit_within, resize
from mattekit.inference.inputs import Inputs, Share, round_up
from mattekit.inference.network import Network
from mattekit.inference.tile import Tile

LEGACY_STRIDE = 32
LEGACY_LIMIT = 1600


@config
class Whole:
    """The whole picture at once."""

    name: Literal["whole"] = "whole"
    max_size: int | None = None
    """Longest side in pixels; larger pictures are shrunk with their aspect kept."""

    def apply(
        self, network: Network, inputs: Inputs, wanted: Collection[str], done: Share = None
    ) -> dict[str, Plane]:
        return _at_size(network, inputs, self._size(inputs), wanted)

    def pixels(self, network: Network, inputs: Inputs) -> int:
        return _area(self._size(inputs), network.stride)

    def _size(self, inputs: Inputs) -> Size:
        return inputs.size if self.max_size is None else fit_within(inputs.size, self.max_size)


@config
class Resize:
    """The picture stretched to one size, as several published test scripts do."""

    name: Literal["resize"] = "resize"
    height: int = 512
    """Height that the network sees."""
    width: int = 512
    """Width that the network sees."""

    def apply(
        self, network: Network, inputs: Inputs, wanted: Collection[str], done: Share = None
    ) -> dict[str, Plane]:
        return _at_size(network, inputs, (self.height, self.width), wanted)

    def pixels(self, network: Network, inputs: Inputs) -> int:
        return _area((self.height, self.width), network.stride)


@config
class Hybrid:
    """Glance at a small size, focus at a larger one (Li et al. 2022, the HYBRID test strategy).

    At a third of the size the network sees the whole subject and tells background, transition and
    foreground apart; at half the size it draws the transition. Both are fused at full size.
    """

    name: Literal["hybrid"] = "hybrid"
    glance_ratio: float = 1 / 3
    """Size of the first pass, as a share of the picture's."""
    focus_ratio: float = 1 / 2
    """Size of the second pass, as a share of the picture's."""
    legacy_sizes: bool = False
    """Round each side down to a multiple of 32 and cap it at 1600, as the published test does."""

    def apply(
        self, network: Network, inputs: Inputs, wanted: Collection[str], done: Share = None
    ) -> dict[str, Plane]:
        first = {*wanted, "glance_logits", "glance", "focus"}
        glance = _at_size(network, inputs, self.scaled(inputs.size, self.glance_ratio), first)
        if "glance_logits" not in glance:
            raise BadArgument(f"{network.name} has no glance and focus; use whole, tile or resize")
        if self.glance_ratio == self.focus_ratio:
            return glance
        size = self.scaled(inputs.size, self.focus_ratio)
        focus = _at_size(network, inputs, size, {"focus"})["focus"]
        return {
            "alpha": network.fuse(glance["glance_logits"], focus),
            "glance": glance["glance"],
            "focus": focus,
        }

    def pixels(self, network: Network, inputs: Inputs) -> int:
        ratio = max(self.glance_ratio, self.focus_ratio)
        return _area(self.scaled(inputs.size, ratio), network.stride)

    def scaled(self, size: Size, ratio: float) -> Size:
        """The size of a pass."""
        if not self.legacy_sizes:
            return max(1, round(size[0] * ratio)), max(1, round(size[1] * ratio))
        height, width = (
            min(
                max(int(side * ratio) // LEGACY_STRIDE * LEGACY_STRIDE, LEGACY_STRIDE), LEGACY_LIMIT
            )
            for side in size
        )
        return height, width


StrategyConfig = Whole | Tile | Resize | Hybrid

STRATEGIES: dict[str, type[StrategyConfig]] = by_name(StrategyConfig)


def strategy_named(name: str) -> StrategyConfig:
    """The strategy of that name with its defaults.

    >>> strategy_named("resize").height
    512
    """
    if name not in STRATEGIES:
        raise BadArgument(f"there is no strategy {name!r}; choose {', '.join(STRATEGIES)}")
    return STRATEGIES[name]()


def _at_size(
    network: Network, inputs: Inputs, size: Size, wanted: Collection[str]
) -> dict[str, Plane]:
    """Run the network on the picture resized to `size`; planes come back at the picture's size."""
    planes = {}
    for name, batch in network.run(inputs.resized(size).whole(network.stride)).items():
        if name in wanted:
            plane = batch[0, 0] if batch.shape[1] == 1 else batch[0].transpose(1, 2, 0)
            planes[name] = resize(plane[: size[0], : size[1]], inputs.size)
    return planes


def _area(size: Size, stride: int) -> int:
    return round_up(size[0], stride) * round_up(size[1], stride)

"""Strategies: how a network is run on a picture of any size.

Every strategy has `apply`, which returns the wanted planes at the picture's size, and `pixels`, the
most that the network sees at once.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Literal

import numpy as np

from mattekit.core.config import by_name, config
from mattekit.core.errors import BadArgument
from mattekit.core.types import Plane, Size
from mattekit.imaging.resize import fit_within, resize, scaled_size
from mattekit.inference.inputs import Inputs, Share, round_up
from mattekit.inference.network import Network
from mattekit.inference.tile import Tile

LEGACY_STRIDE = 32
LEGACY_LIMIT = 1600


class OnePass(ABC):
    """The picture once, at a size that depends on its own."""

    @abstractmethod
    def seen(self, size: Size) -> Size:
        """The size at which the network sees a picture of that size."""

    def apply(
        self, network: Network, inputs: Inputs, wanted: Collection[str], done: Share = None
    ) -> dict[str, Plane]:
        return _at_size(network, inputs, self.seen(inputs.size), wanted)

    def pixels(self, network: Network, inputs: Inputs) -> int:
        return _area(self.seen(inputs.size), network.stride)


@config
class Whole(OnePass):
    """The whole picture at once."""

    name: Literal["whole"] = "whole"
    max_size: int | None = None
    """Longest side in pixels; larger pictures are shrunk with their aspect kept."""

    def seen(self, size: Size) -> Size:
        return size if self.max_size is None else fit_within(size, self.max_size)


@config
class Resize(OnePass):
    """The picture stretched to one size, or to a share of its own, as published test scripts do."""

    name: Literal["resize"] = "resize"
    height: int = 512
    """Height that the network sees."""
    width: int = 512
    """Width that the network sees."""
    ratio: float | None = None
    """Or: the share of the picture's own height and width that it sees."""
    legacy: bool = False
    """Sizes of `ratio` as GFM's published test has them, see `scaled`."""

    def __post_init__(self) -> None:
        if self.ratio is not None and self.ratio <= 0:
            raise ValueError(f"ratio is {self.ratio}; a share above 0 is expected, such as 1/2")
        if self.legacy and self.ratio is None:
            raise ValueError("legacy rounds the sizes of a ratio; give one, such as 1/2")

    def seen(self, size: Size) -> Size:
        if self.ratio is None:
            return self.height, self.width
        return scaled(size, self.ratio, legacy=self.legacy)


@config
class Hybrid:
    """Glance at a small size, focus at a larger one (Li et al. 2022, the HYBRID test strategy).

    At a third of the size the network sees the whole subject and tells background, transition and
    foreground apart; at half the size it draws the transition. Both are fused at full size, where
    the glance is the class of the resampled logits.
    """

    name: Literal["hybrid"] = "hybrid"
    glance_ratio: float = 1 / 3
    """Size of the first pass, as a share of the picture's."""
    focus_ratio: float = 1 / 2
    """Size of the second pass, as a share of the picture's."""
    legacy: bool = False
    """As the published test: its sizes, see `scaled`, and its fusion, which resamples the picture
    of the classes, so that focus also speaks in a seam along every border between two of them."""

    def __post_init__(self) -> None:
        if min(self.glance_ratio, self.focus_ratio) <= 0:
            raise ValueError("glance_ratio and focus_ratio must be above 0, such as 1/3 and 1/2")

    def apply(
        self, network: Network, inputs: Inputs, wanted: Collection[str], done: Share = None
    ) -> dict[str, Plane]:
        size = scaled(inputs.size, self.glance_ratio, legacy=self.legacy)
        found = _at_size(network, inputs, size, {*wanted, "glance_logits", "glance", "focus"})
        if "glance_logits" not in found:
            raise BadArgument(f"{network.name} has no glance and focus; use whole, tile or resize")
        if self.glance_ratio == self.focus_ratio:
            return found
        size = scaled(inputs.size, self.focus_ratio, legacy=self.legacy)
        focus = _at_size(network, inputs, size, {"focus"})["focus"]
        logits = found["glance_logits"]
        classes = logits.argmax(axis=2).astype(np.float32) / (logits.shape[2] - 1)
        glance = found["glance"] if self.legacy else classes
        return {"alpha": network.fuse(glance, focus), "glance": found["glance"], "focus": focus}

    def pixels(self, network: Network, inputs: Inputs) -> int:
        ratio = max(self.glance_ratio, self.focus_ratio)
        return _area(scaled(inputs.size, ratio, legacy=self.legacy), network.stride)


def scaled(size: Size, ratio: float, *, legacy: bool = False) -> Size:
    """The size of a pass at a share of the picture's.

    Args:
        legacy: each side rounded down to a multiple of 32 and capped at 1600, as in GFM's test.

    >>> scaled((1000, 6000), 1 / 2), scaled((1000, 6000), 1 / 2, legacy=True)
    ((500, 3000), (480, 1600))
    """
    if not legacy:
        return scaled_size(size, ratio)
    steps = [max(int(side * ratio) // LEGACY_STRIDE, 1) for side in size]
    return min(steps[0] * LEGACY_STRIDE, LEGACY_LIMIT), min(steps[1] * LEGACY_STRIDE, LEGACY_LIMIT)


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

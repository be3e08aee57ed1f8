"""The picture stretched to one fixed size, as several published test scripts do."""

from collections.abc import Collection
from typing import Literal

from mattekit.core.config import config
from mattekit.core.types import Plane
from mattekit.inference.inputs import Inputs
from mattekit.inference.network import Network
from mattekit.inference.whole import at_size


@config
class Resize:
    """The picture stretched to one size."""

    name: Literal["resize"] = "resize"
    height: int = 512
    """Height that the network sees."""
    width: int = 512
    """Width that the network sees."""

    def apply(self, network: Network, inputs: Inputs, wanted: Collection[str]) -> dict[str, Plane]:
        """Those wanted planes that the network gives, at the picture's size."""
        return at_size(network, inputs, (self.height, self.width), wanted)

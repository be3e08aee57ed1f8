"""Two passes for networks that glance and focus: a small one for what, a larger one for detail.

At a third of the size the network sees the whole subject and tells background, transition and
foreground apart; at half the size it draws the transition. Both are brought to full size and fused
there (Li et al. 2022, the HYBRID test strategy).
"""

from collections.abc import Collection
from typing import Literal

from mattekit.core.config import config
from mattekit.core.errors import BadArgument
from mattekit.core.types import Plane, Size
from mattekit.inference.inputs import Inputs
from mattekit.inference.network import Network
from mattekit.inference.whole import at_size

LEGACY_STRIDE = 32
LEGACY_LIMIT = 1600


@config
class Hybrid:
    """Glance at a small size, focus at a larger one."""

    name: Literal["hybrid"] = "hybrid"
    glance_ratio: float = 1 / 3
    """Size of the first pass, as a share of the picture's."""
    focus_ratio: float = 1 / 2
    """Size of the second pass, as a share of the picture's."""
    legacy_sizes: bool = False
    """Round each side down to a multiple of 32 and cap it at 1600, as the published test does."""

    def apply(self, network: Network, inputs: Inputs, wanted: Collection[str]) -> dict[str, Plane]:
        """The fused alpha, with the glance and the focus it came from."""
        first = {*wanted, "glance_logits", "glance", "focus"}
        glance = at_size(network, inputs, self.scaled(inputs.size, self.glance_ratio), first)
        if "glance_logits" not in glance:
            raise BadArgument(f"{network.name} has no glance and focus; use whole, tile or resize")
        if self.glance_ratio == self.focus_ratio:
            return glance
        size = self.scaled(inputs.size, self.focus_ratio)
        focus = at_size(network, inputs, size, {"focus"})["focus"]
        return {
            "alpha": network.fuse(glance["glance_logits"], focus),
            "glance": glance["glance"],
            "focus": focus,
        }

    def scaled(self, size: Size, ratio: float) -> Size:
        height, width = (max(1, round(length * ratio)) for length in size)
        if not self.legacy_sizes:
            return height, width
        return _legacy(size[0] * ratio), _legacy(size[1] * ratio)


def _legacy(length: float) -> int:
    rounded = int(length) - int(length) % LEGACY_STRIDE
    return min(max(rounded, LEGACY_STRIDE), LEGACY_LIMIT)

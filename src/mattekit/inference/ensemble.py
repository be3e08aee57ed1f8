"""Several networks as one: the mean of their alphas, and of the errors that they expect.

Networks that learned from different pictures err in different places, so the mean has fewer large
errors than either (docs/model-card-compact.md).
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from mattekit.core.errors import BadWeights
from mattekit.core.types import Alpha, Plane
from mattekit.inference.inputs import Batches
from mattekit.inference.network import Network
from mattekit.models.registry import Terms

AVERAGED = ("alpha", "error")


class Ensemble:
    """Networks that take photo, trimap and classical estimates; each gets those it knows."""

    needs_trimap = True
    extra_planes: tuple[str, ...] = ("prior",)
    terms: Terms | None = None

    def __init__(self, name: str, networks: Sequence[Network]) -> None:
        self.name, self.networks = name, tuple(networks)
        self.stride = max(network.stride for network in networks)
        self.strategies = networks[0].strategies
        wanted = (channel for network in networks for channel in network.estimates)
        self.estimates: tuple[str, ...] = tuple(dict.fromkeys(wanted))
        self._channels = [[self.estimates.index(c) for c in n.estimates] for n in networks]

    def run(self, planes: Batches) -> Batches:
        """The mean of what the networks predict."""
        found = [
            network.run({**planes, "prior": planes["prior"][:, channels]})
            for network, channels in zip(self.networks, self._channels, strict=True)
        ]
        return {
            name: np.mean([each[name] for each in found], axis=0, dtype=np.float32)
            for name in AVERAGED
        }

    def global_statistics_from(self, planes: Callable[[], Batches]) -> AbstractContextManager[None]:
        """None of the networks has statistics that could be fixed."""
        return nullcontext()

    def fuse(self, glance: Plane, focus: Plane) -> Alpha:
        """None of them has a glance; `hybrid` is not among their strategies."""
        raise BadWeights(f"{self.name} has no glance and focus; use whole or tile")

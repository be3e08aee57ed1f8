"""What a metric is: a name, words for a reader, and a function of two mattes.

Adding one takes a file with the function and an entry in `mattekit.metrics.METRICS`; the command,
the table, the report and `mattekit.metrics.NAME` follow.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mattekit.core.types import Plane, Region
from mattekit.metrics.pair import MattePair, make_pair
from mattekit.metrics.protocols import Protocol, choose_protocol


@dataclass(frozen=True, kw_only=True)
class Metric:
    """An error of a predicted matte; called with planes it gives the number."""

    name: str
    title: str
    """What tables call it."""
    meaning: str
    """One sentence for the reader of a report."""
    of: Callable[[MattePair, Protocol], float]
    higher_is_better: bool = False
    default: bool = True
    """Whether it is measured when nobody says what to measure."""

    def __call__(
        self,
        predicted: Plane,
        true: Plane,
        trimap: Plane | None = None,
        protocol: str | Protocol = "official",
        region: Region | None = None,
    ) -> float:
        """The number for two mattes of the same size.

        Args:
            predicted: h w, floats in [0, 1] or whole numbers of 8 or 16 bits.
            true: as `predicted`.
            trimap: labels h w; needed by protocols that measure the unknown region.
            protocol: a name of `PROTOCOLS`, or conventions of your own.
            region: instead of the protocol's.
        """
        chosen = choose_protocol(protocol, region)
        return self.of(make_pair(predicted, true, trimap, chosen), chosen)

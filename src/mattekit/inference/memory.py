"""How many pixels a network may see at once under a limit on the memory of the whole process.

The cost of a pixel is not estimated from layers: two small squares are run once for each network
while the memory of the process is watched, and a straight line through the two gives the rest.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import psutil

from mattekit.core.errors import TooLarge
from mattekit.core.types import Size
from mattekit.inference.inputs import round_up
from mattekit.inference.network import Network, random_planes

PROBES = (128, 384)
BYTES_PER_PIXEL = 20  # of the whole picture: blended sums, weights, and alpha while it is finished
HEADROOM = 0.92  # allocators round up and fragment


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Bytes that a run takes beyond those that the process holds already."""

    fixed: float
    per_pixel: float
    least: int
    """Pixels of the smallest square that is run."""


_costs: WeakKeyDictionary[Network, Cost] = WeakKeyDictionary()
_measuring = threading.Lock()


def affordable_pixels(network: Network, size: Size, limit: int) -> int:
    """The most pixels that the network may see at once, for a picture of that size.

    Raises:
        TooLarge: where not even a small square fits the limit, in bytes.
    """
    with _measuring:
        cost = _costs.get(network) or _costs.setdefault(network, _measured(network))
    held = resident() + BYTES_PER_PIXEL * size[0] * size[1] + cost.fixed
    pixels = int((limit * HEADROOM - held) / cost.per_pixel)
    if pixels < cost.least:
        needed = (held + cost.per_pixel * cost.least) / HEADROOM
        raise TooLarge(
            f"{limit / 2**30:.2f} GB of memory is less than {network.name} needs for this picture; "
            f"allow at least {needed / 2**30:.2f}GB"
        )
    return pixels


def _measured(network: Network) -> Cost:
    small, large = (round_up(side, network.stride) for side in PROBES)
    before = resident()
    low, high = (_peak_of_square(network, side) - before for side in (small, large))
    given = sum(plane.nbytes for plane in random_planes(network, (small, small)).values())
    # never less than what goes in: another thread that frees memory meanwhile would hide the cost
    per_pixel = max((high - low) / (large**2 - small**2), given / small**2)
    return Cost(fixed=max(low - per_pixel * small**2, 0), per_pixel=per_pixel, least=small**2)


def _peak_of_square(network: Network, side: int) -> int:
    planes = random_planes(network, (side, side))
    return peak_during(lambda: network.run(planes))


def peak_during(work: Callable[[], object]) -> int:
    """The most bytes of memory that the process held while `work` ran."""
    highest = resident()
    done = threading.Event()

    def watch() -> None:
        nonlocal highest
        while not done.wait(0.001):
            highest = max(highest, resident())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return max(highest, resident())


def resident() -> int:
    """Bytes of memory that the process holds now."""
    held: int = psutil.Process().memory_info().rss
    return held

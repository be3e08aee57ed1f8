"""How large a tile may be under a limit on the memory of the whole process.

Nothing is estimated from layer shapes: two small tiles are run, the peak of the process is watched,
and the rest is a straight line through the two.
"""

import threading
from collections.abc import Callable

import psutil

from mattekit.core.errors import TooLarge
from mattekit.inference.inputs import Inputs, Window, round_up
from mattekit.inference.network import Network

PROBES = (128, 384)
BYTES_PER_PIXEL = 20  # of the whole picture: blended sums, weights, and alpha while it is finished
HEADROOM = 0.92  # allocators round up and keep pieces


def largest_tile(network: Network, inputs: Inputs, limit: int) -> int:
    """The longest side of a tile that keeps the process under the limit, in bytes."""
    small, large = (round_up(side, network.stride) for side in PROBES)
    before = resident()
    held = before + BYTES_PER_PIXEL * inputs.size[0] * inputs.size[1]
    low, high = (_peak_of_tile(network, inputs, side) - before for side in (small, large))
    per_pixel = max(high - low, 1) / (large**2 - small**2)
    fixed = max(low - per_pixel * small**2, 0)
    free = limit * HEADROOM - held - fixed
    side = int(max(free / per_pixel, 0) ** 0.5) // network.stride * network.stride
    if side < small:
        needed = (held + fixed + per_pixel * small**2) / HEADROOM
        raise TooLarge(
            f"{limit / 2**30:.2f} GB of memory is less than the smallest tile of this picture "
            f"needs; allow at least {needed / 2**30:.2f}GB"
        )
    return side


def _peak_of_tile(network: Network, inputs: Inputs, side: int) -> int:
    window = Window(top=0, left=0, height=side, width=side)
    return peak_during(lambda: network.run(inputs.window(window)))


def peak_during(work: Callable[[], object], *, interval: float = 0.001) -> int:
    """The most bytes of memory that the process held while `work` ran."""
    highest = resident()
    done = threading.Event()

    def watch() -> None:
        nonlocal highest
        while not done.wait(interval):
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

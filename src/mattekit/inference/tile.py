"""Overlapping windows over the unknown pixels only, blended so that no seam shows.

Windows are not on a grid: they follow the unknown pixels, one strip of rows after the other and in
it from left to right, each shrunk to what it has to cover and grown by its context.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from mattekit.core.config import config
from mattekit.core.errors import BadArgument
from mattekit.core.types import FOREGROUND, UNKNOWN, Mask, Plane, Size
from mattekit.imaging.picture import to_float
from mattekit.imaging.resize import scaled_size
from mattekit.inference.inputs import Batches, Inputs, Share, Window, round_up
from mattekit.inference.network import Network

SPARE = 4
"""A large picture is subsampled to so many times the wanted size before it is averaged."""


@config
class Tile:
    """Overlapping windows around the unknown pixels."""

    name: Literal["tile"] = "tile"
    size: int = 512
    """Longest side of a window."""
    overlap: int = 96
    """Context around what a window has to cover. Its outer half does not count, since the network
    sees least there; over the inner half neighbouring windows blend."""
    batch: int = 1
    """Windows of one size that run together."""

    def apply(
        self, network: Network, inputs: Inputs, wanted: Collection[str], done: Share = None
    ) -> dict[str, Plane]:
        windows = self.windows(network, inputs)
        blend = _Blend(inputs.size, self.overlap)
        finished = 0
        with network.global_statistics_from(lambda: self._reduced(inputs).whole(network.stride)):
            for group in _same_size(windows, self.batch):
                planes = network.run(_stack([inputs.window(window) for window in group]))
                for index, window in enumerate(group):
                    given = {name: plane[index] for name, plane in planes.items() if name in wanted}
                    blend.add(window, given)
                finished += len(group)
                if done is not None:
                    done(finished / len(windows))
        return blend.result(inputs)

    def _reduced(self, inputs: Inputs) -> Inputs:
        """The picture with no more pixels than a window, so that it fits the memory as well."""
        size = scaled_size(inputs.size, min(1, self.size / math.prod(inputs.size) ** 0.5))
        return inputs.subsampled(SPARE * max(size)).resized(size)

    def windows(self, network: Network, inputs: Inputs) -> list[Window]:
        """What the network will see."""
        if inputs.trimap is None:
            raise BadArgument(
                f"the strategy tile works around unknown pixels, and {network.name} takes no "
                "trimap; use whole, resize or hybrid"
            )
        unknown = inputs.trimap == UNKNOWN
        return plan(unknown, tile=self.size, overlap=self.overlap, stride=network.stride)

    def pixels(self, network: Network, inputs: Inputs) -> int:
        sizes = [window.height * window.width for window in self.windows(network, inputs)]
        return self.batch * max(sizes, default=0)

    def total_pixels(self, network: Network, inputs: Inputs) -> int:
        """How many pixels the network sees in all, those in several windows counted for each."""
        return sum(window.height * window.width for window in self.windows(network, inputs))

    def at_most(self, side: int) -> "Tile":
        """The same strategy with windows no longer than `side`, one at a time, and less context
        where the window would be too small for it."""
        overlap = min(self.overlap, side // 4)
        return replace(self, size=min(self.size, side), overlap=overlap, batch=1)


def plan(unknown: Mask, *, tile: int, overlap: int, stride: int) -> list[Window]:
    """Windows that together hold every unknown pixel with `overlap` pixels of context.

    They start and end on multiples of the stride, so that a pooling network sees the same grid as
    on the whole picture.
    """
    reach = tile - 2 * round_up(overlap, stride)
    if reach < stride:
        raise BadArgument(
            f"tiles of {tile} pixels leave nothing between overlaps of {overlap}; "
            f"take a tile of at least {2 * round_up(overlap, stride) + stride}"
        )
    windows = []
    for rows in _runs(np.any(unknown, axis=1), reach):
        for columns in _runs(np.any(unknown[rows], axis=0), reach):
            first, last = _ends(np.any(unknown[rows, columns], axis=1))
            covered = slice(rows.start + first, rows.start + last + 1)
            top, height = _grown(covered, unknown.shape[0], overlap, stride)
            left, width = _grown(columns, unknown.shape[1], overlap, stride)
            windows.append(Window(top=top, left=left, height=height, width=width))
    return windows


def _runs(wanted: Plane, reach: int) -> Iterator[slice]:
    """Slices of at most `reach` that together hold every wanted place."""
    places = np.flatnonzero(wanted)
    while places.size:
        start = int(places[0])
        covered = places < start + reach
        yield slice(start, int(places[covered][-1]) + 1)
        places = places[~covered]


def _ends(wanted: Plane) -> tuple[int, int]:
    places = np.flatnonzero(wanted)
    return int(places[0]), int(places[-1])


def _grown(run: slice, length: int, overlap: int, stride: int) -> tuple[int, int]:
    start = max(0, run.start - overlap) // stride * stride
    stop = round_up(min(length, run.stop + overlap), stride)
    return start, stop - start


def _same_size(windows: list[Window], batch: int) -> Iterator[list[Window]]:
    groups: dict[Size, list[Window]] = defaultdict(list)
    for window in windows:
        groups[window.size].append(window)
    for group in groups.values():
        for first in range(0, len(group), batch):
            yield group[first : first + batch]


def _stack(windows: list[Batches]) -> Batches:
    return {name: np.concatenate([planes[name] for planes in windows]) for name in windows[0]}


class _Blend:
    """Weighted mean of overlapping windows, kept at full size."""

    def __init__(self, size: Size, overlap: int) -> None:
        self.size = size
        self.overlap = overlap
        self.weight = np.zeros(size, np.float32)
        self.sums: dict[str, npt.NDArray[np.float32]] = {}

    def add(self, window: Window, planes: Batches) -> None:
        """Add c h w planes of one window."""
        height, width = self.weight[window.inside].shape
        weight = np.outer(
            self._ramp(window.top, height, self.size[0]),
            self._ramp(window.left, width, self.size[1]),
        )
        self.weight[window.inside] += weight
        for name, plane in planes.items():
            if name not in self.sums:
                self.sums[name] = np.zeros((*self.size, plane.shape[0]), np.float32)
            inside = plane[:, :height, :width].transpose(1, 2, 0)
            self.sums[name][window.inside] += weight[..., None] * inside

    def _ramp(self, start: int, length: int, whole: int) -> npt.NDArray[np.float32]:
        """0 over the outer half of the overlap, rising to 1 over the inner; 1 at the ends."""
        places = np.arange(length, dtype=np.float32) + 0.5
        from_start = places if start > 0 else np.full(length, np.inf, np.float32)
        from_end = places[::-1] if start + length < whole else np.full(length, np.inf, np.float32)
        half = max(self.overlap / 2, 0.5)
        ramp: npt.NDArray[np.float32] = np.clip(
            (np.minimum(from_start, from_end) - half) / half, 0, 1
        ).astype(np.float32)
        return ramp

    def result(self, inputs: Inputs) -> dict[str, Plane]:
        """The blended planes; known pixels where no window counted."""
        covered = self.weight > 0
        np.maximum(self.weight, np.finfo(np.float32).tiny, out=self.weight)
        result: dict[str, Plane] = {}
        for name, total in self.sums.items():
            total /= self.weight[..., None]
            if name == "alpha":
                assert inputs.trimap is not None
                total[~covered, 0] = inputs.trimap[~covered] == FOREGROUND
            elif name in ("foreground", "background"):
                total[~covered] = to_float(inputs.colours[~covered])
            result[name] = total[..., 0] if total.shape[2] == 1 else total
        return result

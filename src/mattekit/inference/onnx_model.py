"""The shipped network without torch: photo and trimap to alpha and expected error.

ONNX Runtime computes `networks/shipped/compact.onnx` in windows around the unknown pixels of the
smallest box that holds them; what it corrects comes from `classical.estimates`.
"""

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files

import numpy as np

from mattekit.classical.estimates import estimates
from mattekit.core.types import UNKNOWN, Alpha, Plane, Trimap
from mattekit.imaging.trimap import check_trimap, paste_known
from mattekit.inference.inputs import Inputs
from mattekit.inference.memory import largest_tile
from mattekit.inference.onnx_network import OnnxNetwork
from mattekit.inference.tile import Tile

MARGIN = 96
"""Known pixels kept around the box of the unknown ones: context, and colours to sample."""
FILE = "compact.onnx"


@dataclass(frozen=True, kw_only=True)
class CompactMatte:
    """An alpha, and how wrong the network expects it to be."""

    alpha: Alpha
    expected_error: Plane
    """Expected |error| of alpha at every pixel; 0 where the trimap knows."""
    warnings: list[str] = field(default_factory=list)

    @property
    def confidence(self) -> float:
        """1 less the mean expected error of the unknown pixels; 1 where nothing was unknown."""
        doubted = self.expected_error[self.expected_error > 0]
        return 1 - float(doubted.mean()) if doubted.size else 1.0


def compact(colours: Plane, trimap: Trimap, *, max_memory: int | None = None) -> CompactMatte:
    """The shipped network's alpha of a picture of any depth and size; known pixels are kept.

    Args:
        max_memory: bytes of the whole process; it sizes the windows.
    """
    size = colours.shape[0], colours.shape[1]
    remarks = check_trimap(trimap, size, needs_both=bool((trimap == UNKNOWN).any()))
    alpha = paste_known(np.zeros(size, np.float32), trimap)
    expected_error = np.zeros(size, np.float32)
    if remarks:
        return CompactMatte(alpha=alpha, expected_error=expected_error, warnings=list(remarks))
    box = _box(trimap)
    inputs = Inputs(
        colours=colours[box], trimap=trimap[box], prior=estimates(colours[box], trimap[box])
    )
    network = shipped()
    tile = (
        Tile() if max_memory is None else Tile().at_most(largest_tile(network, inputs, max_memory))
    )
    planes = tile.apply(network, inputs, ("alpha", "error"))
    unknown = trimap[box] == UNKNOWN
    alpha[box] = paste_known(planes["alpha"].clip(0, 1), trimap[box])
    expected_error[box][unknown] = planes["error"][unknown]
    return CompactMatte(alpha=alpha, expected_error=expected_error)


@cache
def shipped() -> OnnxNetwork:
    """The network in the package, opened once."""
    with as_file(files("mattekit") / "networks" / "shipped" / FILE) as path:  # imports no torch
        return OnnxNetwork(path)


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

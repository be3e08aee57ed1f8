"""The shipped network without torch: photo and trimap to alpha and expected error."""

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files

import numpy as np

from mattekit.core.types import UNKNOWN, Alpha, Plane, Trimap
from mattekit.imaging.trimap import check_trimap
from mattekit.inference.confidence import confidence, of_unknown
from mattekit.inference.onnx_network import OnnxNetwork
from mattekit.inference.predictor import Predictor

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
        return confidence(self.expected_error)


def compact(colours: Plane, trimap: Trimap, *, max_memory: int | None = None) -> CompactMatte:
    """The shipped network's alpha of a picture of any depth and size; known pixels are kept.

    Args:
        max_memory: bytes of the whole process; it sizes the windows.
    """
    size = colours.shape[0], colours.shape[1]
    remarks = check_trimap(trimap, size, needs_both=bool((trimap == UNKNOWN).any()))
    predictor = Predictor(shipped(), max_memory=max_memory)
    planes = predictor.planes(colours, trimap, ("alpha", "error"))
    error = planes.get("error", np.zeros(size, np.float32))  # none where nothing is unknown
    return CompactMatte(
        alpha=planes["alpha"], expected_error=of_unknown(error, trimap), warnings=list(remarks)
    )


@cache
def shipped() -> OnnxNetwork:
    """The network in the package, opened once."""
    with as_file(files("mattekit") / "models" / "shipped" / FILE) as path:  # imports no torch
        return OnnxNetwork(path)

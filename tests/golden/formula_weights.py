"""Comparing a network's outputs with the recorded ones; the formula itself is the library's."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from mattekit.networks.published.verify import (
    GOLDENS,
    distance,
    fill,
    formula_tensor,
    sample_input,
)

__all__ = ["GOLDENS", "check", "fill", "formula_tensor", "sample_input"]


def check(output: Tensor, golden: Mapping[str, Any], tolerance: float = 1e-4) -> None:
    """Shape, moments and the 16 recorded values of an output, against one entry of `GOLDENS`."""
    assert list(output.shape) == golden["shape"]
    assert distance(output, golden) <= tolerance

"""What can be said of a weights file without data: that it is whole, and what it computes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mattekit.networks.options import options_of
from mattekit.networks.published.parity import case_of, parity, sample_input
from mattekit.networks.weights import Header, load, read_header


@dataclass(frozen=True, kw_only=True)
class Report:
    """The findings of `verify`."""

    header: Header
    tensors: int
    parameters: int
    departures: dict[str, Any]
    """Options that differ from this project's defaults: mostly quirks of the published program."""
    golden: dict[str, float] | None
    """Largest difference from the published program's recorded outputs; None: none recorded."""
    tolerance: float
    finite: bool
    """All weights, and alpha on the sample picture, are finite numbers."""
    alpha: tuple[float, float, float]
    """Least, mean and greatest alpha on the sample picture."""

    @property
    def faithful(self) -> bool:
        """Finite, and equal to the published program as far as that is recorded."""
        return self.finite and (self.golden is None or max(self.golden.values()) <= self.tolerance)


def verify(path: Path) -> Report:
    """Load the file strictly, try it, and compare its network with the recorded outputs."""
    header = read_header(path)
    config = header.config
    network = load(path).eval()
    case = case_of(config)
    image, trimap = sample_input()
    described: Any = network
    with torch.no_grad():
        alpha = network(image, trimap if described.needs_trimap else None).alpha
    state = network.state_dict()
    return Report(
        header=header,
        tensors=len(state),
        parameters=sum(weight.numel() for weight in network.parameters()),
        departures={
            option.name: getattr(config, option.name)
            for option in options_of(type(config))
            if getattr(config, option.name) != option.default
        },
        golden=None if case is None else parity(case),
        tolerance=0.0 if case is None else case.tolerance,
        finite=all(bool(torch.isfinite(tensor).all()) for tensor in [*state.values(), alpha]),
        alpha=(alpha.min().item(), alpha.mean().item(), alpha.max().item()),
    )

"""A bank of mattes on the device: prepared once, then composed anew in every step.

For fast GPUs that would wait for the loader. The bank holds the first crops of the run as bytes;
a batch pairs their foregrounds with each other's backgrounds and mirrors or turns them. Everything
is drawn from the seed and the number of the batch.
"""

from collections.abc import Iterator
from itertools import count

import numpy as np
import torch
from torch import Tensor

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.core.tensors import Batch
from mattekit.imaging.compose import over

WHITE = 255


@config
class BankConfig:
    """Crops kept on the device and composed there."""

    crops: int = 2048
    """How many are prepared when the run begins; each takes 8 bytes a pixel."""

    def __post_init__(self) -> None:
        if self.crops < 1:
            raise ValueError("crops must be at least 1")


class Bank:
    """Foregrounds with their mattes, and backgrounds, as bytes on a device."""

    def __init__(self, batches: Iterator[Batch], crops: int, device: torch.device) -> None:
        planes: dict[str, list[Tensor]] = {
            "foreground": [],
            "background": [],
            "alpha": [],
            "trimap": [],
        }
        self.names: tuple[str, ...] = ()
        while len(self.names) < crops:
            batch = next(batches)
            if batch.foreground is None or batch.background is None or batch.prior is not None:
                raise BadData(
                    "data.bank composes foregrounds over other backgrounds, which these data do "
                    "not allow (no colours, or estimates made for one picture); set data.bank=null"
                )
            for name, kept in planes.items():
                kept.append((getattr(batch, name) * WHITE).round().to(device, torch.uint8))
            self.names += batch.names
        self.planes = {name: torch.cat(kept)[:crops] for name, kept in planes.items()}
        self.crops = crops

    def batch(self, size: int, rng: np.random.Generator) -> Batch:
        """Random foregrounds over random backgrounds, mirrored and turned."""
        front, behind = rng.integers(self.crops, size=(2, size))
        turns = (int(rng.integers(4)), bool(rng.random() < 0.5))
        foreground, alpha, trimap = (
            turned(self._taken(name, front), *turns) for name in ("foreground", "alpha", "trimap")
        )
        background = self._taken("background", behind)
        return Batch(
            image=over(foreground, alpha, background),
            alpha=alpha,
            trimap=(2 * trimap).round() / 2,
            foreground=foreground,
            background=background,
            names=tuple(self.names[index] for index in front),
        )

    def _taken(self, name: str, indices: np.ndarray) -> Tensor:
        plane = self.planes[name]
        return plane[torch.from_numpy(indices).to(plane.device)].float() / WHITE


def bank_batches(bank: Bank, size: int, *, seed: tuple[int, ...], start: int) -> Iterator[Batch]:
    """Batches without end from batch number `start` on."""
    return (bank.batch(size, np.random.default_rng((*seed, number))) for number in count(start))


def turned(plane: Tensor, quarters: int, mirrored: bool) -> Tensor:
    """The planes of a batch turned by quarters and mirrored."""
    plane = plane.rot90(quarters, (2, 3))
    return plane.flip(3) if mirrored else plane

"""A process of two: holds half of the pixels, and writes down the losses it finds.

Run as `python one_of_two_processes.py RANK FOLDER`; `test_region.py` runs both.
"""

import sys
from pathlib import Path

import torch
from torch import distributed

from mattekit.losses.region import mean, quotient_over_processes, region_mean

TRIMAP = torch.tensor([[0.0, 0.5, 0.5, 1.0]]).view(1, 1, 1, 4)
VALUES = torch.tensor([[1.0, 2.0, 4.0, 8.0]]).view(1, 1, 1, 4)


def main(rank: int, folder: Path) -> None:
    """Losses of errors that are scale^2 * VALUES, and their derivatives at scale 1."""
    distributed.init_process_group("gloo", f"file://{folder}/meet", rank=rank, world_size=2)
    scale = torch.tensor(1.0, requires_grad=True)
    half = slice(2 * rank, 2 * rank + 2)
    errors, trimap = scale**2 * VALUES[..., half], TRIMAP[..., half]
    found = {
        "region": region_mean(errors, trimap, "unknown"),
        "unknown+1": region_mean(errors, trimap, "whole", "unknown+1"),
        "mean": mean(errors),
        "uneven": quotient_over_processes(errors.sum(), torch.tensor(1.0 + 2 * rank)),
    }
    for name, value in found.items():
        (gradient,) = torch.autograd.grad(value, scale, retain_graph=True)
        distributed.all_reduce(gradient)  # as data-parallel training does: the mean of gradients
        found[name] = torch.stack([value.detach(), gradient / 2])
    torch.save(found, folder / f"found{rank}")
    distributed.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))

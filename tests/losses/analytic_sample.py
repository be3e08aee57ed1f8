"""One 64x64 sample written as formulas, on which every published loss has a known value."""

import torch

from mattekit.core.tensors import Batch, Prediction
from mattekit.imaging.compose import over


def analytic_sample(dtype: torch.dtype = torch.float64) -> tuple[Prediction, Batch]:
    """A soft disc as alpha, the same with ripples as prediction, striped colours."""
    i, j = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    i, j = i.double(), j.double()
    alpha = ((24 - torch.hypot(i - 31.5, j - 31.5)) / 12 + 0.5).clamp(0, 1)
    predicted = (alpha + 0.1 * torch.sin(i / 3) * torch.cos(j / 5)).clamp(0, 1)
    trimap = torch.full_like(alpha, 0.5)
    trimap[alpha <= 0], trimap[alpha >= 1] = 0, 1
    foreground = torch.stack([(3 * i + 5 * j + 70 * c) % 256 for c in range(3)]) / 255
    background = torch.stack([(11 * i + 2 * j + 30 * c) % 256 for c in range(3)]) / 255
    batch = Batch(
        image=over(foreground, alpha, background)[None].to(dtype),
        alpha=alpha[None, None].to(dtype),
        trimap=trimap[None, None].to(dtype),
        foreground=foreground[None].to(dtype),
        background=background[None].to(dtype),
    )
    matte = predicted[None, None].to(dtype)
    logits = torch.zeros(1, 3, 64, 64, dtype=dtype)
    return Prediction(alpha=matte, focus=matte, glance_logits=logits), batch

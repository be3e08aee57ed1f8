"""Networks small enough to know the answer."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mattekit.core.tensors import Prediction


class Local(nn.Module):
    """Sees 31 pixels on a grid of 4."""

    stride = 4
    needs_trimap = True
    extra_planes = ()
    strategies = ("whole", "tile", "resize")

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.near = nn.Parameter(torch.randn(1, 4, 7, 7, generator=generator) / 10)
        self.far = nn.Parameter(torch.randn(1, 1, 3, 3, generator=generator) / 5)

    def forward(self, image: Tensor, trimap: Tensor) -> Prediction:
        seen = F.conv2d(torch.cat([image, trimap], dim=1), self.near, padding=3)
        coarse = F.conv2d(F.avg_pool2d(seen, 4), self.far, padding=1)
        detail = F.interpolate(coarse, scale_factor=4.0, mode="nearest")
        return Prediction(alpha=torch.sigmoid(seen + detail), foreground=image.flip(1))


class Seer(nn.Module):
    """Takes no trimap; its glance is the red channel, its focus the green one."""

    stride = 32
    needs_trimap = False
    extra_planes = ()
    strategies = ("hybrid", "whole", "resize")

    def forward(self, image: Tensor, trimap: None) -> Prediction:
        red, focus = image[:, :1], image[:, 1:2]
        logits = torch.cat([0.3 - red, 0.2 - (red - 0.5).abs(), red - 0.7], dim=1)
        glance = logits.argmax(dim=1, keepdim=True) / 2
        return Prediction(alpha=self.fuse(glance, focus), glance_logits=logits, focus=focus)

    def fuse(self, glance: Tensor, focus: Tensor) -> Tensor:
        return torch.where((glance > 0) & (glance < 1), focus, glance)


class Grouped(Local):
    """One group norm over everything that it is shown, so that a part is not as the whole."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(1, 3)

    def forward(self, image: Tensor, trimap: Tensor) -> Prediction:
        return Prediction(alpha=torch.sigmoid(self.norm(image)[:, :1]))

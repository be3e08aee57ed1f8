"""Atrous spatial pyramid pooling: one look at five ranges, joined."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mattekit.networks.parts.norms import Norm

Convolution = Callable[[int, int, int, int], nn.Module]
"""Channels in, channels out, kernel, dilation -> a convolution that keeps the size."""


def plain(channels: int, width: int, kernel: int, dilation: int) -> nn.Module:
    """One convolution without bias."""
    return nn.Conv2d(
        channels, width, kernel, padding=dilation * (kernel // 2), dilation=dilation, bias=False
    )


def separable(channels: int, width: int, kernel: int, dilation: int) -> nn.Module:
    """Every channel by itself, then all together by 1x1; both with bias."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(channels, channels, kernel, padding=padding, dilation=dilation, groups=channels),
        nn.Conv2d(channels, width, 1),
    )


class Aspp(nn.Module):
    """Five branches of 256 channels (1x1, three dilated 3x3, the whole picture's mean), joined."""

    def __init__(
        self,
        channels: int,
        dilations: tuple[int, int, int],
        *,
        norm: Norm,
        pooled_norm: Norm,
        convolution: Convolution = plain,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()

        def branch(channels: int, norm: Norm, kernel: int = 1, dilation: int = 1) -> nn.Sequential:
            return nn.Sequential(
                convolution(channels, 256, kernel, dilation), norm(256), nn.ReLU(inplace=True)
            )

        self.near = branch(channels, norm)
        self.far = nn.ModuleList(branch(channels, norm, 3, dilation) for dilation in dilations)
        self.whole = branch(channels, pooled_norm)
        self.join = branch(5 * 256, norm)
        self.dropout = nn.Dropout(dropout)

    def forward(self, planes: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 256 h w"]:
        """The five views of the same planes, side by side, reduced to 256 channels."""
        near = self.near(planes)
        whole = self.whole(planes.mean(dim=(2, 3), keepdim=True)).expand_as(near)
        views = torch.cat([near, *(branch(planes) for branch in self.far), whole], dim=1)
        return self.dropout(self.join(views))

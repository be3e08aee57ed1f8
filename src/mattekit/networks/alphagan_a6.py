"""AlphaGAN's generator in its 2026 version (A6l9): a wide pyramid, two skips, no unpooling.

The last two doublings of size see no detail of the picture; `alphagan` keeps the paper's decoder.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from mattekit.core.config import config
from mattekit.core.tensors import Prediction
from mattekit.networks.parts.layers import NORMS, NormName, convolve
from mattekit.networks.parts.preprocessing import MattingModule
from mattekit.networks.parts.resnet import Aspp, ResNet50


class AlphaGanA6(MattingModule):
    """Dilated ResNet-50, pyramid, and three convolutions that are each doubled in size."""

    imagenet = "resnet50.tv2_in1k"

    def __init__(self, options: "AlphaGanA6Config") -> None:
        super().__init__()
        norm = NORMS[options.norm]
        self.encoder = ResNet50(4, norm=norm)
        self.aspp = Aspp((12, 24, 36), norm=norm, pooled_norm=NORMS["gn"], dropout=0.5)
        self.to_quarter = convolve(256 + 512, 256, norm=norm)
        self.to_half = convolve(256 + 64, 128, norm=norm)
        self.to_whole = convolve(128, 64, norm=norm)
        self.head = nn.Conv2d(64, 1, 1)

    def forward(
        self, image: Float[Tensor, "b 3 h w"], trimap: Float[Tensor, "b 1 h w"]
    ) -> Prediction:
        planes = [self.preprocess.colours(image), self.preprocess.trimap(trimap)]
        features = self.encoder(torch.cat(planes, dim=1))
        decoded = torch.cat([self.aspp(features.deep), features.eighth], dim=1)
        decoded = _double(self.to_quarter(decoded))
        decoded = _double(self.to_half(torch.cat([decoded, features.pooled], dim=1)))
        decoded = _double(self.to_whole(decoded))
        return Prediction(alpha=torch.sigmoid(self.head(decoded)))


def _double(planes: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h2 w2"]:
    return F.interpolate(planes, scale_factor=2, mode="bilinear", align_corners=True)


@config
class AlphaGanA6Config:
    """AlphaGAN, the version of 2026 (needs a trimap)."""

    name: Literal["alphagan-a6"] = "alphagan-a6"
    norm: NormName = "bn"
    """bn, gn for batches of one, or syncbn over several processes."""

    def build(self) -> AlphaGanA6:
        return AlphaGanA6(self)


PUBLISHED = AlphaGanA6Config()
"""What the public weights were trained with."""

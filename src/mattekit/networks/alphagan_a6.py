"""AlphaGAN's generator in its 2026 version (A6l9): a wide pyramid, two skips, no unpooling.

The last two doublings of size see no detail of the picture; `alphagan` keeps the paper's decoder.
"""

from collections.abc import Mapping
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from mattekit.core.config import config
from mattekit.core.tensors import Prediction
from mattekit.networks.parts.aspp import Aspp
from mattekit.networks.parts.norms import NORMS, NormName
from mattekit.networks.parts.preprocessing import IMAGENET, Preprocess
from mattekit.networks.parts.resnet import ResNet50, adopt_imagenet


class AlphaGanA6(nn.Module):
    """Dilated ResNet-50, pyramid, and three convolutions that are each doubled in size."""

    stride = 8
    needs_trimap = True
    extra_planes: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ("whole", "tile", "resize")
    preprocessing = IMAGENET
    smallest_training_batch = 1
    imagenet = "resnet50.tv2_in1k"
    """Where timm finds the ImageNet weights that `adopt_imagenet` takes."""

    def __init__(self, *, norm: NormName = "bn") -> None:
        super().__init__()
        layer = NORMS[norm]
        self.preprocess = Preprocess(IMAGENET)
        self.encoder = ResNet50(4, norm=layer)
        self.aspp = Aspp(2048, (12, 24, 36), norm=layer, pooled_norm=NORMS["gn"], dropout=0.5)

        def convolve(channels: int, width: int) -> nn.Sequential:
            convolution = nn.Conv2d(channels, width, 3, padding=1, bias=False)
            return nn.Sequential(convolution, layer(width), nn.ReLU(inplace=True))

        self.to_quarter = convolve(256 + 512, 256)
        self.to_half = convolve(256 + 64, 128)
        self.to_whole = convolve(128, 64)
        self.head = nn.Conv2d(64, 1, 1)

    def forward(
        self, image: Float[Tensor, "b 3 h w"], trimap: Float[Tensor, "b 1 h w"]
    ) -> Prediction:
        """Alpha everywhere; known pixels are not set from the trimap."""
        planes = [self.preprocess.colours(image), self.preprocess.trimap(trimap)]
        features = self.encoder(torch.cat(planes, dim=1))
        decoded = torch.cat([self.aspp(features.deep), features.eighth], dim=1)
        decoded = _double(self.to_quarter(decoded))
        decoded = _double(self.to_half(torch.cat([decoded, features.pooled], dim=1)))
        decoded = _double(self.to_whole(decoded))
        return Prediction(alpha=torch.sigmoid(self.head(decoded)))

    def adopt_imagenet(self, state: Mapping[str, Tensor]) -> None:
        """Start the encoder from ImageNet; the trimap has no influence at first."""
        adopt_imagenet(self.encoder, state, new_channels="zeros")


def _double(planes: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h2 w2"]:
    return F.interpolate(planes, scale_factor=2, mode="bilinear", align_corners=True)


@config
class AlphaGanA6Config:
    """AlphaGAN, the version of 2026 (needs a trimap)."""

    name: Literal["alphagan-a6"] = "alphagan-a6"
    norm: NormName = "bn"
    """bn, gn for batches of one, or syncbn over several processes."""

    def build(self) -> AlphaGanA6:
        """The network with random weights."""
        return AlphaGanA6(norm=self.norm)


PUBLISHED = AlphaGanA6Config()
"""What the public weights were trained with."""

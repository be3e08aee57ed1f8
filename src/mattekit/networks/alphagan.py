"""AlphaGAN's generator with the paper's decoder: three skips and one unpooling (Lutz et al. 2018).

Defaults follow the paper where the public implementation (CDOTAD) departs from it: there only the
first block of the last two stages is dilated.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mattekit.core.config import config
from mattekit.core.tensors import Prediction
from mattekit.networks.parts.layers import (
    NORMS,
    Initialisation,
    Norm,
    NormName,
    convolve,
    initialise,
)
from mattekit.networks.parts.preprocessing import MattingModule
from mattekit.networks.parts.resnet import Aspp, Dilation, ResNet50, UnpoolingDecoder
from mattekit.networks.parts.unpool import Window


class AlphaGan(MattingModule):
    """Dilated ResNet-50, pyramid, and the decoder of the paper's table 1."""

    imagenet = "resnet50.tv2_in1k"

    def __init__(self, options: "AlphaGanConfig") -> None:
        super().__init__()
        norm = NORMS[options.norm]
        self.smallest_training_batch = 1 if options.norm == "gn" else 2
        """Batch statistics of a 1x1 map (the pyramid's mean) need two samples in all processes."""
        self.encoder = ResNet50(4, norm=norm, dilation=options.dilation, window=options.pool)
        self.aspp = Aspp((6, 12, 18), norm=norm, pooled_norm=norm)
        self.decoder = Decoder(norm, options.pool)

    def forward(
        self, image: Float[Tensor, "b 3 h w"], trimap: Float[Tensor, "b 1 h w"]
    ) -> Prediction:
        colours = self.preprocess.colours(image)
        features = self.encoder(torch.cat([colours, self.preprocess.trimap(trimap)], dim=1))
        logits = self.decoder(self.aspp(features.deep), features, features.stem, colours)
        return Prediction(alpha=torch.sigmoid(logits))


class Decoder(UnpoolingDecoder):
    """The paper's, with one transposed convolution."""

    def __init__(self, norm: Norm, window: Window) -> None:
        super().__init__(window)

        def layer(channels: int, width: int, kernel: int = 3) -> nn.Sequential:
            return convolve(channels, width, kernel, norm=norm)

        self.quarter_skip = layer(256, 64, kernel=1)
        self.at_quarter = nn.Sequential(layer(256 + 64, 256), layer(256, 128), layer(128, 64))
        self.half_skip = layer(64, 32, kernel=1)
        double = nn.ConvTranspose2d(64, 64, 3, stride=2, padding=1, output_padding=1, bias=False)
        self.at_half = nn.Sequential(
            layer(64 + 32, 64),
            nn.Sequential(double, norm(64), nn.ReLU(inplace=True)),
            layer(64, 32),
        )
        self.whole_skip = nn.Identity()
        self.at_whole = nn.Sequential(layer(32 + 3, 32), layer(32, 32))
        self.head = nn.Conv2d(32, 1, 3, padding=1, bias=False)


@config
class AlphaGanConfig:
    """AlphaGAN with the paper's decoder (needs a trimap)."""

    name: Literal["alphagan"] = "alphagan"
    norm: NormName = "gn"
    """gn for batches of one, bn, or syncbn over several processes."""
    dilation: Dilation = "all"
    """Dilate all blocks of the last two stages, or only the first of each (public weights)."""
    pool: Window = "3x3"
    """Windows of the pooling that is undone; those of 3x3 overlap, so that unpooling loses some."""
    init: Initialisation = "kaiming"
    """Random weights before training."""

    def build(self) -> AlphaGan:
        return initialise(AlphaGan(self), self.init)


PUBLISHED = AlphaGanConfig(dilation="first")
"""What the public weights were trained with."""

"""AlphaGAN's generator with the paper's decoder: three skips and one unpooling (Lutz et al. 2018).

Defaults follow the paper where the public implementation (CDOTAD) departs from it: there only the
first block of the last two stages is dilated.
"""

from collections.abc import Mapping
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mattekit.core.config import config
from mattekit.core.tensors import Prediction
from mattekit.networks.parts.aspp import Aspp
from mattekit.networks.parts.initialise import Initialisation, initialise
from mattekit.networks.parts.norms import NORMS, Norm, NormName
from mattekit.networks.parts.preprocessing import IMAGENET, Preprocess
from mattekit.networks.parts.resnet import Dilation, ResNet50, adopt_imagenet
from mattekit.networks.parts.unpool import UnpoolingDecoder, Window


class AlphaGan(nn.Module):
    """Dilated ResNet-50, pyramid, and the decoder of the paper's table 1."""

    stride = 8
    needs_trimap = True
    extra_planes: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ("whole", "tile", "resize")
    preprocessing = IMAGENET
    imagenet = "resnet50.tv2_in1k"
    """Where timm finds the ImageNet weights that `adopt_imagenet` takes."""

    def __init__(
        self, *, norm: NormName = "gn", dilation: Dilation = "all", window: Window = "3x3"
    ) -> None:
        super().__init__()
        layer = NORMS[norm]
        self.smallest_training_batch = 1 if norm == "gn" else 2
        """Batch statistics of a 1x1 map (the pyramid's mean) need two samples in all processes."""
        self.preprocess = Preprocess(IMAGENET)
        self.encoder = ResNet50(4, norm=layer, dilation=dilation, window=window)
        self.aspp = Aspp(2048, (6, 12, 18), norm=layer, pooled_norm=layer)
        self.decoder = Decoder(layer, window)

    def forward(
        self, image: Float[Tensor, "b 3 h w"], trimap: Float[Tensor, "b 1 h w"]
    ) -> Prediction:
        """Alpha everywhere; known pixels are not set from the trimap."""
        colours = self.preprocess.colours(image)
        features = self.encoder(torch.cat([colours, self.preprocess.trimap(trimap)], dim=1))
        logits = self.decoder(
            self.aspp(features.deep), features.quarter, features.places, features.stem, colours
        )
        return Prediction(alpha=torch.sigmoid(logits))

    def adopt_imagenet(self, state: Mapping[str, Tensor]) -> None:
        """Start the encoder from ImageNet; the trimap has no influence at first."""
        adopt_imagenet(self.encoder, state, new_channels="zeros")


class Decoder(UnpoolingDecoder):
    """The paper's, with one transposed convolution."""

    def __init__(self, norm: Norm, window: Window) -> None:
        super().__init__()
        self.window: Window = window
        self.quarter_skip = _convolve(norm, 256, 64, kernel=1)
        self.at_quarter = nn.Sequential(
            _convolve(norm, 256 + 64, 256), _convolve(norm, 256, 128), _convolve(norm, 128, 64)
        )
        self.half_skip = _convolve(norm, 64, 32, kernel=1)
        double = nn.ConvTranspose2d(64, 64, 3, stride=2, padding=1, output_padding=1, bias=False)
        self.at_half = nn.Sequential(
            _convolve(norm, 64 + 32, 64),
            nn.Sequential(double, norm(64), nn.ReLU(inplace=True)),
            _convolve(norm, 64, 32),
        )
        self.whole_skip = nn.Identity()
        self.at_whole = nn.Sequential(_convolve(norm, 32 + 3, 32), _convolve(norm, 32, 32))
        self.head = nn.Conv2d(32, 1, 3, padding=1, bias=False)


def _convolve(norm: Norm, channels: int, width: int, kernel: int = 3) -> nn.Sequential:
    convolution = nn.Conv2d(channels, width, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, norm(width), nn.ReLU(inplace=True))


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
        """The network with random weights."""
        network = AlphaGan(norm=self.norm, dilation=self.dilation, window=self.pool)
        initialise(network, self.init)
        return network


PUBLISHED = AlphaGanConfig(dilation="first")
"""What the public weights were trained with."""

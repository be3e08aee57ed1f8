"""AlphaGAN's generator with the paper's decoder: three skips and one unpooling (Lutz et al. 2018).

Defaults follow the paper where the public implementation (CDOTAD) departs from it: there only the
first block of the last two stages is dilated.
"""

from collections.abc import Mapping
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from mattekit.core.config import config
from mattekit.core.tensors import Prediction
from mattekit.networks.parts import published
from mattekit.networks.parts.aspp import Aspp
from mattekit.networks.parts.initialise import Initialisation, initialise
from mattekit.networks.parts.norms import NORMS, Norm, NormName
from mattekit.networks.parts.preprocessing import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Preprocess,
    Preprocessing,
)
from mattekit.networks.parts.resnet import Dilation, Features, ResNet50, adopt_imagenet
from mattekit.networks.parts.unpool import Window, unpool

PREPROCESSING = Preprocessing(
    mean=IMAGENET_MEAN, std=IMAGENET_STD, trimap_code=(0.0, 128 / 255, 1.0), multiple_of=8
)


class AlphaGan(nn.Module):
    """Dilated ResNet-50, pyramid, and the decoder of the paper's table 1."""

    stride = 8
    needs_trimap = True
    extra_planes: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ("whole", "tile", "resize")
    preprocessing = PREPROCESSING
    imagenet = "resnet50.tv2_in1k"
    """Where timm finds the ImageNet weights that `adopt_imagenet` takes."""

    def __init__(
        self, *, norm: NormName = "gn", dilation: Dilation = "all", window: Window = "3x3"
    ) -> None:
        super().__init__()
        layer = NORMS[norm]
        self.smallest_training_batch = 1 if norm == "gn" else 2
        """Batch statistics of a 1x1 map (the pyramid's mean) need two samples in all processes."""
        self.preprocess = Preprocess(PREPROCESSING)
        self.encoder = ResNet50(4, norm=layer, dilation=dilation, window=window)
        self.aspp = Aspp(2048, (6, 12, 18), norm=layer, pooled_norm=layer)
        self.decoder = Decoder(layer, window)

    def forward(
        self, image: Float[Tensor, "b 3 h w"], trimap: Float[Tensor, "b 1 h w"]
    ) -> Prediction:
        """Alpha everywhere; known pixels are not set from the trimap."""
        colours = self.preprocess.colours(image)
        features = self.encoder(torch.cat([colours, self.preprocess.trimap(trimap)], dim=1))
        logits = self.decoder(self.aspp(features.deep), features, colours)
        return Prediction(alpha=torch.sigmoid(logits))

    def adopt_imagenet(self, state: Mapping[str, Tensor]) -> None:
        """Start the encoder from ImageNet; the trimap has no influence at first."""
        adopt_imagenet(self.encoder, state, new_channels="zeros")


class Decoder(nn.Module):
    """Back to full size by bilinear doubling, unpooling and a transposed convolution."""

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
        self.at_whole = nn.Sequential(_convolve(norm, 32 + 3, 32), _convolve(norm, 32, 32))
        self.head = nn.Conv2d(32, 1, 3, padding=1, bias=False)

    def forward(
        self,
        pyramid: Float[Tensor, "b 256 h8 w8"],
        features: Features,
        colours: Float[Tensor, "b 3 h w"],
    ) -> Float[Tensor, "b 1 h w"]:
        """Logits of alpha."""
        decoded = F.interpolate(pyramid, scale_factor=2, mode="bilinear", align_corners=True)
        decoded = self.at_quarter(torch.cat([decoded, self.quarter_skip(features.quarter)], dim=1))
        decoded = unpool(decoded, features.places, self.window)
        decoded = self.at_half(torch.cat([decoded, self.half_skip(features.stem)], dim=1))
        return self.head(self.at_whole(torch.cat([decoded, colours], dim=1)))


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

_PYRAMID = {"near": "aspp_1", "far.0": "aspp_6", "far.1": "aspp_12", "far.2": "aspp_18"}
_DECODER = {"at_quarter": "deconv1_x", "at_half": "deconv2_x", "at_whole": "deconv3_x"}

PUBLISHED_PREFIXES = {
    "encoder.resnet50.conv_1": "encoder.convolution",
    "encoder.resnet50.bn1": "encoder.norm",
    **{f"encoder.resnet50.layer{number}": f"encoder.stage{number}" for number in (1, 2, 3, 4)},
    **{f"encoder.aspp.{name}.atrous_conv": f"aspp.{ours}.0" for ours, name in _PYRAMID.items()},
    **{f"encoder.aspp.{name}.bn": f"aspp.{ours}.1" for ours, name in _PYRAMID.items()},
    "encoder.aspp.image_pooling.1": "aspp.whole.0",
    "encoder.aspp.image_pooling.2": "aspp.whole.1",
    "encoder.aspp.conv1": "aspp.join",
    "decoder.skip_3": "decoder.quarter_skip",
    "decoder.skip_2": "decoder.half_skip",
    **{
        f"decoder.{name}.{3 * step + layer}": f"decoder.{ours}.{step}.{layer}"
        for ours, name in _DECODER.items()
        for step in (0, 1, 2)
        for layer in (0, 1)
    },
    "decoder.deconv4_x.0": "decoder.head",
}


def published_keys(network: AlphaGan) -> dict[str, str]:
    """Key in a public checkpoint -> ours."""
    return published.published_keys(network, PUBLISHED_PREFIXES)

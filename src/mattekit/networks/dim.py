"""Deep Image Matting (Xu et al. 2017): VGG-16 encoder, unpooling decoder, optional refinement.

No layer has a norm. Against the paper: additive skips (on by default; the published code gained
1.4 SAD by them), and the refinement is added to alpha's logit, not to alpha.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from mattekit.core.config import config
from mattekit.core.tensors import Prediction
from mattekit.networks.parts.layers import Initialisation, initialise, widen
from mattekit.networks.parts.preprocessing import IMAGENET, MattingModule, Preprocessing
from mattekit.networks.parts.unpool import pool, unpool

Inputs = Literal["imagenet", "early"]
PREPROCESSING: dict[Inputs, Preprocessing] = {
    "imagenet": replace(IMAGENET, multiple_of=32),
    "early": Preprocessing(
        order="bgr", scale=255.0, trimap_code=(0.0, 128.0, 255.0), multiple_of=32
    ),
}

LEVELS = (
    (64, {0: "conv1_1", 2: "conv1_2"}),
    (128, {5: "conv2_1", 7: "conv2_2"}),
    (256, {10: "conv3_1", 12: "conv3_2", 14: "conv3_3"}),
    (512, {17: "conv4_1", 19: "conv4_2", 21: "conv4_3"}),
    (512, {24: "conv5_1", 26: "conv5_2", 28: "conv5_3"}),
)
"""VGG-16: channels of each level, and layers by their numbers among torchvision's `features`."""
VGG16 = {number: name for _, layers in LEVELS for number, name in layers.items()}


class DeepImageMatting(MattingModule):
    """Encoder-decoder with unpooling, then a small refiner.  Xu et al. 2017, sections 4.1, 4.2."""

    imagenet = "vgg16.tv_in1k"

    def __init__(self, options: "DimConfig") -> None:
        super().__init__(PREPROCESSING[options.inputs])
        self.skip = options.skip
        self.refine = options.refine
        self.alpha_scale = 256.0 if options.inputs == "early" else 1.0
        channels = 4
        for width, layers in LEVELS:
            for name in layers.values():
                self.add_module(name, convolution(channels, width, 3))
                channels = width
        self.conv6_1 = convolution(512, 512, options.conv6_kernel)

        self.deconv6_1 = convolution(512, 512, 1)
        self.deconv5_1 = convolution(512, 512, 5)
        self.deconv4_1 = convolution(512, 256, 5)
        self.deconv3_1 = convolution(256, 128, 5)
        self.deconv2_1 = convolution(128, 64, 5)
        self.deconv1_1 = convolution(64, 64, 5)
        self.deconv1 = convolution(64, 1, 5)

        if options.refine:
            self.refine_conv1 = convolution(4, 64, 3)
            self.refine_conv2 = convolution(64, 64, 3)
            self.refine_conv3 = convolution(64, 64, 3)
            self.refine_pred = convolution(64, 1, 3)

    def forward(
        self, image: Float[Tensor, "b 3 h w"], trimap: Float[Tensor, "b 1 h w"]
    ) -> Prediction:
        colours = self.preprocess.colours(image)
        logit = self.alpha_logit(torch.cat([colours, self.preprocess.trimap(trimap)], dim=1))
        alpha = torch.sigmoid(logit)
        if not self.refine:
            return Prediction(alpha=alpha)
        residual = self.residual(torch.cat([colours, alpha * self.alpha_scale], dim=1))
        return Prediction(alpha=torch.sigmoid(logit + residual), refined_from=alpha)

    def alpha_logit(self, x: Float[Tensor, "b 4 h w"]) -> Float[Tensor, "b 1 h w"]:
        """Encoder and decoder: what sigmoid turns into the alpha of stage 1."""
        encoded = []
        for _, layers in LEVELS:
            for name in layers.values():
                x = F.relu(self.get_submodule(name)(x))
            pooled, places = pool(x, "2x2")
            encoded.append((x, places))
            x = pooled

        x = F.relu(self.deconv6_1(F.relu(self.conv6_1(x))))
        steps = (self.deconv5_1, self.deconv4_1, self.deconv3_1, self.deconv2_1, self.deconv1_1)
        for step, (level_map, places) in zip(steps, reversed(encoded), strict=True):
            x = unpool(x, places, "2x2")  # each value to where the encoder took its maximum
            x = F.relu(step(x + level_map if self.skip == "add" else x))
        return self.deconv1(x)

    def residual(self, x: Float[Tensor, "b 4 h w"]) -> Float[Tensor, "b 1 h w"]:
        """Refinement: what is added to the logit of stage 1."""
        for layer in (self.refine_conv1, self.refine_conv2, self.refine_conv3):
            x = F.relu(layer(x))
        return self.refine_pred(x)

    def adopt_imagenet(self, state: Mapping[str, Tensor]) -> None:
        """Start the encoder from VGG-16; the trimap has no influence at first."""
        for number, layer in VGG16.items():
            for kind in ("weight", "bias"):
                tensor = state[f"features.{number}.{kind}"]
                if layer == "conv1_1" and kind == "weight":
                    tensor = widen(tensor, 4, "zeros")
                self.get_parameter(f"{layer}.{kind}").data.copy_(tensor)


def convolution(inputs: int, outputs: int, kernel: int) -> nn.Conv2d:
    """A convolution that keeps the size."""
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)


@config
class DimConfig:
    """Deep Image Matting (needs a trimap)."""

    name: Literal["dim"] = "dim"
    skip: Literal["none", "add"] = "add"
    """Add the encoder's maps after each unpooling; the paper and old checkpoints do not."""
    conv6_kernel: Literal[1, 3] = 3
    """Kernel of conv6_1; 1 in checkpoints of before 2020."""
    refine: bool = False
    """Add the refinement network (stages 2 and 3 of the paper)."""
    inputs: Inputs = "imagenet"
    """What the weights expect; `early` is BGR from 0 to 255, as in the published code of 2019."""
    init: Initialisation = "xavier"
    """Random weights before training."""

    def build(self) -> DeepImageMatting:
        return initialise(DeepImageMatting(self), self.init)


PUBLISHED = DimConfig()
"""What the public weights of 2020 were trained with; older ones: skip=none, conv6_kernel=1."""

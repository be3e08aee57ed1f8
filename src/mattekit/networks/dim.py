"""Deep Image Matting (Xu et al. 2017): VGG-16 encoder, unpooling decoder, optional refinement.

The thirteen convolutions of VGG-16 are written out, because each pooling must hand its indices to
the decoder. No layer has a norm. Against the paper: additive skips (on by default; the published
code gained 1.4 SAD by them), and the refinement is added to alpha's logit, not to alpha.
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
from mattekit.networks.parts.initialise import Initialisation, initialise, widen
from mattekit.networks.parts.preprocessing import IMAGENET, Preprocess, Preprocessing
from mattekit.networks.parts.unpool import pool, unpool

Inputs = Literal["imagenet", "early"]
PREPROCESSING: dict[Inputs, Preprocessing] = {
    "imagenet": replace(IMAGENET, multiple_of=32),
    "early": Preprocessing(
        order="bgr", scale=255.0, trimap_code=(0.0, 128.0, 255.0), multiple_of=32
    ),
}


class DeepImageMatting(nn.Module):
    """Encoder-decoder with unpooling, then a small refiner.  Xu et al. 2017, sections 4.1, 4.2."""

    stride = 32
    needs_trimap = True
    extra_planes: tuple[str, ...] = ()
    strategies = ("whole", "tile", "resize")
    smallest_training_batch = 1
    imagenet = "vgg16.tv_in1k"
    """Where timm finds the ImageNet weights that `adopt_imagenet` takes."""

    def __init__(
        self,
        *,
        skip: Literal["none", "add"] = "add",
        conv6_kernel: Literal[1, 3] = 3,
        refine: bool = False,
        inputs: Inputs = "imagenet",
    ) -> None:
        super().__init__()
        self.skip = skip
        self.refine = refine
        self.preprocessing = PREPROCESSING[inputs]
        self.preprocess = Preprocess(self.preprocessing)
        self.alpha_scale = 256.0 if inputs == "early" else 1.0

        self.conv1_1 = convolution(4, 64, 3)
        self.conv1_2 = convolution(64, 64, 3)
        self.conv2_1 = convolution(64, 128, 3)
        self.conv2_2 = convolution(128, 128, 3)
        self.conv3_1 = convolution(128, 256, 3)
        self.conv3_2 = convolution(256, 256, 3)
        self.conv3_3 = convolution(256, 256, 3)
        self.conv4_1 = convolution(256, 512, 3)
        self.conv4_2 = convolution(512, 512, 3)
        self.conv4_3 = convolution(512, 512, 3)
        self.conv5_1 = convolution(512, 512, 3)
        self.conv5_2 = convolution(512, 512, 3)
        self.conv5_3 = convolution(512, 512, 3)
        self.conv6_1 = convolution(512, 512, conv6_kernel)

        self.deconv6_1 = convolution(512, 512, 1)
        self.deconv5_1 = convolution(512, 512, 5)
        self.deconv4_1 = convolution(512, 256, 5)
        self.deconv3_1 = convolution(256, 128, 5)
        self.deconv2_1 = convolution(128, 64, 5)
        self.deconv1_1 = convolution(64, 64, 5)
        self.deconv1 = convolution(64, 1, 5)

        if refine:
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

    def adopt_imagenet(self, state: Mapping[str, Tensor]) -> None:
        """Start the encoder from VGG-16; the trimap has no influence at first."""
        for key, tensor in vgg16_encoder(state).items():
            self.get_parameter(key).data.copy_(tensor)

    def alpha_logit(self, x: Float[Tensor, "b 4 h w"]) -> Float[Tensor, "b 1 h w"]:
        """Encoder and decoder: what sigmoid turns into the alpha of stage 1."""
        level1 = F.relu(self.conv1_2(F.relu(self.conv1_1(x))))
        x, from1 = pool(level1, "2x2")  # b 64 h/2 w/2
        level2 = F.relu(self.conv2_2(F.relu(self.conv2_1(x))))
        x, from2 = pool(level2, "2x2")  # b 128 h/4 w/4
        x = F.relu(self.conv3_2(F.relu(self.conv3_1(x))))
        level3 = F.relu(self.conv3_3(x))
        x, from3 = pool(level3, "2x2")  # b 256 h/8 w/8
        x = F.relu(self.conv4_2(F.relu(self.conv4_1(x))))
        level4 = F.relu(self.conv4_3(x))
        x, from4 = pool(level4, "2x2")  # b 512 h/16 w/16
        x = F.relu(self.conv5_2(F.relu(self.conv5_1(x))))
        level5 = F.relu(self.conv5_3(x))
        x, from5 = pool(level5, "2x2")  # b 512 h/32 w/32

        x = F.relu(self.deconv6_1(F.relu(self.conv6_1(x))))
        x = F.relu(self.deconv5_1(self.enlarge(x, from5, level5)))
        x = F.relu(self.deconv4_1(self.enlarge(x, from4, level4)))
        x = F.relu(self.deconv3_1(self.enlarge(x, from3, level3)))
        x = F.relu(self.deconv2_1(self.enlarge(x, from2, level2)))
        x = F.relu(self.deconv1_1(self.enlarge(x, from1, level1)))
        return self.deconv1(x)

    def residual(self, x: Float[Tensor, "b 4 h w"]) -> Float[Tensor, "b 1 h w"]:
        """Refinement: what is added to the logit of stage 1."""
        x = F.relu(self.refine_conv1(x))
        x = F.relu(self.refine_conv2(x))
        x = F.relu(self.refine_conv3(x))
        return self.refine_pred(x)

    def enlarge(self, x: Tensor, places: Tensor, encoded: Tensor) -> Tensor:
        """Put each value back where the encoder took its maximum, and add the encoder's map."""
        x = unpool(x, places, "2x2")
        return x + encoded if self.skip == "add" else x


VGG16 = {
    0: "conv1_1", 2: "conv1_2",
    5: "conv2_1", 7: "conv2_2",
    10: "conv3_1", 12: "conv3_2", 14: "conv3_3",
    17: "conv4_1", 19: "conv4_2", 21: "conv4_3",
    24: "conv5_1", 26: "conv5_2", 28: "conv5_3",
}  # fmt: skip
"""Number among torchvision's `features` -> our layer."""


def vgg16_encoder(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """VGG-16 under torchvision's names as our convolutions; the trimap's filters are zero."""
    ours = {
        f"{layer}.{kind}": state[f"features.{number}.{kind}"]
        for number, layer in VGG16.items()
        for kind in ("weight", "bias")
    }
    return ours | {"conv1_1.weight": widen(ours["conv1_1.weight"], 4, "zeros")}


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
        """The network with random weights."""
        network = DeepImageMatting(
            skip=self.skip,
            conv6_kernel=self.conv6_kernel,
            refine=self.refine,
            inputs=self.inputs,
        )
        initialise(network, self.init)
        return network


PUBLISHED = DimConfig()
"""What the public weights of 2020 were trained with; older ones: skip=none, conv6_kernel=1."""

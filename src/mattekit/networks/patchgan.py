"""The critic of adversarial training: for every patch of a composite, whether it looks real."""

from dataclasses import replace
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mattekit.core.config import config
from mattekit.core.errors import BadArgument
from mattekit.core.tensors import IMAGENET_MEAN, IMAGENET_STD
from mattekit.networks.parts.layers import NORMS, Initialisation, NormName, initialise
from mattekit.networks.parts.preprocessing import Preprocess, Preprocessing

PREPROCESSING = {
    "unit": Preprocessing(),
    "imagenet": Preprocessing(mean=IMAGENET_MEAN, std=IMAGENET_STD),
}
CODES = {"half": (0.0, 0.5, 1.0), "published": (0.0, 128 / 255, 1.0)}


class PatchGan(nn.Module):
    """4x4 convolutions over composite and trimap; three that halve the size judge 70x70 patches."""

    def __init__(self, options: "PatchGanConfig") -> None:
        super().__init__()
        colours, code = PREPROCESSING[options.colours], CODES[options.trimap]
        self.preprocessing = replace(colours, trimap_code=code)
        self.preprocess = Preprocess(self.preprocessing)
        steps: list[nn.Module] = []
        channels = 4
        for number in range(options.layers + 1):
            width = options.width * min(2**number, 8)
            stride = 2 if number < options.layers else 1
            normed = number > 0 and options.norm != "none"
            steps.append(nn.Conv2d(channels, width, 4, stride, padding=1, bias=not normed))
            if normed:
                steps.append(NORMS[options.norm](width))
            steps.append(nn.LeakyReLU(0.2, inplace=True))
            channels = width
        steps.append(nn.Conv2d(channels, 1, 4, padding=1))
        self.steps = nn.Sequential(*steps)

    def forward(
        self, composite: Float[Tensor, "b 3 h w"], trimap: Float[Tensor, "b 1 h w"]
    ) -> Float[Tensor, "b 1 h2 w2"]:
        """One logit a patch, positive where it looks real."""
        planes = [self.preprocess.colours(composite), self.preprocess.trimap(trimap)]
        return self.steps(torch.cat(planes, dim=1))


@config
class PatchGanConfig:
    """PatchGAN, the critic of adversarial training."""

    name: Literal["patchgan"] = "patchgan"
    width: int = 64
    """Channels of the first convolution."""
    layers: int = 3
    """Convolutions that halve the size: 2 judge patches of 34x34, 3 of 70x70."""
    norm: NormName | Literal["none"] = "bn"
    """With bn, statistics alone may tell real batches from composed ones; gn and none do not."""
    colours: Literal["unit", "imagenet"] = "unit"
    """Colours in [0, 1], or normalised as for ImageNet."""
    trimap: Literal["half", "published"] = "half"
    """What the unknown region is to it: 0.5, or 128/255 as the published critics saw it."""
    init: Initialisation = "pytorch"
    """Random weights before training."""

    def __post_init__(self) -> None:
        if self.width < 1 or self.layers < 1:
            raise BadArgument(
                f"width is {self.width} and layers {self.layers}; both must be at least 1"
            )
        if self.norm == "gn" and self.width % 16:
            raise BadArgument(
                f"norm=gn makes groups of 32 channels, which width {self.width} does not give; "
                "take a multiple of 16"
            )

    def build(self) -> PatchGan:
        return initialise(PatchGan(self), self.init)


PUBLISHED_A6 = PatchGanConfig(width=12, trimap="published")
PUBLISHED = PatchGanConfig(
    layers=2, norm="syncbn", colours="imagenet", trimap="published", init="kaiming"
)
"""The critics of the two public AlphaGANs."""

"""SampleNet (Tang et al. 2019): guess background, then foreground, then alpha from all three.

Four networks: each of the three by itself, to be trained and imported one after another, and the
chain of them. The two that guess colours are DeepFill generators (`parts.deepfill`).
"""

from collections.abc import Mapping
from typing import Any, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from mattekit.core.config import config
from mattekit.core.errors import BadArgument
from mattekit.core.tensors import Prediction
from mattekit.networks.parts.deepfill import DeepFill
from mattekit.networks.parts.layers import Initialisation, convolve, initialise
from mattekit.networks.parts.preprocessing import MattingModule, Preprocessing
from mattekit.networks.parts.resnet import Aspp, ResNet50, UnpoolingDecoder, separable
from mattekit.networks.parts.unpool import Window

HALVES = (0.5, 0.5, 0.5)
PREPROCESSING = Preprocessing(
    order="bgr", mean=HALVES, std=HALVES, trimap_code=(-1.0, 0.0, 1.0), multiple_of=8
)
Layer = Literal["background", "foreground"]
StemSkip = Literal["raw", "activated"]


class ColourNetwork(MattingModule):
    """The colours behind the subject, or its own; alpha is passed through from the trimap.

    The one for the foreground is shown the background as well.
    """

    strategies = ("resize", "whole")

    def __init__(self, layer: Layer) -> None:
        super().__init__(PREPROCESSING)
        self.layer = layer
        self.extra_planes = () if layer == "background" else ("background",)
        self.generator = DeepFill(extra_channels=3 * len(self.extra_planes))

    def forward(
        self,
        image: Float[Tensor, "b 3 h w"],
        trimap: Float[Tensor, "b 1 h w"],
        background: Float[Tensor, "b 3 h w"] | None = None,
    ) -> Prediction:
        """Colours everywhere, also where the trimap knows them; the photo stands in for a
        background that is not given."""
        colours = self.preprocess.colours(image)
        if self.layer == "background":
            filled = self.generator(colours, (trimap > 0.25).to(image.dtype))
        else:
            behind = image
            if background is not None:
                behind = torch.where(_unknown(trimap), background, image)
            hole = (trimap < 0.75).to(image.dtype)
            filled = self.generator(colours, hole, self.preprocess.colours(behind))
        found: dict[str, Any] = {
            self.layer: self.preprocess.restore(filled.refined),
            f"coarse_{self.layer}": self.preprocess.restore(filled.coarse),
        }
        return Prediction(alpha=trimap, **found)


class MattingNetwork(MattingModule):
    """AlphaGAN's generator with separable pyramid, fed with the guessed colours as well."""

    extra_planes = ("foreground", "background")
    smallest_training_batch = 2
    """Batch statistics of a 1x1 map (the pyramid's mean) need two samples."""
    imagenet = "resnet50.tv_in1k"

    def __init__(self, window: Window, stem_skip: StemSkip) -> None:
        super().__init__(PREPROCESSING)
        norm = nn.BatchNorm2d
        self.encoder = ResNet50(10, norm=norm, window=window, stride_in="1x1")
        self.aspp = Aspp(
            (6, 12, 18), norm=norm, pooled_norm=norm, convolution=separable, dropout=0.1
        )
        self.stem_skip: StemSkip = stem_skip
        self.decoder = Decoder(window)

    def forward(
        self,
        image: Float[Tensor, "b 3 h w"],
        trimap: Float[Tensor, "b 1 h w"],
        foreground: Float[Tensor, "b 3 h w"] | None = None,
        background: Float[Tensor, "b 3 h w"] | None = None,
    ) -> Prediction:
        """Alpha everywhere; the photo stands in for a colour plane that is not given."""
        colours = [image if plane is None else plane for plane in (image, foreground, background)]
        planes = [self.preprocess.colours(plane) for plane in colours]
        planes.append(self.preprocess.trimap(trimap))
        everything = torch.cat(planes, dim=1)  # b 10 h w
        features = self.encoder(everything)
        stem = features.convolved if self.stem_skip == "raw" else features.stem
        logits = self.decoder(self.aspp(features.deep), features, stem, everything)
        return Prediction(alpha=torch.sigmoid(logits))

    def adopt_imagenet(self, state: Mapping[str, Tensor]) -> None:
        """Start the encoder from ImageNet, the ten channels alike."""
        self.encoder.adopt_imagenet(state, new_channels="mean")


class Decoder(UnpoolingDecoder):
    """AlphaGAN's, of transposed convolutions alone."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.quarter_skip = convolve(256, 48, kernel=1, bias=True)
        self.at_quarter = nn.Sequential(
            _transpose(256 + 48, 256), _transpose(256, 128), _transpose(128, 64)
        )
        self.half_skip = convolve(64, 32, kernel=1, bias=True)
        self.at_half = nn.Sequential(
            _transpose(64 + 32, 64), _transpose(64, 64), _transpose(64, 32, double=True)
        )
        self.whole_skip = convolve(10, 3, bias=True)
        self.at_whole = nn.Sequential(_transpose(32 + 3, 32), _transpose(32, 32))
        self.head = nn.ConvTranspose2d(32, 1, 3, padding=1)


def _transpose(channels: int, width: int, *, double: bool = False) -> nn.Sequential:
    convolution = nn.ConvTranspose2d(
        channels, width, 3, stride=2 if double else 1, padding=1, output_padding=int(double)
    )
    return nn.Sequential(convolution, nn.BatchNorm2d(width), nn.ReLU(inplace=True))


class SampleNet(MattingModule):
    """The chain: background, foreground conditioned on it, alpha from both; known alpha is kept."""

    strategies = ("whole", "resize")
    smallest_training_batch = 2

    def __init__(
        self,
        background: ColourNetwork,
        foreground: ColourNetwork,
        matting: MattingNetwork,
        *,
        paste_known: bool = True,
        sampling_size: int = 800,
    ) -> None:
        super().__init__(PREPROCESSING)
        self.paste_known = paste_known
        self.sampling_size = sampling_size
        self.background = background
        self.foreground = foreground
        self.matting = matting

    def forward(
        self, image: Float[Tensor, "b 3 h w"], trimap: Float[Tensor, "b 1 h w"]
    ) -> Prediction:
        """Alpha and both colours, those of known pixels from trimap and photo."""
        size = _bounded(image.shape[-2:], self.sampling_size)
        small_image = _resize(image, size)
        small_trimap = F.interpolate(trimap, size=size, mode="nearest")
        behind = self.background(small_image, small_trimap)
        front = self.foreground(small_image, small_trimap, behind.background)

        whole = image.shape[-2:]
        foreground = _resize(front.foreground, whole)
        background = _resize(behind.background, whole)
        if self.paste_known:
            foreground = torch.where(trimap > 0.75, image, foreground)
            background = torch.where(trimap < 0.25, image, background)
        alpha = self.matting(image, trimap, foreground, background).alpha
        return Prediction(
            alpha=torch.where(_unknown(trimap), alpha, trimap),
            foreground=foreground,
            background=background,
            coarse_foreground=_resize(front.coarse_foreground, whole),
            coarse_background=_resize(behind.coarse_background, whole),
        )


def _unknown(trimap: Tensor) -> Tensor:
    return (trimap > 0.25) & (trimap < 0.75)


def _bounded(size: torch.Size, longest: int) -> tuple[int, int]:
    """The size, or if it is too long a smaller one of about its shape in multiples of 8."""
    scale = longest / max(size)
    height, width = (side if scale >= 1 else max(8, 8 * int(side * scale / 8)) for side in size)
    return height, width


def _resize(colours: Tensor, size: tuple[int, int] | torch.Size) -> Tensor:
    if tuple(colours.shape[-2:]) == tuple(size):
        return colours
    return F.interpolate(colours, size=tuple(size), mode="bilinear", antialias=True)


@config
class SampleNetConfig:
    """SampleNet, one of its three parts or the chain of them (needs a trimap)."""

    name: Literal["samplenet"] = "samplenet"
    part: Literal["background", "foreground", "matting", "chain"] = "chain"
    """Which network; the chain runs the three in this order."""
    paste_known: bool = True
    """Chain: known colours replace guessed ones before alpha; the public weights never saw that."""
    sampling_size: int = 800
    """Chain: colours are guessed with at most this many pixels along the longer side."""
    pool: Window = "3x3"
    """Matting: windows of the pooling that is undone; those of 3x3 overlap, so it loses some."""
    stem_skip: StemSkip = "activated"
    """Matting: hand the first convolution to the decoder after its norm and ReLU, or raw."""
    init: Literal["published", "pytorch"] = "published"
    """Random weights: Kaiming's for colours and deviation 0.01 for alpha, or PyTorch's."""

    def __post_init__(self) -> None:
        if self.sampling_size < 8:
            raise BadArgument(f"sampling_size is {self.sampling_size}; it must be at least 8")

    def build(self) -> ColourNetwork | MattingNetwork | SampleNet:
        if self.part in ("background", "foreground"):
            return self._colours(self.part)
        matting = MattingNetwork(self.pool, self.stem_skip)
        initialise(matting, "normal" if self.init == "published" else "pytorch")
        if self.part == "matting":
            return matting
        return SampleNet(
            self._colours("background"),
            self._colours("foreground"),
            matting,
            paste_known=self.paste_known,
            sampling_size=self.sampling_size,
        )

    def _colours(self, layer: Layer) -> ColourNetwork:
        how: Initialisation = "kaiming" if self.init == "published" else "pytorch"
        return initialise(ColourNetwork(layer), how)


PUBLISHED = {
    "background": SampleNetConfig(part="background"),
    "foreground": SampleNetConfig(part="foreground"),
    "matting": SampleNetConfig(part="matting", stem_skip="raw"),
    "chain": SampleNetConfig(part="chain", paste_known=False, stem_skip="raw"),
}
"""What the public weights of each part were trained with."""

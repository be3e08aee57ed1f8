"""What a network's weights were trained to see, as a record, and the conversion to it.

Outside every network colours are RGB in [0, 1] and a trimap is {0, 0.5, 1}. The record goes into
the header of a weights file: a checkpoint trained on BGR in 0..255 serves the same pipeline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mattekit.core.errors import BadImage
from mattekit.core.tensors import IMAGENET_MEAN, IMAGENET_STD


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """A network's input value is (scale * colour - mean) / std, channels in the given order."""

    order: Literal["rgb", "bgr"] = "rgb"
    scale: float = 1.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    trimap_code: tuple[float, float, float] | None = (0.0, 0.5, 1.0)
    """What background, unknown and foreground are to the network; None where it takes no trimap."""
    multiple_of: int = 1
    """Height and width must be multiples of this."""


IMAGENET = Preprocessing(
    mean=IMAGENET_MEAN, std=IMAGENET_STD, trimap_code=(0.0, 128 / 255, 1.0), multiple_of=8
)
"""What networks that start from ImageNet were published with."""


class Preprocess(nn.Module):
    """Colours and trimaps as a record asks for them."""

    mean: Tensor
    std: Tensor

    def __init__(self, record: Preprocessing) -> None:
        super().__init__()
        self.record = record
        self.register_buffer("mean", _per_channel(record.mean), persistent=False)
        self.register_buffer("std", _per_channel(record.std), persistent=False)

    def colours(self, colours: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        """RGB in [0, 1] as the network's own colours; refuses a size that does not fit."""
        height, width = colours.shape[-2:]
        multiple = self.record.multiple_of
        if height % multiple or width % multiple:
            raise BadImage(
                f"the network takes heights and widths that are multiples of {multiple}, "
                f"but got {height} x {width}; pad the picture first"
            )
        if self.record.order == "bgr":
            colours = colours.flip(1)
        return (colours * self.record.scale - self.mean) / self.std

    def restore(self, colours: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        """The network's own colours back as RGB in [0, 1]: the inverse of `colours`."""
        colours = (colours * self.std + self.mean) / self.record.scale
        return colours.flip(1) if self.record.order == "bgr" else colours

    def trimap(self, trimap: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
        """{0, 0.5, 1} as the network's own code."""
        if self.record.trimap_code is None:
            raise BadImage("the network takes no trimap, but got one; pass None")
        background, unknown, foreground = self.record.trimap_code
        coded = torch.where(trimap < 0.25, background, unknown)
        return torch.where(trimap > 0.75, foreground, coded).to(trimap.dtype)


class MattingModule(nn.Module):
    """What `networks` asks of a network, with the usual answers.

    Alpha is predicted everywhere; known pixels are not set from the trimap.
    """

    extra_planes: tuple[str, ...] = ()
    strategies: tuple[str, ...] = ("whole", "tile", "resize")
    smallest_training_batch = 1
    imagenet: str | None = None
    """Where timm finds the ImageNet weights that `adopt_imagenet` takes, if the network has it."""

    def __init__(self, preprocessing: Preprocessing = IMAGENET) -> None:
        super().__init__()
        self.preprocessing = preprocessing
        self.preprocess = Preprocess(preprocessing)

    def adopt_imagenet(self, state: Mapping[str, Tensor]) -> None:
        """Start the encoder from ImageNet; planes beside the colours have no influence at first."""
        encoder: Any = self.encoder
        encoder.adopt_imagenet(state)

    @property
    def stride(self) -> int:
        """Heights and widths are multiples of it."""
        return self.preprocessing.multiple_of

    @property
    def needs_trimap(self) -> bool:
        """Whether `forward` is given one."""
        return self.preprocessing.trimap_code is not None


def _per_channel(values: tuple[float, float, float]) -> Float[Tensor, "1 3 1 1"]:
    # on the CPU even where a network is built empty (device "meta"): no weights file fills these
    return torch.tensor(values, device="cpu").view(1, 3, 1, 1)

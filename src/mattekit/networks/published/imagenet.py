"""ImageNet weights as a start for a network's encoder.

A network says under which name timm has its weights, and takes them with `adopt_imagenet`.
"""

from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor, nn

from mattekit.core.errors import BadArgument, BadWeights
from mattekit.models.hub import fetch_file
from mattekit.networks.published.checkpoints import read_tensors


def start_from_imagenet(network: nn.Module, file: Path | None = None) -> None:
    """Give the encoder its ImageNet weights: from a file, or from timm's on the hub."""
    taker: Any = network
    name = getattr(network, "imagenet", None)
    if name is None:
        raise BadArgument(
            f"{type(network).__name__} has no encoder that ImageNet weights fit; "
            "leave pretrained out"
        )
    tensors = _download(name) if file is None else read_tensors(file)
    try:
        taker.adopt_imagenet(tensors)
    except (KeyError, RuntimeError) as error:
        raise BadWeights(
            f"{file or name} does not fit the encoder ({error}); it takes {name} "
            "in timm's or torchvision's names"
        ) from error


def _download(name: str) -> dict[str, Tensor]:
    """What timm keeps under that name on the hub."""
    try:
        return load_file(fetch_file(f"timm/{name}", "model.safetensors"))
    except BadWeights as error:
        raise BadWeights(f"ImageNet weights: {error} in timm's or torchvision's names") from error

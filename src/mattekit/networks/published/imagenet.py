"""ImageNet weights as a start for a network's encoder; only here anything is ever downloaded.

A network says under which name timm has its weights, and takes them with `adopt_imagenet`.
"""

from pathlib import Path
from typing import Any

from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from timm.models import load_state_dict_from_hf
from torch import Tensor, nn

from mattekit.core.errors import BadArgument, BadWeights
from mattekit.networks.published.checkpoints import read_tensors

UNREACHABLE = (OSError, HfHubHTTPError, LocalEntryNotFoundError)


def start_from_imagenet(network: nn.Module, file: Path | None = None) -> None:
    """Give the encoder its ImageNet weights: from a file in torchvision's names, or from timm."""
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
            "in torchvision's names"
        ) from error


def _download(name: str) -> dict[str, Tensor]:
    """What timm keeps under that name; a copy stays in its cache."""
    try:
        tensors: dict[str, Tensor] = load_state_dict_from_hf(f"timm/{name}")
    except UNREACHABLE as error:
        raise BadWeights(
            f"the ImageNet weights {name} are neither in timm's cache nor to be had from here "
            f"({type(error).__name__}); connect, or name a file in torchvision's names"
        ) from error
    return tensors

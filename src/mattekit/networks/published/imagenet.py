"""ImageNet weights as a start for a network's encoder; only here anything is ever downloaded.

A network says under which name timm has its weights, and takes them with `adopt_imagenet`.
"""

from pathlib import Path
from typing import Any

from huggingface_hub import get_session, try_to_load_from_cache
from huggingface_hub.constants import ENDPOINT
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from safetensors.torch import load_file
from timm.models import load_state_dict_from_hf
from torch import Tensor, nn

from mattekit.core.errors import BadArgument, BadWeights
from mattekit.networks.published.checkpoints import read_tensors

CACHED = "model.safetensors"
SECONDS = 10
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
    tensors = imagenet_weights(name) if file is None else read_tensors(file)
    try:
        taker.adopt_imagenet(tensors)
    except (KeyError, RuntimeError) as error:
        raise BadWeights(
            f"{file or name} does not fit the encoder ({error}); it takes {name} "
            "in torchvision's names"
        ) from error


def imagenet_weights(name: str) -> dict[str, Tensor]:
    """What timm keeps under that name; a copy stays in its cache."""
    cached = try_to_load_from_cache(f"timm/{name}", CACHED)
    if isinstance(cached, str):
        return load_file(cached)
    if not is_reachable():
        raise _not_here(name, "no answer")
    try:
        tensors: dict[str, Tensor] = load_state_dict_from_hf(f"timm/{name}")
    except UNREACHABLE as error:
        raise _not_here(name, type(error).__name__) from error
    return tensors


def is_reachable() -> bool:
    """Whether one request is answered; the hub repeats its own for 15 s, each with a line."""
    try:
        get_session().head(ENDPOINT, timeout=SECONDS)
    except Exception:  # of requests or httpx, by the hub's version
        return False
    return True


def _not_here(name: str, why: str) -> BadWeights:
    return BadWeights(
        f"the ImageNet weights {name} are neither in timm's cache nor to be had from here ({why}); "
        "connect, or name a file in torchvision's names"
    )

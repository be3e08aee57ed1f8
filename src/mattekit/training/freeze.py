"""Keeping parts of a network as they are while the rest learns."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from torch import nn

from mattekit.core.config import config
from mattekit.core.errors import BadRecipe

NORMS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm)
DROPOUTS = (nn.modules.dropout._DropoutNd,)


@config
class FreezeConfig:
    """What does not learn."""

    norms: bool = False
    """Norms keep their scale and offset and use their running statistics."""
    dropout: bool = False
    """Dropout is off."""
    parts: tuple[str, ...] = ()
    """Parts (`encoder`) or parameters (`encoder.*.bn?.weight`) whose weights stay."""


def freeze(network: nn.Module, wanted: FreezeConfig) -> None:
    """Set for every weight whether it learns; earlier settings are overwritten.

    To be called before the optimiser is made. Nothing else switches learning on or off.
    """
    check_parts(network, wanted.parts, "freeze.parts")
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not any(matches(name, pattern) for pattern in wanted.parts))
    if wanted.norms:
        for module in network.modules():
            if isinstance(module, NORMS):
                module.requires_grad_(False)


def check_parts(network: nn.Module, patterns: Iterable[str], key: str) -> None:
    """Refuse a part, named under that key of a recipe, that the network does not have."""
    names = [name for name, _ in network.named_parameters()]
    for pattern in patterns:
        if not any(matches(name, pattern) for name in names):
            parts = dict.fromkeys(name.split(".")[0] for name in names)
            raise BadRecipe(
                f"{key}: nothing in the network is called {pattern!r}; "
                f"its parts are {', '.join(parts)}"
            )


def to_training(network: nn.Module, frozen: FreezeConfig) -> None:
    """Training mode, except for what is frozen."""
    network.train()
    for module in network.modules():
        norm = frozen.norms and isinstance(module, NORMS)
        if norm or (frozen.dropout and isinstance(module, DROPOUTS)):
            module.eval()


def matches(name: str, pattern: str) -> bool:
    """Whether a weight belongs to a part, or its name matches a pattern.

    >>> matches("encoder.0.weight", "encoder"), matches("encoder.0.weight", "*.bias")
    (True, False)
    """
    return name.startswith(f"{pattern}.") or fnmatchcase(name, pattern)

"""Gradient checkpointing: what happens inside a network's parts is not kept for the backward pass.

It is computed again there, in the same way to the bit: less memory, about a third more time.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint

from mattekit.core.errors import BadRecipe

DEPTH = 2
"""Depth of the search for parts: those of the network, and those of its encoder or decoder."""


def checkpoint_parts(network: nn.Module) -> None:
    """Let every part of the network compute its inside again in the backward pass.

    Raises:
        BadRecipe: the network is not made of parts.
    """
    found = list(parts(network))
    if not found:
        raise BadRecipe(
            f"gradient_checkpointing: {type(network).__name__} has no parts whose inside could be "
            "forgotten; leave it out, and raise accumulate to save memory"
        )
    for part in found:
        if "forward" not in vars(part):  # a later stage trains the same network
            part.forward = partial(_forward, part, part.forward)


def parts(module: nn.Module, depth: int = DEPTH) -> Iterator[nn.Module]:
    """Sequences of layers, and what has an inside at the last depth."""
    for child in module.children():
        if isinstance(child, nn.Sequential) or (depth == 1 and any(child.children())):
            yield child
        else:
            yield from parts(child, depth - 1) if depth > 1 else ()


def _forward(part: nn.Module, forward: Any, *inputs: Any) -> Any:
    if not (part.training and torch.is_grad_enabled()):
        return forward(*inputs)
    again = partial(_statistics_kept, part)
    return checkpoint(
        forward, *inputs, use_reentrant=False, context_fn=lambda: (nullcontext(), again())
    )


@contextmanager
def _statistics_kept(part: nn.Module) -> Iterator[None]:
    """In this context batch norms observe nothing: they have seen the batch already."""
    norms = [each for each in part.modules() if isinstance(each, _BatchNorm) and each.training]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            if norm.num_batches_tracked is not None:
                norm.num_batches_tracked.sub_(1)

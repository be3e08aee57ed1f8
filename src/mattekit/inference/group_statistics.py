"""Group norms that see a window of a picture, with the statistics of the whole picture.

A group norm takes mean and variance over all that it is given, and a window has others than the
picture that it is cut from: its alpha would come out differently. So the network first takes a look
at the picture in small, and its group norms keep what they found.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Statistics = tuple[Tensor, Tensor]
"""Mean and variance of every channel, equal within a group."""


@contextmanager
def group_statistics_of(look: Callable[[], object], network: nn.Module) -> Iterator[None]:
    """Meanwhile the group norms of the network keep the statistics that they have in `look`."""
    norms = [layer for layer in network.modules() if isinstance(layer, nn.GroupNorm)]
    found = _found_during(look, norms) if norms else {}
    for norm, (mean, variance) in found.items():
        # with statistics that are known, a group norm is a batch norm
        fixed = partial(
            F.batch_norm,
            running_mean=mean,
            running_var=variance,
            weight=norm.weight,
            bias=norm.bias,
            eps=norm.eps,
        )
        norm.forward = fixed  # type: ignore[method-assign]
    try:
        yield
    finally:
        for norm in found:
            del norm.forward


def _found_during(
    look: Callable[[], object], norms: list[nn.GroupNorm]
) -> dict[nn.GroupNorm, Statistics]:
    found: dict[nn.GroupNorm, Statistics] = {}

    def note(norm: nn.Module, given: tuple[Tensor]) -> None:
        assert isinstance(norm, nn.GroupNorm)
        found[norm] = _statistics(given[0], norm.num_groups)

    hooks = [norm.register_forward_pre_hook(note) for norm in norms]
    try:
        look()
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _statistics(planes: Tensor, groups: int) -> Statistics:
    """Of a batch of one."""
    channels = planes.shape[1]
    grouped = planes.reshape(groups, -1)
    variance, mean = torch.var_mean(grouped, dim=1, correction=0)
    return mean.repeat_interleave(channels // groups), variance.repeat_interleave(
        channels // groups
    )

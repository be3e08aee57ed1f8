"""Starting from weights that exist: what fits is loaded, what does not is named."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from mattekit.core.errors import BadWeights

SHOWN = 5


def start_from(
    network: nn.Module, weights: Mapping[str, Tensor], *, strict: bool, source: str
) -> list[str]:
    """Load weights into the network; remarks on what was widened, left out or not found.

    A convolution that has more input channels than the weights gets zeros for the further ones.
    """
    wanted = network.state_dict()
    fitting = {name: _widened(weights[name], wanted[name]) for name in wanted if name in weights}
    loaded = {name: tensor for name, tensor in fitting.items() if tensor is not None}
    missing = [name for name in wanted if name not in loaded]
    unused = [name for name in weights if name not in loaded]
    if (strict and (missing or unused)) or not loaded:
        raise BadWeights(
            f"init: {source} does not fit the network: {_listed(missing, 'without a value')}, "
            f"{_listed(unused, 'not used')}; init.strict=false takes what fits"
        )
    network.load_state_dict(loaded, strict=False)
    widened = [name for name in loaded if loaded[name].shape != weights[name].shape]
    remarks = {"widened with zeros": widened, "left at random": missing, "not used": unused}
    return [f"init: {_listed(names, how)}" for how, names in remarks.items() if names]


def _widened(tensor: Tensor, wanted: Tensor) -> Tensor | None:
    if tensor.shape == wanted.shape:
        return tensor
    fewer_inputs = (
        tensor.ndim == wanted.ndim == 4
        and tensor.shape[0] == wanted.shape[0]
        and tensor.shape[2:] == wanted.shape[2:]
        and tensor.shape[1] < wanted.shape[1]
    )
    if not fewer_inputs:
        return None
    zeros = torch.zeros_like(wanted[:, tensor.shape[1] :])
    return torch.cat([tensor.to(wanted.dtype), zeros], dim=1)


def _listed(names: list[str], how: str) -> str:
    shown = ", ".join(names[:SHOWN])
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{len(names)} tensors {how}" + (f" ({shown}{more})" if names else "")

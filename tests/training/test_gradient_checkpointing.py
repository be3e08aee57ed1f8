"""Less memory, the same bits."""

import copy
from typing import Any

import pytest
import torch
from torch import nn
from training.toys import ToyNetwork

from mattekit.core.errors import BadRecipe
from mattekit.networks import build
from mattekit.training.gradient_checkpointing import checkpoint_parts


def trained(network: Any) -> tuple[dict[str, torch.Tensor], int]:
    """The network's state after two steps, and the bytes kept for a backward pass."""
    torch.manual_seed(1)
    network.train()
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    kept: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.data_ptr()] = tensor.nbytes
        return tensor

    for _ in range(2):
        image, trimap = torch.rand(2, 3, 64, 64), torch.full((2, 1, 64, 64), 0.5)
        optimiser.zero_grad()
        kept.clear()
        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            loss = network(image, trimap).alpha.square().mean()
        loss.backward()
        optimiser.step()
    return network.state_dict(), sum(kept.values())


@pytest.mark.slow
@pytest.mark.parametrize("network", [build("unet", encoder="test_resnet"), ToyNetwork()])
def test_a_checkpointed_network_keeps_less_and_learns_the_same(network: nn.Module) -> None:
    """Statistics of norms and dropout too, both in a copy that is averaged or validated."""
    plain = copy.deepcopy(network)
    checkpoint_parts(network)
    state, kept = trained(copy.deepcopy(network))
    expected, before = trained(plain)
    assert list(state) == list(expected)
    assert all(torch.equal(state[name], expected[name]) for name in expected)
    assert kept < 0.7 * before


def test_a_network_without_parts_is_refused() -> None:
    with pytest.raises(BadRecipe, match="Conv2d has no parts whose inside could be forgotten"):
        checkpoint_parts(nn.Conv2d(3, 3, 1))

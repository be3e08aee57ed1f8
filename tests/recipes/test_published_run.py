"""A published run is continued; the whole way is among the commands of the published programs."""

import copy
from pathlib import Path

import pytest
import torch
from torch import nn, optim
from training.toy_runs import methods, run_toy, toy_recipe
from training.toys import ToyNetwork, same

from mattekit.core.errors import BadWeights
from mattekit.recipes.published_run import with_moments
from mattekit.training.optimisers import OptimiserConfig

BETWEEN = OptimiserConfig(name="adamw", lr=1e-2, lr_scale={"encoder": 1.0, "decoder": 1.0})


def gradients(module: nn.Module) -> None:
    """For every weight its own."""
    for number, (_, weight) in enumerate(sorted(module.named_parameters()), start=1):
        weight.grad = torch.full_like(weight, 0.1 * number).cos()


def test_moments_follow_their_weights_whatever_the_order_of_the_file() -> None:
    theirs, ours = ToyNetwork(), ToyNetwork()
    order = [name for name, _ in theirs.named_parameters()][::-1]
    published = optim.AdamW([theirs.get_parameter(name) for name in order], lr=1e-2)
    for _ in range(3):
        gradients(theirs)
        published.step()
    ours.load_state_dict(theirs.state_dict())
    optimiser = BETWEEN.build(ours)
    state = copy.deepcopy(published.state_dict())
    optimiser.load_state_dict(with_moments(optimiser, ours, ["a.buffer", *order], state, Path("x")))
    for module, stepped in ((theirs, published), (ours, optimiser)):
        gradients(module)
        stepped.step()
    assert same(dict(ours.named_parameters()), dict(theirs.named_parameters()))


def test_moments_of_another_network_are_refused() -> None:
    network = ToyNetwork()
    order = [name for name, _ in network.named_parameters()]
    state = {"state": {n: {"exp_avg": torch.zeros(1, 2)} for n, _ in enumerate(order)}}
    with pytest.raises(BadWeights, match=r"the moments of .* in x\.pth are not of its shape"):
        with_moments(BETWEEN.build(network), network, order, state, Path("x.pth"))


def test_a_file_that_is_no_published_run_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    torch.save({"epoch": 1, "model_state": {}}, tmp_path / "a.pth")
    recipe = toy_recipe(methods(2)[1], 2, warmup=None)
    with pytest.raises(BadWeights, match=r"no checkpoint of a training of AlphaGAN .*g_optimizer"):
        run_toy(recipe, tmp_path / "run", resume=str(tmp_path / "a.pth"))

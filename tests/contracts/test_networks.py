"""What every network promises: each member of the list, plug-ins too, each of its options.

Shapes are checked on empty networks. What needs numbers is slow, and is shown for every option that
changes the computation; r101, nine times r34, is only ever built empty.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from contracts.variants import label, variants
from torch import Tensor

from mattekit.classical.estimates import CHANNELS
from mattekit.core.tensors import Batch, Prediction
from mattekit.imaging.compose import over
from mattekit.inference.export_onnx import export_onnx
from mattekit.inference.predictor import Predictor
from mattekit.inference.torch_network import TorchNetwork
from mattekit.losses.alpha import AlphaL1Config, ExpectedErrorConfig
from mattekit.losses.colours import SamplingL1Config
from mattekit.losses.gfm import FocusL1Config, GlanceCrossEntropyConfig
from mattekit.losses.subject import MaskCrossEntropyConfig, SingleSubjectConfig, SoftIouConfig
from mattekit.networks import build, config_of, configs
from mattekit.networks.options import options_of
from mattekit.networks.weights import describe, load, save

MEMBERS = [member for name, member in configs().items() if name != "patchgan"]
EVERY = [config for member in MEMBERS for config in variants(member)]
EVERY += [config_of("gfm", backbone="d121", rosta="RIM")]
STRATEGIES = {"whole", "tile", "resize", "hybrid"}


def computes_as(config: Any) -> str:
    """Configs that differ only in their random weights compute alike, and r101 is too large."""
    described = asdict(config) | {"init": None}
    return "" if described.get("backbone") == "r101" else str(described)


DISTINCT = list({computes_as(config): config for config in reversed(EVERY)}.values())[::-1]
COMPUTED = [config for config in DISTINCT if computes_as(config)]
DEFAULTS = [member() for member in MEMBERS]

slow = pytest.mark.slow
every = pytest.mark.parametrize(
    "config",
    [pytest.param(each, marks=() if each in DEFAULTS else slow, id=label(each)) for each in EVERY],
)
default = pytest.mark.parametrize("config", DEFAULTS, ids=label)


def empty(config: Any) -> Any:
    with torch.device("meta"):
        return config.build()


def batch(side: int = 32, count: int = 2) -> Batch:
    """A soft disc over noise."""
    generator = torch.Generator().manual_seed(1)
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    distance = torch.hypot(rows - side / 2, columns - side / 2) / side
    alpha = ((0.4 - distance) / 0.2).clamp(0, 1).expand(count, 1, side, side)
    trimap = torch.where((alpha > 0) & (alpha < 1), 0.5, alpha.round())
    colours = torch.rand(2, count, 3, side, side, generator=generator)
    return Batch(
        image=over(colours[0], alpha, colours[1]),
        alpha=alpha,
        trimap=trimap,
        foreground=colours[0],
        background=colours[1],
        prior=torch.rand(count, len(CHANNELS), side, side, generator=generator),
    )


def predict(network: Any, planes: Batch) -> Prediction:
    further = [planes.prior] if "prior" in network.extra_planes else []
    return network(planes.image, planes.trimap if network.needs_trimap else None, *further)


def losses_of(config: Any) -> list[Any]:
    """What the network is taught by."""
    if config.name == "gfm":
        branches = [AlphaL1Config(of="branches")] if config.rosta == "RIM" else []
        taught = [GlanceCrossEntropyConfig(rosta=config.rosta), FocusL1Config(rosta=config.rosta)]
        return [AlphaL1Config(region="whole"), *taught, *branches]
    if config.name == "samplenet" and config.part in ("background", "foreground"):
        return [SamplingL1Config(plane=config.part)]
    if config.name == "dim" and config.refine:
        return [AlphaL1Config(), AlphaL1Config(of="refined_from")]
    if config.name == "subject":
        return [MaskCrossEntropyConfig(), SoftIouConfig(), SingleSubjectConfig()]
    if config.name == "compact":
        return [AlphaL1Config(), ExpectedErrorConfig()]
    return [AlphaL1Config(region="whole")]


def total_loss(config: Any, prediction: Prediction, planes: Batch) -> Tensor:
    return torch.stack([loss(prediction, planes).value() for loss in losses_of(config)]).sum()


@every
def test_it_says_what_it_needs_and_how_it_is_built(config: Any) -> None:
    network = empty(config)
    assert network.stride >= 1
    assert network.needs_trimap in (True, False)
    assert set(network.strategies) <= STRATEGIES
    assert network.strategies
    assert network.preprocessing.multiple_of == network.stride
    assert (network.preprocessing.trimap_code is not None) == network.needs_trimap
    assert describe(config, network).config == config


@default
def test_its_help_is_complete(config: Any) -> None:
    assert (type(config).__doc__ or "").strip()
    for option in options_of(type(config)):
        assert option.meaning.endswith("."), option.name


@pytest.fixture(scope="module", params=COMPUTED, ids=label)
def config(request: pytest.FixtureRequest) -> Any:
    """Each config that computes something of its own; pytest keeps its tests together."""
    return request.param


@pytest.fixture(scope="module")
def network(config: Any) -> Any:
    torch.manual_seed(0)
    return config.build()


@slow
class TestNumbers:
    """What needs numbers, on one network for each config."""

    def test_every_weight_that_learns_gets_a_finite_gradient(
        self, config: Any, network: Any
    ) -> None:
        planes = batch()
        network.train()
        total_loss(config, predict(network, planes), planes).backward()
        learning = {name: w for name, w in network.named_parameters() if w.requires_grad}
        assert learning
        assert not [name for name, weight in learning.items() if weight.grad is None]
        assert all(torch.isfinite(weight.grad).all() for weight in learning.values())
        network.zero_grad(set_to_none=True)

    @torch.no_grad()
    def test_alpha_is_in_range_and_the_same_every_time(self, network: Any) -> None:
        planes = batch()
        network.eval()
        first, second = predict(network, planes), predict(network, planes)
        assert first.alpha.shape == planes.alpha.shape
        assert first.alpha.dtype == torch.float32
        assert 0 <= first.alpha.min() <= first.alpha.max() <= 1
        assert torch.equal(first.alpha, second.alpha)

    @torch.no_grad()
    def test_a_picture_does_not_depend_on_its_neighbour_in_the_batch(self, network: Any) -> None:
        planes = batch()
        network.eval()
        first = {name: getattr(planes, name)[:1] for name in ("image", "alpha", "trimap", "prior")}
        alone = Batch(**first)
        together = predict(network, planes).alpha[:1]
        torch.testing.assert_close(predict(network, alone).alpha, together, atol=2e-5, rtol=0)

    def test_pictures_of_odd_sizes_come_back_whole(self, config: Any, network: Any) -> None:
        device = torch.device("cpu")
        wrapped = TorchNetwork(network, name=config.name, device=device)
        rng = np.random.default_rng(2)
        image = rng.random((37, 53, 3), dtype=np.float32)
        trimap = rng.integers(0, 3, (37, 53)).astype(np.uint8)
        if not wrapped.needs_trimap:
            alpha = Predictor(wrapped).predict(image)
        else:
            alpha = Predictor(wrapped).predict(image, trimap)
            assert np.array_equal(alpha[trimap == 2], np.ones((trimap == 2).sum(), np.float32))
        assert alpha.shape == (37, 53)
        assert 0 <= alpha.min() <= alpha.max() <= 1


@slow
@default
def test_it_comes_back_from_a_file(config: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = config.build().eval()
    save(tmp_path / "a.safetensors", network.state_dict(), describe(config, network))
    again = load(tmp_path / "a.safetensors").eval()
    state = again.state_dict()
    assert all(torch.equal(tensor, state[key]) for key, tensor in network.state_dict().items())
    with torch.no_grad():
        expected = predict(network, batch()).alpha
        torch.testing.assert_close(predict(again, batch()).alpha, expected, atol=1e-6, rtol=0)


@slow
@default
def test_one_batch_can_be_learned(config: Any) -> None:
    torch.manual_seed(0)
    network, planes = config.build().train(), batch()
    learning = [weight for weight in network.parameters() if weight.requires_grad]
    optimiser = torch.optim.Adam(learning, lr=3e-4)
    values = []
    for _ in range(12):
        optimiser.zero_grad()
        loss = total_loss(config, predict(network, planes), planes)
        loss.backward()
        optimiser.step()
        values.append(loss.item())
    assert values[-1] < 0.99 * values[0]  # the smallest networks learn slowest
    assert min(values) == min(values[6:])


@slow
@pytest.mark.parametrize(
    "config", [config for config in DEFAULTS if config.name != "samplenet"], ids=label
)
def test_onnx_runtime_computes_the_same(config: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = TorchNetwork(config.build(), name=config.name, device=torch.device("cpu"))
    parities = export_onnx(network, tmp_path / "a.onnx")  # refuses to write what differs
    assert len(parities) == 3


def test_critics_are_built_by_name_too() -> None:
    critic = build("patchgan", width=8, layers=2)
    assert critic(torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32)).shape == (1, 1, 6, 6)

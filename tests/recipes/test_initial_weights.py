"""What the weights are before the first step, and what is said where they are not to be had."""

from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from networks.published.published_files import write
from safetensors.torch import save_file
from torch import Tensor, nn
from training.toys import ToyConfig, ToyNetwork, same, weights_of

from mattekit.core.errors import BadRecipe, BadWeights
from mattekit.networks import config_of, weights
from mattekit.networks.published import checkpoints
from mattekit.networks.published.importing import import_checkpoint
from mattekit.recipes.initial_weights import (
    describe_init,
    load_initial_critic,
    load_initial_weights,
    load_network,
)
from mattekit.recipes.recipe import InitConfig

STATE = {"features.0.weight": torch.full((6, 3, 3, 3), 0.5)}


class Taught(ToyNetwork):
    """A toy that knows what to do with weights of ImageNet."""

    imagenet = "toy.in1k"

    def adopt_imagenet(self, state: dict[str, Tensor]) -> None:
        self.encoder[0].weight.data[:, :3] = state["features.0.weight"]


class Chain(nn.Module):
    """Two toys, each of which may start elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = ToyNetwork(), Taught()


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub has the weights."""
    path = tmp_path / "model.safetensors"
    save_file(STATE, path)
    monkeypatch.setattr(checkpoints, "fetch_file", lambda repository, file: path)


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, and no way out."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A trained toy."""
    torch.manual_seed(1)
    network = ToyNetwork()
    path = tmp_path / "toy.safetensors"
    weights.save(path, network.state_dict(), weights.describe(ToyConfig(), network))
    return path


def test_none_leaves_all_weights_at_random() -> None:
    network = ToyNetwork()
    before = weights_of(network)
    assert load_initial_weights(network, None) == []
    assert same(before, weights_of(network))
    assert describe_init(None) == "init: none, all weights started at random"


@pytest.mark.usefixtures("cached")
def test_imagenet_fills_the_encoder() -> None:
    network = Taught()
    load_initial_weights(network, InitConfig(path="imagenet"))
    assert (network.encoder[0].weight[:, :3] == 0.5).all()
    assert describe_init(InitConfig(path="imagenet")) == "init: imagenet"


def test_imagenet_is_read_from_a_file_where_one_is_named(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "vgg.pth")
    network = Taught()
    load_initial_weights(network, InitConfig(path="imagenet", file=str(tmp_path / "vgg.pth")))
    assert (network.encoder[0].weight[:, :3] == 0.5).all()


@pytest.mark.usefixtures("offline")
def test_without_connection_or_file_one_sentence_says_how_to_get_it() -> None:
    with pytest.raises(BadWeights) as caught:
        load_initial_weights(Taught(), InitConfig(path="imagenet"))
    assert str(caught.value) == (
        "init: ImageNet weights: timm/toy.in1k is not in the cache of huggingface_hub, and "
        "http://127.0.0.1:9 does not answer; connect, or name a file in timm's or torchvision's "
        "names; name it by init.file=FILE; "
        "init=none starts at random"
    )


def test_a_missing_start_is_refused_with_the_recipes_own_advice() -> None:
    with pytest.raises(BadWeights, match=r"^init: .*nowhere.*; train it first; init=none starts"):
        load_initial_weights(ToyNetwork(), InitConfig(path="nowhere", how_to_get="train it first"))


@pytest.mark.usefixtures("cached")
def test_parts_start_each_from_their_own_place(file: Path) -> None:
    chain = Chain()
    init = InitConfig(parts={"first": str(file), "second": "imagenet"})
    assert load_initial_weights(chain, init) == []
    assert same(weights_of(chain.first), weights.read(file)[1])
    assert (chain.second.encoder[0].weight[:, :3] == 0.5).all()
    assert describe_init(init) == f"init: first from {file}, second from imagenet"


def test_a_part_that_is_not_there_is_refused_with_those_that_are(file: Path) -> None:
    with pytest.raises(BadWeights, match=r"^init: parts: the network has no 'third'; it has first"):
        load_initial_weights(Chain(), InitConfig(parts={"third": str(file)}))


def test_a_checkpoint_of_another_network_is_refused(file: Path) -> None:
    network = ToyNetwork()
    network.decoder = nn.Conv2d(6, 2, 3)
    with pytest.raises(BadWeights, match=r"^init: .*does not fit the network: .*decoder.weight"):
        load_initial_weights(network, InitConfig(path=str(file)))


def test_a_guessing_network_that_is_not_trained_yet_is_asked_for() -> None:
    with pytest.raises(BadWeights, match=r"^guessed_background: .*train it first, or set guessed"):
        load_network("runs/nothing", "guessed_background")


def test_critics_are_a_start_for_critics(tmp_path: Path) -> None:
    path = write(tmp_path / "netD.pth", "alphagan-critic", layers=2)
    imported = import_checkpoint("alphagan-critic", path)
    assert imported.header.preprocessing["trimap_code"] == (0.0, 128 / 255, 1.0)
    weights.save(tmp_path / "critic.safetensors", imported.tensors, imported.header)
    with pytest.raises(BadWeights, match=r"holds only a critic; .* init\.critic="):
        weights.load(tmp_path / "critic.safetensors")
    critic = config_of("patchgan", layers=2).build()
    init = InitConfig(critic=str(tmp_path / "critic.safetensors"))
    assert load_initial_critic(critic, init) == []
    taken = critic.state_dict()
    assert all(torch.equal(taken[key], value) for key, value in imported.tensors.items())
    with pytest.raises(BadRecipe, match=r"init\.critic: there is no critic"):
        load_initial_critic(None, init)

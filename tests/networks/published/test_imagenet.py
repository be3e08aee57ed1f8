"""ImageNet weights: from a local stand-in of timm's cache, from a file, or a sentence."""

from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import save_file

from mattekit.core.errors import BadArgument, BadWeights
from mattekit.networks import build
from mattekit.networks.dim import VGG16, DimConfig


def vgg16_state() -> dict[str, torch.Tensor]:
    """Every layer of VGG-16 that matters, made of its own number."""
    with torch.device("meta"):
        network = DimConfig().build()
    state = {}
    for number, layer in VGG16.items():
        shape = list(network.get_parameter(f"{layer}.weight").shape)
        shape[1] = 3 if number == 0 else shape[1]
        state[f"features.{number}.weight"] = torch.full(shape, float(number))
        state[f"features.{number}.bias"] = torch.full(shape[:1], number + 0.5)
    return state


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no way out."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path


def test_timm_gives_the_weights_when_asked(cache: Path) -> None:
    place = cache / "models--timm--vgg16.tv_in1k"
    (place / "snapshots" / "abc").mkdir(parents=True)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("abc")
    save_file(vgg16_state(), place / "snapshots" / "abc" / "model.safetensors")
    network = build("dim", pretrained=True, init="pytorch")
    assert network.conv5_3.weight.eq(28).all()
    assert network.conv1_1.weight[:, 3].eq(0).all()


@pytest.mark.slow
def test_a_file_gives_them_as_well(tmp_path: Path) -> None:
    torch.save(vgg16_state(), tmp_path / "vgg16.pth")
    network = build("dim", pretrained=tmp_path / "vgg16.pth", init="pytorch")
    assert network.conv3_2.bias.eq(12.5).all()


def test_without_cache_and_connection_a_sentence_says_what_to_do(cache: Path) -> None:
    with pytest.raises(BadWeights, match=r"vgg16\.tv_in1k is not in the cache .*name a file"):
        build("dim", pretrained=True, init="pytorch")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save({"conv1.weight": torch.ones(1)}, tmp_path / "other.pth")
    with pytest.raises(BadWeights, match=r"does not fit the encoder \('features\.0\.weight'\)"):
        build("dim", pretrained=tmp_path / "other.pth", init="pytorch")


def test_a_network_without_such_an_encoder_says_so() -> None:
    with pytest.raises(BadArgument, match="ColourNetwork has no encoder"):
        build("samplenet", part="background", pretrained=True)

"""Models by name and by file."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from mattekit import load
from mattekit.core.errors import BadArgument, BadWeights
from mattekit.core.types import UNKNOWN
from mattekit.inference.load import CALIBRATION, load_in_torch
from mattekit.inference.matting import build_matting
from mattekit.inference.network import random_planes
from mattekit.inference.onnx_network import Ensemble, OnnxNetwork
from mattekit.inference.predictor import Predictor
from mattekit.inference.tile import Tile
from mattekit.inference.torch_network import TorchNetwork
from mattekit.models.files import SHIPPED, find
from mattekit.networks import build, config_of
from mattekit.networks.weights import describe, save
from mattekit.synthetic.scene import scene


@pytest.mark.slow
@pytest.mark.parametrize("name", [None, "compact"])
def test_without_a_name_the_shipped_network_predicts_as_in_cutout(name: str | None) -> None:
    picture = scene(3, 96)
    alpha = load(name).predict(picture.image, picture.trimap)
    np.testing.assert_array_equal(alpha, build_matting().matte(picture.image, picture.trimap).alpha)


@pytest.mark.slow
def test_in_torch_the_shipped_network_is_given_the_same_estimates() -> None:
    picture = scene(3, 96)
    alpha = Predictor(load_in_torch("compact")).predict(picture.image, picture.trimap)
    expected = load(find("compact")).predict(picture.image, picture.trimap)
    np.testing.assert_allclose(alpha, expected, atol=2e-3)


def test_the_default_is_the_mean_of_both_shipped_networks() -> None:
    planes = random_planes(load().network, (64, 96))
    channels = load().network.estimates
    found = []
    for name in (find("compact"), "compact-1"):
        network = load(name).network
        known = [channels.index(channel) for channel in network.estimates]
        found.append(network.run({**planes, "prior": planes["prior"][:, known]})["alpha"])
    mean = load().network.run(planes)["alpha"]
    np.testing.assert_allclose(mean, (found[0] + found[1]) / 2, atol=1e-6)


def test_the_error_that_is_stated_is_calibrated_and_leaves_alphas_as_they_are() -> None:
    picture = scene(3, 96)
    stated = load().matte(picture.image, picture.trimap)
    expected = load("compact-2+compact-1").matte(picture.image, picture.trimap)
    np.testing.assert_array_equal(stated.alpha, expected.alpha)
    assert stated.expected_error is not None
    assert expected.expected_error is not None
    unknown = picture.trimap == UNKNOWN
    factor = stated.expected_error[unknown] / expected.expected_error[unknown]
    sure = expected.expected_error[unknown] < CALIBRATION[0][0]
    assert sure.any()
    np.testing.assert_allclose(factor[sure], CALIBRATION[0][1], rtol=1e-4)
    assert factor.max() > 1


@pytest.fixture(scope="module")
def samplenet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "background.safetensors"
    config = config_of("samplenet", part="background")
    torch.manual_seed(0)
    network = build("samplenet", part="background")
    save(path, network.state_dict(), describe(config, network))
    return path


def test_an_option_of_the_network_can_be_changed_and_a_foreign_one_is_named(
    samplenet: Path,
) -> None:
    assert load(samplenet, sampling_size=96).network.name == "background"
    with pytest.raises(BadArgument, match="no option dilation; it has part"):
        load(samplenet, dilation="all")


def test_an_exported_network_without_its_weights_keeps_its_options() -> None:
    file = Path(__file__).parents[2] / "src/mattekit/models/shipped/compact-1.onnx"
    with pytest.raises(BadArgument, match="exported with its options inside"):
        load(file, sampling_size=96)
    with pytest.raises(BadArgument, match="runs on the CPU here, not on cuda"):
        load(file, device="cuda")


@pytest.mark.slow
def test_a_network_is_opened_once_until_its_file_changes(tmp_path: Path) -> None:
    file = tmp_path / "own.onnx"
    file.write_bytes((SHIPPED / "compact.onnx").read_bytes())
    first = load(file).network
    assert load(file).network is first
    os.utime(file, ns=(1, 1))
    assert load(file).network is not first


@pytest.mark.slow
def test_a_plus_joins_networks_to_their_mean(tmp_path: Path) -> None:
    picture, mine = scene(3, 96), tmp_path / "mine.onnx"
    mine.write_bytes((SHIPPED / "compact-1.onnx").read_bytes())
    joined = load(f"compact+{mine}")
    assert joined.name == "compact+mine"
    assert joined.states_error
    assert isinstance(joined.network, Ensemble)
    _, earlier, again = joined.network.networks
    assert again.estimates == earlier.estimates
    by_name = load("compact-2+compact-1").predict(picture.image, picture.trimap)
    np.testing.assert_array_equal(by_name, load().predict(picture.image, picture.trimap))
    alpha = joined.predict(picture.image, picture.trimap)
    assert np.abs(alpha - by_name).max() > 0.01, "the file counts"


def test_a_file_whose_name_has_a_plus_is_one_network(tmp_path: Path) -> None:
    path = tmp_path / "a+b.onnx"
    path.write_bytes((SHIPPED / "compact-1.onnx").read_bytes())
    assert isinstance(load(path).network, OnnxNetwork)


def test_of_several_the_one_that_is_not_there_is_named() -> None:
    with pytest.raises(BadWeights, match=r"there is no file mine\.onnx"):
        load("compact+mine.onnx")


@pytest.mark.slow
def test_a_network_that_needs_more_than_photo_and_trimap_is_not_averaged() -> None:
    finder = TorchNetwork(build("subject"), name="subject", device=torch.device("cpu"))
    with pytest.raises(BadArgument, match="subject cannot be averaged with others"):
        Ensemble("both", [load().network, finder])


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["whole", "tile", Tile(size=96, overlap=16)])
def test_the_shipped_network_takes_a_strategy(strategy: str | Tile) -> None:
    picture = scene(3, 96)
    alpha = build_matting(strategy=strategy).matte(picture.image, picture.trimap).alpha
    expected = build_matting().matte(picture.image, picture.trimap).alpha
    assert np.abs(alpha - expected).mean() < 0.01


def test_a_strategy_that_does_not_exist_is_named() -> None:
    with pytest.raises(BadArgument, match="no strategy 'tiles'; choose whole, tile"):
        build_matting(strategy="tiles")


@pytest.mark.slow
def test_half_precision_changes_the_alpha_little_and_is_refused_where_it_cannot_be() -> None:
    picture = scene(3, 96)
    whole = load("compact", device="cpu").predict(picture.image, picture.trimap)
    half = load("compact", device="cpu", precision="bf16").predict(picture.image, picture.trimap)
    difference = np.abs(half - whole)
    assert 0 < difference.mean() < 0.01
    with pytest.raises(BadArgument, match="fp16 needs a GPU"):
        load("compact", device="cpu", precision="fp16")
    exported = Path(__file__).parents[2] / "src/mattekit/models/shipped/compact-1.onnx"
    with pytest.raises(BadArgument, match="exported in float32; leave --precision out"):
        load(exported, precision="bf16")

"""Exported networks compute what PyTorch computes, at any size, without torch."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from inference.toy import Local
from torch import Tensor

from mattekit.core.errors import BadArgument, BadWeights
from mattekit.core.tensors import Prediction
from mattekit.inference.export_onnx import export_onnx
from mattekit.inference.load import load
from mattekit.inference.onnx_network import OnnxNetwork
from mattekit.inference.predictor import Predictor
from mattekit.inference.strategies import Whole
from mattekit.inference.tile import Tile
from mattekit.inference.torch_network import TorchNetwork
from mattekit.models.files import SHIPPED
from mattekit.networks import weights
from mattekit.networks.compact import Compact, CompactConfig


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "local.onnx"
    network = TorchNetwork(Local(), name="local", device=torch.device("cpu"))
    parities = export_onnx(network, path)
    assert [(parity.height, parity.width) for parity in parities] == [(4, 4), (12, 20), (32, 24)]
    assert all(parity.share_within == 1 and parity.largest < 1e-5 for parity in parities)
    return path


@pytest.mark.slow
def test_an_exported_network_gives_the_same_alpha_through_every_strategy(exported: Path) -> None:
    rng = np.random.default_rng(0)
    image = rng.random((70, 90, 3), dtype=np.float32)
    trimap = rng.integers(0, 3, (70, 90)).astype(np.uint8)
    reference = TorchNetwork(Local(), name="local", device=torch.device("cpu"))
    for strategy in (Whole(), Tile(size=48, overlap=8)):
        expected = Predictor(reference, strategy=strategy).planes(image, trimap)
        found = load(exported, strategy=strategy).planes(image, trimap)
        np.testing.assert_allclose(found["alpha"], expected["alpha"], atol=1e-5)
        np.testing.assert_allclose(found["foreground"], expected["foreground"], atol=1e-5)


def test_the_file_says_what_the_network_is(exported: Path) -> None:
    network = OnnxNetwork(exported)
    assert (network.name, network.stride, network.needs_trimap) == ("local", 4, True)
    assert network.strategies == ("whole", "tile", "resize")


def test_the_file_does_not_say_where_it_was_made(exported: Path) -> None:
    for path in (exported, SHIPPED / "compact.onnx"):
        assert b"stack_trace" not in path.read_bytes()


@pytest.mark.slow
def test_a_network_whose_steps_depend_on_the_picture_is_refused(tmp_path: Path) -> None:
    class Undecided(Local):
        def forward(self, image: Tensor, trimap: Tensor) -> Prediction:
            return super().forward(image.flip(3) if image.mean() > 0.5 else image, trimap)

    network = TorchNetwork(Undecided(), name="undecided", device=torch.device("cpu"))
    with pytest.raises(BadWeights, match=r"undecided cannot be exported.*safetensors"):
        export_onnx(network, tmp_path / "undecided.onnx")
    assert list(tmp_path.iterdir()) == []


def test_weights_that_are_too_many_for_one_file_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mattekit.inference.export_onnx.LARGEST", 100)
    network = TorchNetwork(Local(), name="local", device=torch.device("cpu"))
    with pytest.raises(BadWeights, match="one ONNX file holds"):
        export_onnx(network, tmp_path / "local.onnx")


@pytest.mark.slow
def test_a_network_that_computes_something_else_in_onnx_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    streams = []

    class Fickle(Local):
        def forward(self, image: Tensor, trimap: Tensor) -> Prediction:
            streams.append(sys.stdout)
            prediction = super().forward(image, trimap)
            shift = 0.0 if torch.compiler.is_exporting() else 0.1
            return Prediction(alpha=prediction.alpha + shift)

    network = TorchNetwork(Fickle(), name="fickle", device=torch.device("cpu"))
    with pytest.raises(BadWeights, match="fickle computes something else in ONNX Runtime"):
        export_onnx(network, tmp_path / "fickle.onnx")
    assert list(tmp_path.iterdir()) == []
    assert {*streams} == {sys.stdout}  # the exporter is silent by itself
    assert capsys.readouterr().out == ""


def test_files_that_are_no_exported_network_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a network")
    with pytest.raises(BadWeights, match="cannot be run as an ONNX network"):
        OnnxNetwork(broken)
    with pytest.raises(BadWeights, match="there is no file"):
        load(tmp_path / "missing.onnx")


def test_an_onnx_file_runs_on_the_cpu_only(exported: Path) -> None:
    with pytest.raises(BadArgument, match="runs on the CPU here, not on cuda"):
        load(exported, device="cuda")


@pytest.mark.slow
def test_weights_of_halves_come_back_from_the_file_as_they_were(tmp_path: Path) -> None:
    module = Compact().eval()
    for name, values in module.state_dict().items():
        if values.is_floating_point():
            module.state_dict()[name].copy_(values.half())
    path = tmp_path / "small.onnx"
    network = TorchNetwork(module, name="small", device=torch.device("cpu"))
    export_onnx(network, path, weights.describe(CompactConfig(), module))
    assert path.stat().st_size < 6e6
    again = weights.load(path)
    for name, values in module.state_dict().items():
        assert torch.equal(again.state_dict()[name], values), name

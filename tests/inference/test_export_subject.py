"""A trained subject finder becomes the file that `cutout` opens."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mattekit.core.errors import BadWeights
from mattekit.core.prompt import Prompt
from mattekit.inference.export_onnx import export_onnx
from mattekit.inference.torch_network import TorchNetwork
from mattekit.models.runtime import open_session
from mattekit.networks import build
from mattekit.subject.finder import Finder


def untrained() -> TorchNetwork:
    torch.manual_seed(0)
    return TorchNetwork(build("subject"), name="subject", device=torch.device("cpu"))


@pytest.mark.slow
def test_the_finder_opens_what_was_exported(tmp_path: Path) -> None:
    network = untrained()
    path = tmp_path / "subject.onnx"
    parities = export_onnx(network, path)
    assert [(parity.height, parity.width) for parity in parities] == [
        (32, 32),
        (256, 256),
        (320, 128),
    ]
    weights = sum(tensor.nbytes for tensor in network.module.state_dict().values())
    assert path.stat().st_size < 0.55 * weights
    shapes = {each.name: each.shape for each in open_session(path).get_inputs()}
    assert [type(length) for length in shapes["image"]] == [str, int, str, str]
    photo = np.random.default_rng(0).random((90, 120, 3), dtype=np.float32)
    found = Finder(path).segment(photo, Prompt(box=(20, 20, 60, 50)))
    assert found.mask.shape == (90, 120)


@pytest.mark.slow
def test_a_finder_that_computes_something_else_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mattekit.inference.export_onnx.WITHIN_OF_SUBJECT", -1.0)
    with pytest.raises(BadWeights, match="subject computes something else in ONNX Runtime"):
        export_onnx(untrained(), tmp_path / "subject.onnx")
    assert list(tmp_path.iterdir()) == []

"""Starting from weights: what fits, what is widened, what is named."""

from pathlib import Path

import pytest
import torch
from torch import nn
from training.toys import ToyConfig, ToyNetwork, same, weights_of

from mattekit.core.errors import BadWeights
from mattekit.models.files import find
from mattekit.networks import weights
from mattekit.training.checkpoints import CheckpointConfig, Checkpoints


def write(path: Path, network: ToyNetwork) -> None:
    weights.save(path, network.state_dict(), weights.describe(ToyConfig(), network))


def test_weights_that_fit_are_taken(tmp_path: Path) -> None:
    donor, network = ToyNetwork(), ToyNetwork()
    write(tmp_path / "donor.safetensors", donor)
    _, tensors = weights.read(find(str(tmp_path / "donor.safetensors")))
    assert weights.start_from(network, tensors, strict=True, source="donor") == []
    assert same(weights_of(donor), weights_of(network))


def test_a_strict_start_refuses_what_does_not_fit_and_names_it() -> None:
    tensors = weights_of(ToyNetwork())
    tensors["head.weight"] = tensors.pop("decoder.weight")
    with pytest.raises(BadWeights, match=r"decoder\.weight.*head\.weight.*init\.strict=false"):
        weights.start_from(ToyNetwork(), tensors, strict=True, source="file")


def test_a_lenient_start_takes_what_fits_and_names_the_rest() -> None:
    donor, network = ToyNetwork(), ToyNetwork()
    tensors = weights_of(donor)
    tensors["head.weight"] = tensors.pop("decoder.weight")
    before = network.decoder.weight.detach().clone()
    remarks = weights.start_from(network, tensors, strict=False, source="file")
    assert torch.equal(network.encoder[0].weight, donor.encoder[0].weight)
    assert torch.equal(network.decoder.weight, before)
    assert [remark.split("(")[1] for remark in remarks] == ["decoder.weight)", "head.weight)"]


def test_a_first_convolution_with_fewer_channels_is_widened_with_zeros() -> None:
    network = nn.Sequential(nn.Conv2d(4, 2, 3, bias=False))
    tensors = {"0.weight": torch.ones(2, 3, 3, 3)}
    remarks = weights.start_from(network, tensors, strict=True, source="file")
    assert network[0].weight[:, :3].eq(1).all()
    assert network[0].weight[:, 3:].eq(0).all()
    assert "widened with zeros (0.weight)" in remarks[0]


def test_weights_of_which_nothing_fits_are_refused_even_leniently() -> None:
    with pytest.raises(BadWeights, match="does not fit"):
        weights.start_from(ToyNetwork(), {"other": torch.zeros(1)}, strict=False, source="file")


def test_a_run_stands_for_its_best_checkpoint(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path, CheckpointConfig())
    for step in (1, 2, 3):
        files = {"weights.safetensors": lambda path: write(path, ToyNetwork())}
        kept.save(step, files, best=step == 2)
    assert find(str(tmp_path)).parent.name == "step-000002"
    assert find(str(kept.of_step(3))).parent.name == "step-000003"


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match="neither a run nor a checkpoint"):
        find(str(tmp_path))

"""Reading pickled checkpoints: what is allowed, what is refused, what is damaged."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mattekit.core.errors import BadWeights
from mattekit.networks.published.checkpoints import read_tensors

STATE = {"a.weight": torch.ones(2, 3), "a.bias": torch.zeros(2)}


class Program:
    """Runs when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch /tmp/mattekit-was-here",)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint.pth"


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("wrapper", ["model_state", "state_dict", "model"])
def test_the_network_is_found_among_numbers_and_optimisers(path, zipped, wrapper) -> None:
    content = {
        "epoch": 3,
        "best": [np.float64(1.5), np.float32(2), np.int64(3), np.bool_(True)],
        wrapper: {f"module.{key}": value for key, value in STATE.items()},
        "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}},
    }
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    tensors = read_tensors(path)
    assert list(tensors) == list(STATE)
    assert torch.equal(tensors["a.weight"], STATE["a.weight"])


@pytest.mark.parametrize("wrapper", ["net", "netG", "model_state_dict", "generator"])
def test_a_network_is_found_under_any_name_where_it_is_the_only_one(path: Path, wrapper) -> None:
    torch.save({"epoch": 3, wrapper: STATE, "optim": {"state": {0: STATE}}}, path)
    assert list(read_tensors(path)) == list(STATE)


def test_several_networks_and_none_are_told_by_the_names_in_the_file(path: Path) -> None:
    torch.save({"epoch": 3, "netG": STATE, "netD": STATE}, path)
    with pytest.raises(BadWeights, match=r"several networks, netG, netD; save the wanted one"):
        read_tensors(path)
    assert list(read_tensors(path, "netD")) == list(STATE)
    torch.save({"epoch": 3, "log": {"loss": 1.0}}, path)
    with pytest.raises(BadWeights, match=r"holds no network: .* entries \(epoch, log\)"):
        read_tensors(path)


def test_a_plain_state_and_a_safetensors_file_are_read(path: Path) -> None:
    torch.save(STATE, path)
    assert list(read_tensors(path)) == list(STATE)
    save_file(STATE, path.with_suffix(".safetensors"))
    assert set(read_tensors(path.with_suffix(".safetensors"))) == set(STATE)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_program_in_a_checkpoint_is_named_and_not_run(path: Path, zipped: bool) -> None:
    torch.save({"state_dict": STATE, "x": Program()}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(BadWeights, match=r"asks for posix\.system when it is opened"):
        read_tensors(path)
    assert not Path("/tmp/mattekit-was-here").exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_damaged_checkpoint_is_refused_in_a_sentence(path: Path, zipped: bool) -> None:
    torch.save({"state_dict": STATE}, path, _use_new_zipfile_serialization=zipped)
    whole = path.read_bytes()
    rng = np.random.default_rng(5)
    for length in [0, 1, *rng.integers(2, len(whole) - 60, 60)]:
        path.write_bytes(whole[:length])
        with pytest.raises(BadWeights, match=r"damaged|asks for"):
            read_tensors(path)


@pytest.mark.parametrize("zipped", [True, False])
def test_wrong_bytes_end_in_a_sentence_or_in_tensors(path: Path, zipped: bool) -> None:
    torch.save({"state_dict": STATE}, path, _use_new_zipfile_serialization=zipped)
    whole = path.read_bytes()
    rng = np.random.default_rng(6)
    for _ in range(150):
        mutant = bytearray(whole)
        for place in rng.integers(0, len(whole), 4):
            mutant[place] = rng.integers(256)
        path.write_bytes(bytes(mutant))
        try:
            assert isinstance(read_tensors(path), dict)
        except BadWeights as error:
            assert "checkpoint.pth" in str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<!doctype html><html>not found</html>", "damaged or no PyTorch checkpoint"),
        (pickle.dumps({"a": 1}), "damaged or no PyTorch checkpoint"),
    ],
)
def test_something_else_is_refused(path: Path, content: bytes, sentence: str) -> None:
    path.write_bytes(content)
    with pytest.raises(BadWeights, match=sentence):
        read_tensors(path)


@pytest.mark.parametrize("content", [[1, 2], {"epoch": 3}, torch.ones(3)])
def test_a_checkpoint_without_tensors_by_name_is_refused(path: Path, content) -> None:
    torch.save(content, path)
    with pytest.raises(BadWeights, match="holds no network"):
        read_tensors(path)


def test_a_missing_and_a_broken_file_are_named(path: Path) -> None:
    with pytest.raises(BadWeights, match=r"no file .*checkpoint\.pth"):
        read_tensors(path)
    broken = path.with_suffix(".safetensors")
    broken.write_bytes(b"12345678{}")
    with pytest.raises(BadWeights, match="is damaged"):
        read_tensors(broken)

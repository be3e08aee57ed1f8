"""Weights files: header, strict loading, names of models, damage."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from mattekit.core.errors import BadArgument, BadWeights
from mattekit.models.files import read_contents
from mattekit.networks import build, config_of
from mattekit.networks.weights import Header, describe, load, read, read_header, save

CONFIG = config_of("samplenet", part="background", init="pytorch")
PICTURE = (torch.rand(1, 3, 64, 64), torch.full((1, 1, 64, 64), 0.5))


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    return CONFIG.build().eval()


@pytest.fixture
def path(network, tmp_path: Path) -> Path:
    header = describe(CONFIG, network, source="here", licence="MIT", notes=("one", "two"))
    save(tmp_path / "small.safetensors", network.state_dict(), header)
    return tmp_path / "small.safetensors"


def test_a_network_comes_back_from_its_file(network, path: Path) -> None:
    again = load(path).eval()
    with torch.no_grad():
        assert torch.equal(again(*PICTURE).background, network(*PICTURE).background)
    assert all(not weight.is_meta for weight in [*again.parameters(), *again.buffers()])
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.slow
def test_a_network_of_our_own_blocks_needs_no_timm() -> None:
    """Importing it takes longer than everything else before the first prediction."""
    code = (
        "import sys; from mattekit.networks import config_of; import mattekit.inference.load; "
        "[config_of(name) for name in ('dim', 'alphagan', 'samplenet')]; "
        "print([name for name in ('timm', 'torchvision') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_file_says_what_it_holds(path: Path) -> None:
    header = read_header(path)
    assert header.architecture == "samplenet"
    assert header.config == CONFIG
    assert header.licence == "MIT"
    assert header.notes == ("one", "two")
    assert header.training_data == "not stated"
    assert header.preprocessing["order"] == "bgr"
    assert header.preprocessing["trimap_code"] == [-1, 0, 1]
    assert set(header.preprocessing) == {
        *("order", "scale", "mean", "std", "trimap_code", "multiple_of")
    }
    assert read_contents(path).parameters == 3_601_542


def test_half_precision_on_disk_becomes_single_in_memory(network, path: Path) -> None:
    header, tensors = read(path)
    save(path, {key: tensor.half() for key, tensor in tensors.items()}, header)
    again = load(path)
    assert {weight.dtype for weight in again.parameters()} == {torch.float32}


def test_keys_that_do_not_fit_are_named(path: Path) -> None:
    header, tensors = read(path)
    first, second, *_ = list(tensors)
    tensors["extra"] = tensors.pop(first)
    tensors[second] = tensors[second][:1]
    save(path, tensors, header)
    with pytest.raises(BadWeights) as caught:
        load(path)
    sentence = str(caught.value)
    assert f"1 missing ({first}); 1 unexpected (extra); 1 of another shape ({second} is" in sentence


def test_many_differences_are_counted_and_the_first_named(path: Path) -> None:
    header, tensors = read(path)
    save(path, {"one": tensors.popitem()[1]}, header)
    with pytest.raises(BadWeights, match=r"84 missing \((\S+, ){4}\S+ and 79 more\)"):
        load(path)


def test_an_unknown_architecture_or_option_is_named(path: Path) -> None:
    tensors = read(path)[1]
    save(path, tensors, Header(architecture="nonet"))
    with pytest.raises(BadWeights, match="cannot build: no network is called 'nonet'"):
        load(path)
    save(path, tensors, Header(architecture="samplenet", options={"part": "sky"}))
    with pytest.raises(BadWeights, match="part is one of background, foreground"):
        load(path)


def test_damaged_foreign_and_missing_files_are_refused(path: Path) -> None:
    whole = path.read_bytes()
    for length in (0, 4, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(BadWeights, match="is damaged or not a"):
            load(path)
    save_file({"a": torch.ones(1)}, path)
    with pytest.raises(BadWeights, match="does not say which network it is"):
        load(path)
    save_file({"a": torch.ones(1)}, path, {"mattekit": '{"layers": 3}'})
    with pytest.raises(BadWeights, match="a header that is not mattekit's"):
        load(path)
    with pytest.raises(BadWeights, match="there is no file"):
        load(path.parent / "none.safetensors")


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("dmi", {}, "no network is called 'dmi'; there are alphagan"),
        ("dim", {"skips": "add"}, "no option skips; it has skip, conv6_kernel"),
        ("dim", {"conv6_kernel": 5}, "conv6_kernel is one of 1, 3, not 5"),
        ("patchgan", {"width": "wide"}, "width is a number, not 'wide'"),
    ],
)
def test_what_cannot_be_built_is_said(name, options, sentence: str) -> None:
    with pytest.raises(BadArgument, match=sentence):
        build(name, **options)


def test_options_may_be_words() -> None:
    config = config_of("dim", conv6_kernel="1", refine="true", skip="NONE")
    assert (config.conv6_kernel, config.refine, config.skip) == (1, True, "none")
    assert config_of("patchgan", width="12").width == 12

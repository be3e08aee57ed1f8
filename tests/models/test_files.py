"""Weights files from outside: header, folders, names."""

import json
from pathlib import Path

import numpy as np
import platformdirs.macos
import platformdirs.unix
import pytest
from safetensors.numpy import save_file

from mattekit.core.errors import BadArgument, BadWeights
from mattekit.models.files import find, model_files, models_folder, read_contents


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tensors = {
        "layer.weight": np.zeros((4, 3, 2, 2), dtype=np.float32),
        "norm.running_mean": np.zeros(4, dtype=np.float32),
        "scale": np.ones((), dtype=np.float32),
    }
    save_file(tensors, tmp_path / "small.safetensors", {"from": "a test"})
    return tmp_path / "small.safetensors"


def test_the_header_tells_texts_shapes_and_parameters(path: Path) -> None:
    contents = read_contents(path)
    assert contents.texts == {"from": "a test"}
    assert contents.shapes["layer.weight"] == (4, 3, 2, 2)
    assert contents.parameters == 4 * 3 * 2 * 2 + 1


def test_a_shortened_or_foreign_file_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for damaged in [whole[:length] for length in (0, 7, 40, len(whole) - 1)] + [whole + b"x"]:
        path.write_bytes(damaged)
        with pytest.raises(BadWeights, match="is damaged or not a"):
            read_contents(path)
    for text in ("[]", '{"a": 1}', '{"a": {"shape": [1]}}', "{"):
        path.write_bytes(len(text).to_bytes(8, "little") + text.encode())
        with pytest.raises(BadWeights, match="is damaged or not a"):
            read_contents(path)
    with pytest.raises(BadWeights, match="there is no file"):
        read_contents(path.parent / "none.safetensors")


def test_models_live_where_the_user_says(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTEKIT_HOME", str(path.parent))
    assert models_folder() == path.parent
    assert model_files()["small"] == path
    assert find("small") == path
    assert find(str(path)) == path
    with pytest.raises(BadArgument, match=r"no model is called 'large'; there are .*small"):
        find("large")
    with pytest.raises(BadWeights, match=r"no file .*large\.safetensors"):
        find("large.safetensors")


def test_the_new_name_of_the_variable_is_preferred(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MATTEKIT_HOME", str(tmp_path / "old"))
    monkeypatch.setenv("MATTEKIT_MODELS", str(tmp_path / "new"))
    assert models_folder() == tmp_path / "new"


@pytest.mark.parametrize(
    ("system", "variable", "expected"),
    [
        (platformdirs.unix.Unix, "XDG_DATA_HOME", "data/mattekit"),
        (platformdirs.macos.MacOS, "HOME", "data/Library/Application Support/mattekit"),
    ],
)
def test_otherwise_they_live_where_the_platform_keeps_data(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, system, variable, expected
) -> None:
    for name in ("MATTEKIT_HOME", "MATTEKIT_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(tmp_path / "data"))
    monkeypatch.setattr(platformdirs, "PlatformDirs", system)
    assert models_folder() == tmp_path / expected


def test_the_shipped_model_says_what_it_is_and_on_what_terms() -> None:
    contents = read_contents(find("compact"))
    said = json.loads(contents.texts["mattekit"])
    assert said["architecture"] == "compact"
    assert "Apache-2.0" in said["licence"]
    assert "photographs" in said["training_data"]
    assert 1_500_000 < contents.parameters < 3_000_000

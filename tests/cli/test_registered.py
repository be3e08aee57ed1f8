"""`mattekit models` for public models: terms first, checked files, nothing unasked."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
import subject.drawn_networks as drawn
from cli.conftest import Command

from mattekit.models import installed as fetching
from mattekit.models import registry as registering
from mattekit.models.registry import InputConfig, ModelFile, OutputConfig, RegisteredModel, registry
from mattekit.subject import golden


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("MATTEKIT_HOME", "MATTEKIT_MODELS"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of files that would have been downloaded."""
    asked: list[str] = []

    def pretend(file: object, folder: Path, progress: object) -> None:
        asked.append(file.name)  # type: ignore[attr-defined]
        (folder / file.name).write_bytes(b"weights")  # type: ignore[attr-defined]

    monkeypatch.setattr(fetching, "_fetch_file", pretend)
    return asked


def test_get_shows_terms_size_and_address_and_downloads_nothing_unasked(
    mattekit: Command, no_network: list[str]
) -> None:
    result = mattekit("models", "get", "u2netp")
    assert result.exit_code == 2
    for text in (
        "weights Apache-2.0",
        "commercial use: yes",
        "4.6 MB: https://github.com/danielgatis/rembg/",
        "run: mattekit models get u2netp --accept-licence u2netp",
    ):
        assert text in result.stderr
    assert not no_network


def test_get_downloads_what_is_accepted(
    mattekit: Command, no_network: list[str], home: Path
) -> None:
    result = mattekit("models", "get", "u2netp", "--accept-licence", "u2netp")
    assert result.exit_code == 0, result.output
    assert str(home / "u2netp") in result.stdout
    assert no_network == ["u2netp.onnx"]
    other = mattekit("models", "get", "silueta", "--accept-licence", "u2netp")
    assert other.exit_code == 2
    assert "is for another model" in other.stderr


@pytest.mark.parametrize("way", ["option", "variable"])
def test_commercial_only_refuses(
    mattekit: Command, no_network: list[str], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    words = ["models", "get", "bria-rmbg", "--accept-licence", "bria-rmbg"]
    if way == "option":
        words.append("--commercial-only")
    else:
        monkeypatch.setenv("MATTEKIT_COMMERCIAL_ONLY", "1")
    result = mattekit(*words)
    assert result.exit_code == 2
    assert "bria-rmbg is refused by" in result.stderr
    assert "CC-BY-NC-4.0" in result.stderr
    assert not no_network


def test_a_model_without_an_address_is_imported_recorded_verified_and_removed(
    mattekit: Command, tmp_path: Path, home: Path
) -> None:
    refused = mattekit("models", "get", "ben2", "--accept-licence", "ben2")
    assert "run: mattekit models import ben2 ben2.onnx" in refused.stderr
    (tmp_path / "mine.onnx").write_bytes(b"weights")
    assert "as imported" in mattekit("models", "import", "ben2", tmp_path / "mine.onnx").output
    again = mattekit("models", "import", "ben2", tmp_path / "mine.onnx")
    assert "exists; add --overwrite" in again.stderr
    assert mattekit("models", "verify", "ben2").exit_code == 0
    installed = home / "ben2" / "ben2.onnx"
    installed.write_bytes(b"Weights")
    changed = mattekit("models", "verify", "ben2", "--json")
    assert changed.exit_code == 1
    assert json.loads(changed.stdout)["files"] == {str(installed): "changed"}
    assert "models remove ben2, then" in changed.stderr
    removed = mattekit("models", "remove", "ben2")
    assert f"removed {installed}" in removed.stdout
    assert not (home / "ben2").exists()
    assert mattekit("models", "remove", "ben2").exit_code == 2


def test_a_file_on_record_must_be_the_one_on_record(
    mattekit: Command, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.onnx").write_bytes(b"weights")
    result = mattekit("models", "import", "u2netp", tmp_path / "mine.onnx")
    assert result.exit_code == 1
    assert "is not the u2netp.onnx on record" in result.stderr
    assert not home.exists()
    digest = hashlib.md5(b"weights").hexdigest()
    changed_entry(monkeypatch, "u2net", files=(ModelFile(name="u2net.onnx", md5=digest),))
    result = mattekit("models", "import", "u2net", tmp_path / "mine.onnx")
    assert "as published" in result.output


def changed_entry(monkeypatch: pytest.MonkeyPatch, name: str, **changes: object) -> RegisteredModel:
    """An entry of the registry as it is, but for these fields."""
    entry = replace(registry()[name], **changes)  # type: ignore[arg-type]
    entries = registry() | {name: entry}
    for module in ("mattekit.cli.models", registering.__name__):
        monkeypatch.setattr(f"{module}.registry", lambda: entries)
    return entry


def test_verify_runs_the_network_and_compares_what_it_finds_with_the_golden(
    mattekit: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = {"input": InputConfig(size=(64, 64)), "output": OutputConfig()}
    entry = changed_entry(monkeypatch, "ben2", **how)
    mattekit("models", "import", "ben2", drawn.grey(tmp_path / "mine.onnx"))
    assert "golden" not in mattekit("models", "verify", "ben2").stdout
    found = golden.answer(entry)
    assert found[0][0] > found[5][4] > 0  # the wall is brighter than the pawn
    changed_entry(monkeypatch, "ben2", **how, golden=found)
    assert "golden: largest difference 0 of 255" in mattekit("models", "verify", "ben2").stdout
    how["output"] = OutputConfig(activation="sigmoid")
    changed_entry(monkeypatch, "ben2", **how, golden=found)
    wrong = mattekit("models", "verify", "ben2", "--json")
    assert wrong.exit_code == 1
    assert json.loads(wrong.stdout)["golden"] > golden.TOLERANCE
    assert "does not find in a drawn picture what is on record" in wrong.stderr


def test_a_pair_needs_both_files(mattekit: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(b"weights")
    result = mattekit("models", "import", "sam2-tiny", tmp_path / "mine.onnx")
    assert "sam2-tiny-encoder.onnx and sam2-tiny-decoder.onnx; 1 file was given" in result.stderr


@pytest.mark.slow
def test_list_and_show_tell_what_is_installed_and_the_terms(
    mattekit: Command, no_network: list[str]
) -> None:
    mattekit("models", "get", "u2netp", "--accept-licence", "u2netp")
    lines = mattekit("models", "list").stdout.splitlines()
    line = next(line for line in lines if line.startswith("u2netp "))
    assert "installed" in line
    public = json.loads(mattekit("models", "list", "--json").stdout)["public"]
    assert {entry["id"]: entry["installed"] for entry in public if entry["installed"]} == {
        "u2netp": True
    }
    shown = mattekit("models", "show", "mobile-sam").stdout
    assert "licence of the weights: Apache-2.0" in shown
    assert json.loads(mattekit("models", "show", "rmbg-1.4", "--json").stdout)["licence"][
        "commercial"
    ] == ("no")

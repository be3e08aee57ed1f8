"""`mattekit models`: import, list, show, verify."""

import hashlib
import json
import sys
from pathlib import Path

import pytest
import torch
from networks.published.published_files import shapes_of, tensor, write
from typer.testing import CliRunner, Result

from mattekit.cli.main import app
from mattekit.models.files import find
from mattekit.networks.weights import read, read_header, save


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATTEKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write(tmp_path / "BGDFV1.pth", "samplenet-background", part="background")


def mattekit(*words: object) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, words)])


def imported(checkpoint: Path, *words: object) -> Result:
    return mattekit("import", "samplenet-background", checkpoint, *words)


@pytest.mark.slow
def test_an_imported_model_is_listed_shown_and_verified(checkpoint: Path, home: Path) -> None:
    result = imported(checkpoint)
    assert result.exit_code == 0, result.output
    file = home / "BGDFV1.safetensors"
    fingerprint = hashlib.sha256(file.read_bytes()).hexdigest()
    assert fingerprint in result.output
    assert "part=background" in result.output

    listed = mattekit("list")
    assert "BGDFV1  samplenet, 3,601,542 parameters" in listed.output
    assert "non-commercial" in listed.output
    assert fingerprint[:16] in listed.output

    shown = json.loads(mattekit("show", "BGDFV1", "--json").output)
    assert shown["sha256"] == fingerprint
    assert shown["preprocessing"]["order"] == "bgr"

    verified = mattekit("verify", "BGDFV1")
    assert verified.exit_code == 0, verified.output
    assert "all 84 matched, 3,601,542 parameters" in verified.output
    assert "computes what the published program does" in verified.output
    assert "trimap_code=[-1.0, 0.0, 1.0]" in verified.output
    assert "Adobe Deep Image Matting" in verified.output
    assert "Composition-1k" in verified.output


@pytest.mark.slow
def test_what_is_shipped_is_listed_with_its_terms() -> None:
    listed = mattekit("list")
    assert listed.exit_code == 0
    assert "licence: MIT" in listed.output
    assert "in the package: small, which finds the subject" in mattekit("list").output
    models = json.loads(mattekit("list", "--json").output)["models"]
    assert [model["name"] for model in models] == ["compact"]
    got = mattekit("get", "compact")
    assert got.exit_code == 0
    assert "compact is here already" in got.output


def test_a_broken_file_among_the_models_is_named_and_the_others_are_listed(home: Path) -> None:
    home.mkdir()
    (home / "broken.safetensors").write_bytes(b"12345678")
    listed = mattekit("list")
    assert listed.exit_code == 1
    assert "broken.safetensors is damaged" in listed.stderr
    assert "compact" in listed.stdout


@pytest.mark.slow
def test_the_shipped_networks_are_shown_verified_and_there_already() -> None:
    verified = mattekit("verify", "compact")
    assert verified.exit_code == 0, verified.output
    assert "golden         no output of the published program is recorded" in verified.output
    assert "architecture: compact" in mattekit("show", "compact-2").output
    assert "no model or network 'compakt'" in mattekit("show", "compakt").output
    assert "compact-1 is here already: " in mattekit("get", "compact-1").output
    for command in ("show", "verify"):
        refused = mattekit(command, "compact-1")
        assert refused.exit_code == 1
        assert "does not say which network it is; it was exported to run" in refused.output


@pytest.mark.slow
def test_a_run_is_shown_and_a_folder_that_is_none_hides_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    header, tensors = read(find("compact-2"))
    save(tmp_path / "run" / "checkpoints" / "step-000002" / "weights.safetensors", tensors, header)
    (tmp_path / "run" / "checkpoints" / "last").write_text("step-000002\n")
    assert "architecture: compact" in mattekit("show", "run").output
    (tmp_path / "dim").mkdir()
    assert "network: dim" in mattekit("show", "dim").output


def test_a_network_is_shown_with_its_options() -> None:
    shown = mattekit("show", "dim")
    assert shown.exit_code == 0
    assert "conv6_kernel: 1|3, default 3. Kernel of conv6_1" in shown.output
    unknown = mattekit("show", "fba")
    assert unknown.exit_code == 2
    assert "no model or network 'fba'" in unknown.output


def test_without_torch_a_name_that_is_no_model_is_said_to_be_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in sys.modules if name.startswith("mattekit.networks")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    unknown = mattekit("show", "u2nett")
    assert unknown.exit_code == 1
    assert "there is no model 'u2nett'; to look for it among the networks" in unknown.output


def test_an_existing_model_is_kept_unless_asked(checkpoint: Path, tmp_path: Path) -> None:
    file = tmp_path / "own.safetensors"
    file.write_text("precious")
    kept = imported(checkpoint, "-o", file)
    assert kept.exit_code == 1
    assert "exists; add --overwrite" in kept.output
    assert file.read_text() == "precious"
    assert imported(checkpoint, "-o", file, "--overwrite").exit_code == 0
    assert read_header(file).architecture == "samplenet"


@pytest.mark.slow
def test_what_is_missing_is_named_and_not_strict_goes_on(tmp_path: Path, home: Path) -> None:
    shapes = shapes_of("samplenet-background", part="background")
    lost = shapes.popitem()[0]
    torch.save({key: tensor(key, shape) for key, shape in shapes.items()}, tmp_path / "a.pth")
    refused = imported(tmp_path / "a.pth")
    assert refused.exit_code == 1
    assert f"1 missing ({lost})" in refused.output
    assert not list(home.glob("*"))
    taken = imported(tmp_path / "a.pth", "--not-strict")
    assert taken.exit_code == 0
    assert lost in taken.output
    assert f"imported although 1 missing ({lost})" in mattekit("show", "a").output


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (["import", "resnet", "x.pth"], 2, "no kind is called 'resnet'; there are alphagan-a6"),
        (["import", "dim", "x.pth"], 1, "there is no file x.pth"),
        (["import", "dim", "x.pth", "-o", "x.pt"], 2, "does not end in .safetensors"),
        (["import", "dim", "x.pth", "y.pth"], 2, "dim is one file, but 2 were given"),
        (["import", "dim", "x.pth", "--option", "skip"], 2, "'skip' is not an option"),
        (["verify", "nothing"], 2, "no model is called 'nothing'"),
    ],
)
def test_a_mistake_is_one_sentence(words, exit_code: int, sentence: str) -> None:
    result = mattekit(*words)
    assert result.exit_code == exit_code
    assert sentence in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_an_option_that_the_file_does_not_tell_can_be_given(tmp_path: Path, home: Path) -> None:
    shapes = shapes_of("samplenet-background", part="background")
    torch.save({key: tensor(key, shape) for key, shape in shapes.items()}, tmp_path / "fill.pth")
    result = mattekit("import", "deepfill", tmp_path / "fill.pth", "--option", "part=foreground")
    assert result.exit_code == 0, result.output
    assert read_header(home / "fill.safetensors").options["part"] == "foreground"


@pytest.mark.slow
def test_a_file_that_is_not_finite_does_not_pass(checkpoint: Path, home: Path) -> None:
    state = torch.load(checkpoint, weights_only=True)["model"]
    first = next(iter(state))
    state[first] = torch.full_like(state[first], torch.nan)
    torch.save(state, checkpoint)
    assert imported(checkpoint).exit_code == 0
    verified = mattekit("verify", "BGDFV1", "--json")
    assert verified.exit_code == 1
    report = json.loads(verified.stdout)
    assert report["finite"] is False
    assert report["faithful"] is False

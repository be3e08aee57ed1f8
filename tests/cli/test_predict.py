"""`mattekit predict` on miniature sets, with a network in an ONNX file."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from inference.toy import Local
from typer.testing import CliRunner, Result

from mattekit.cli.main import app
from mattekit.core.tensors import Prediction
from mattekit.core.types import FOREGROUND, UNKNOWN
from mattekit.data.lists import write_rows
from mattekit.imaging.files import (
    open_picture,
    read_alpha,
    read_image,
    read_trimap,
    write_alpha,
    write_image,
    write_trimap,
)
from mattekit.inference.export_onnx import export_onnx
from mattekit.inference.torch_network import TorchNetwork

NAMES = ("a_0", "a_1", "b 2")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "local.onnx"
    export_onnx(TorchNetwork(Local(), name="local", device=torch.device("cpu")), path)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    for name in NAMES:
        write_image(tmp_path / "rgb" / f"{name}.png", rng.random((40, 52, 3), dtype=np.float32))
        labels = np.zeros((40, 52), np.uint8)
        labels[10:30] = UNKNOWN
        labels[18:22] = FOREGROUND
        write_trimap(tmp_path / "trimap" / f"{name}.png", labels)
    rows = [(f"rgb/{name}.png", f"trimap/{name}.png") for name in NAMES]
    write_rows(tmp_path / "val_set.txt", rows)
    return tmp_path


def predict(model: Path, *words: object) -> Result:
    return CliRunner().invoke(app, ["predict", "--model", str(model), *map(str, words)])


def folders(data: Path) -> list[object]:
    return [data / "rgb", "--trimap", data / "trimap", "-o", data / "out"]


@pytest.mark.slow
def test_a_folder_gives_one_alpha_a_picture_with_the_known_pixels_kept(
    model: Path, data: Path
) -> None:
    result = predict(model, *folders(data), "--bits", 16)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (data / "out").iterdir()) == [f"{n}.png" for n in NAMES]
    for name in NAMES:
        trimap = read_trimap(data / "trimap" / f"{name}.png")
        alpha = read_alpha(data / "out" / f"{name}.png")
        known = trimap != UNKNOWN
        np.testing.assert_array_equal(alpha[known], trimap[known] == FOREGROUND)
        assert 0 < alpha[~known].mean() < 1


def test_a_list_reads_pictures_and_trimaps_from_its_rows_and_names_never_collide(
    model: Path, data: Path
) -> None:
    result = predict(
        model, "--list", data / "val_set.txt", "-o", data / "out", "--size", "64x32",
        "--save", "alpha,foreground,trimap,rgba",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert len(list((data / "out").iterdir())) == 4 * len(NAMES)
    assert open_picture(data / "out" / "a_1-foreground.png").size == (40, 52)
    np.testing.assert_array_equal(
        read_trimap(data / "out" / "a_1-trimap.png"), read_trimap(data / "trimap" / "a_1.png")
    )


def test_alphamatting_writes_one_folder_for_each_kind_of_trimap(model: Path, data: Path) -> None:
    (data / "rgb").rename(data / "input_lowres")
    for kind in ("Trimap1", "Trimap2"):
        for name in NAMES:
            labels = read_trimap(data / "trimap" / f"{name}.png")
            write_trimap(data / "trimap_lowres" / kind / f"{name}.png", labels)
    result = predict(model, "--alphamatting", data, "-o", data / "out")
    assert result.exit_code == 0, result.output
    found = sorted(str(path.relative_to(data / "out")) for path in (data / "out").rglob("*.png"))
    assert found == [f"{kind}/{name}.png" for kind in ("Trimap1", "Trimap2") for name in NAMES]


def test_a_shrunk_picture_gives_planes_of_its_own_size(model: Path, data: Path) -> None:
    result = predict(model, *folders(data), "--max-short-side", 16)
    assert result.exit_code == 0, result.output
    assert open_picture(data / "out" / "a_0.png").size == (40, 52)


def test_a_missing_trimap_fails_alone_and_is_named(model: Path, data: Path) -> None:
    (data / "trimap" / "a_1.png").unlink()
    result = predict(model, *folders(data), "--json")
    assert result.exit_code == 1
    results = json.loads(result.stdout)["results"]
    assert [entry["status"] for entry in results] == ["done", "failed", "done"]
    assert "a_1.png" in results[1]["error"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--strategy", "hybrid"], "hybrid does not suit local"),
        (["--strategy", "whale"], "no strategy 'whale'; choose whole, tile, resize, hybrid"),
        (["--strategy", "whole", "--tile", 64], "the strategy whole has no size"),
        (["--strategy", "resize", "--legacy"], "resize: legacy rounds the sizes of a ratio"),
        (["--strategy", "resize", "--ratio", "1/0"], "'1/0' is no share; write it like 1/3"),
        (["--save", "beta"], "no output 'beta'"),
        (["--save", "focus"], "local gives no focus; it gives alpha, foreground, rgba, trimap"),
        (["--save", "alpha,recomposition"], "local gives no recomposition"),
        (["--min-confidence", 0.9], "local does not say how sure it is"),
        (["--list", "list.txt"], "name the photos, or give one of"),
        (["--precision", "16"], "the precision is one of 32, bf16, fp16, not '16'"),
        (["--devices", 2, "--device", "cpu"], "--devices counts GPUs, and the device is cpu"),
        (["--devices", 99], "the device cuda:98 was asked for, but this machine has"),
    ],
)
def test_usage_errors_are_one_sentence_before_any_work(
    model: Path, data: Path, words: list[object], message: str
) -> None:
    result = predict(model, *folders(data), *words)
    assert result.exit_code == 2
    assert message in result.output
    assert not (data / "out").exists()


@pytest.mark.slow
def test_predictions_are_measured_against_the_truth_and_the_numbers_lie_beside_them(
    model: Path, data: Path
) -> None:
    for name in NAMES:
        write_alpha(data / "true" / f"{name}.png", np.linspace(0, 1, 40 * 52).reshape(40, 52))
    result = predict(model, *folders(data), "--true", data / "true")
    assert result.exit_code == 0, result.output
    document = json.loads((data / "out" / "metrics.json").read_text())
    assert [entry["status"] for entry in document["results"]] == ["done"] * len(NAMES)
    assert "**mean**" in result.output
    assert (data / "out" / "metrics.csv").exists()


class Doubtful(Local):
    """The same with an expected error of a quarter everywhere."""

    def forward(self, image: torch.Tensor, trimap: torch.Tensor) -> Prediction:
        prediction = super().forward(image, trimap)
        error = torch.full_like(prediction.alpha, 0.25)
        return replace(prediction, log_error=error.log())


@pytest.mark.slow
def test_pictures_below_the_least_confidence_are_unsure(data: Path) -> None:
    network = TorchNetwork(Doubtful(), name="doubtful", device=torch.device("cpu"))
    export_onnx(network, data / "doubtful.onnx")
    words = [*folders(data), "--json", "--min-confidence"]
    result = predict(data / "doubtful.onnx", *words, 0.7)
    assert result.exit_code == 0, result.output
    (first, *_) = json.loads(result.stdout)["results"]
    assert first["extra"] == {"confidence": 0.75}
    result = predict(data / "doubtful.onnx", *words, 0.8, "--overwrite")
    assert result.exit_code == 1
    assert [entry["status"] for entry in json.loads(result.stdout)["results"]] == ["unsure"] * 3
    assert "3 of 3 are unsure" in result.stderr
    cutout = ["cutout", data / "rgb" / "a_0.png", "--trimap", data / "trimap" / "a_0.png"]
    words = [*cutout, "--model", data / "doubtful.onnx", "--min-confidence", 0.8]
    result = CliRunner().invoke(app, [*map(str, words), "-o", str(data / "cut")])
    assert result.exit_code == 1
    assert "confidence 0.75 is below 0.8" in result.stderr


def test_without_a_model_the_shipped_one_predicts(data: Path) -> None:
    words = [*map(str, folders(data)), "--json"]
    result = CliRunner().invoke(app, ["predict", *words])
    assert result.exit_code == 0, result.output
    records = json.loads(result.stdout)["results"]
    assert {record["model"] for record in records} == {"compact"}


def test_rgba_holds_the_alpha(model: Path, data: Path) -> None:
    assert predict(model, *folders(data), "--save", "alpha,rgba").exit_code == 0
    cut_out, alpha = data / "out" / "a_0.png", data / "out" / "a_0-alpha.png"
    np.testing.assert_array_equal(read_alpha(cut_out), read_alpha(alpha))
    assert read_image(cut_out).shape == (40, 52, 3)


def test_processes_that_share_gpus_have_one_each(monkeypatch: pytest.MonkeyPatch) -> None:
    from mattekit.cli import predict as command

    used = []
    monkeypatch.setattr("mattekit.inference.load.load", lambda model, device: used.append(device))
    for number in ("MainProcess", "SpawnProcess-1", "SpawnProcess-2", "SpawnProcess-3"):
        monkeypatch.setattr(command, "current_process", lambda n=number: SimpleNamespace(name=n))
        command._build("model", device="auto", devices=2)
    assert used == ["cuda:0", "cuda:1", "cuda:0", "cuda:1"]

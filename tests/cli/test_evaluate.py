"""`mattekit evaluate`: files, exit codes, what is written and what is said."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models import vgg
from typer.testing import CliRunner, Result

from mattekit.cli.main import app
from mattekit.imaging.files import write_alpha, write_image, write_trimap


def disc(radius: float) -> np.ndarray:
    y, x = np.indices((24, 32))
    return np.clip((radius - np.hypot(y - 12, x - 16)) / 5 + 0.5, 0, 1).astype(np.float32)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    true = disc(8)
    trimap = np.where(true <= 0, 0, np.where(true >= 1, 2, 1)).astype(np.uint8)
    for number, name in enumerate(("cat", "dog", "emu")):
        write_alpha(tmp_path / "true" / f"{name}.png", true)
        write_trimap(tmp_path / "trimaps" / f"{name}.png", trimap)
        write_alpha(tmp_path / "one" / f"{name}.png", disc(8 - number / 2))
        write_alpha(tmp_path / "two" / f"{name}.png", disc(8 - number))
        write_image(tmp_path / "photos" / f"{name}.jpg", np.full((24, 32, 3), 0.5, np.float32))
    return tmp_path


def run(root: Path, *words: str, predicted: str = "one", trimaps: bool = True) -> Result:
    line = ["evaluate", "--predicted", str(root / predicted), "--true", str(root / "true")]
    line += ["--trimap", str(root / "trimaps")] if trimaps else []
    return CliRunner().invoke(app, [*line, "--processes", "1", *words])


def test_the_means_and_the_worst_pictures_are_printed(root: Path) -> None:
    result = run(root)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "protocol official, 3 pictures"
    assert lines[2] == "| | SAD | MSE | MAD | Grad | Conn |"
    assert [line.split(" | ")[0] for line in lines[4:]] == ["| **mean**", "| emu", "| dog", "| cat"]
    assert "3 of 3 measured" in result.stderr


def test_single_files_belong_together_whatever_their_names(root: Path) -> None:
    line = ["evaluate", "--predicted", str(root / "one" / "dog.png")]
    line += [
        "--true",
        str(root / "true" / "cat.png"),
        "--trimap",
        str(root / "trimaps" / "emu.png"),
    ]
    result = CliRunner().invoke(app, line)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].startswith("| dog |")


def test_json_csv_and_html_are_written_and_agree(root: Path) -> None:
    json_file, csv_file, html_file = (root / f"out.{kind}" for kind in ("json", "csv", "html"))
    words = ("-o", json_file, "-o", csv_file, "-o", html_file)
    result = run(root, *map(str, words), "--photos", str(root / "photos"))
    assert result.exit_code == 0, result.output
    document = json.loads(json_file.read_text())
    lines = list(csv.DictReader(csv_file.read_text().splitlines()))
    assert document["protocol"]["title"] == "official"
    assert document["places"]["true"] == str(root / "true")
    assert [line["name"] for line in lines] == ["cat", "dog", "emu", "mean"]
    assert float(lines[-1]["sad"]) == document["means"]["sad"]
    page = html_file.read_text()
    assert page.count("<article") == 3
    assert page.count("<figure>") == 12


def test_json_to_stdout_is_nothing_but_json(root: Path) -> None:
    result = run(root, "--json")
    assert json.loads(result.stdout)["pictures"] == 3
    assert result.stderr == ""


def test_existing_results_are_kept_unless_overwrite_is_given(root: Path) -> None:
    kept = root / "out.csv"
    kept.write_text("mine")
    refused = run(root, "-o", str(kept))
    assert refused.exit_code == 1
    assert "add --overwrite" in refused.stderr
    assert kept.read_text() == "mine"
    assert run(root, "-o", str(kept), "--overwrite").exit_code == 0
    assert kept.read_text() != "mine"


def test_what_is_wrong_is_named_the_rest_is_measured_and_the_exit_code_is_1(root: Path) -> None:
    (root / "one" / "dog.png").write_bytes(b"no picture")
    write_alpha(root / "one" / "fox.png", disc(5))
    result = run(root, "-o", str(root / "out.html"))
    assert result.exit_code == 1
    assert "fox: no truth" in result.stderr
    assert "dog.png" in result.stderr
    assert "2 pictures" in result.stdout
    page = (root / "out.html").read_text()
    assert "no truth" in page
    assert "dog.png" in page


def test_a_second_folder_is_compared_picture_by_picture(root: Path) -> None:
    words = ("--against", str(root / "two"), "-o", str(root / "out.html"))
    result = run(root, *words, "-o", str(root / "out.json"))
    assert result.exit_code == 0, result.output
    assert f"| | {root / 'one'} | {root / 'two'} | difference |" in result.stdout
    differences = json.loads((root / "out.json").read_text())["comparison"]["differences"]
    sad = next(entry for entry in differences if entry["metric"] == "sad")
    assert (sad["better"], sad["worse"], sad["pictures"]) == (0, 2, 3)
    assert sad["low"] <= sad["difference"] <= sad["high"]
    assert "prediction 2" in (root / "out.html").read_text()


def test_pictures_that_the_second_folder_lacks_are_named(root: Path) -> None:
    (root / "two" / "dog.png").unlink()
    result = run(root, "--against", str(root / "two"))
    assert result.exit_code == 1
    assert "dog: no prediction" in result.stderr
    assert f"dog: measured in {root / 'one'} only" in result.stderr


def test_an_earlier_run_is_compared_from_its_json(root: Path) -> None:
    earlier = root / "two.json"
    assert run(root, "-o", str(earlier), predicted="two").exit_code == 0
    assert "| difference |" in run(root, "--against", str(earlier)).stdout
    words = [
        "evaluate",
        "--predicted",
        str(earlier),
        "--true",
        str(root),
        "--against",
        str(earlier),
    ]
    compared = CliRunner().invoke(app, [*words, "-o", str(root / "out.html")])
    assert "not distinguishable" in compared.stdout
    assert "not distinguishable" in (root / "out.html").read_text()
    other_protocol = run(root, "--against", str(earlier), "--protocol", "gfm")
    assert other_protocol.exit_code == 2
    assert "measure both with the same one" in other_protocol.stderr
    earlier.write_text("{}")
    assert "not the JSON document" in run(root, "--against", str(earlier)).stderr
    assert "does not exist" in run(root, "--against", str(root / "none")).stderr


def test_protocol_region_and_pasting_are_options_and_are_printed(root: Path) -> None:
    assert "protocol gfm," in run(root, "--protocol", "gfm", trimaps=False).stdout
    changed = run(root, "--region", "whole", "--no-paste", trimaps=False).stdout
    assert "official, region whole, known pixels as predicted" in changed


def test_official_numbers_without_trimaps_are_refused_once_and_before_any_work(root: Path) -> None:
    result = run(root, trimaps=False)
    assert result.exit_code == 1
    assert result.stderr.count("needs a trimap") == 1
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--protocol", "matlab"), "choose one of official, gfm"),
        (("--metrics", "ssim"), "there is no metric 'ssim'; choose from sad, mse"),
        (("--region", "hair"), "'hair' is none of whole, unknown"),
        (("--pairs", "order"), "'order' is none of stem, composition1k"),
        (("--names", "*-alpha"), "needs the form ROLE=PATTERN"),
        (("--names", "alpha=*"), "'alpha' is none of predicted"),
    ],
)
def test_usage_errors_are_one_sentence_and_exit_code_2(root: Path, words, said: str) -> None:
    result = run(root, *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_composition1k_is_paired_by_its_own_rule(root: Path) -> None:
    for folder in ("one", "trimaps"):
        for path in sorted((root / folder).iterdir()):
            path.rename(path.with_stem(f"{path.stem}_7"))
    assert "--pairs composition1k" in run(root).stderr
    result = run(root, "--pairs", "composition1k")
    assert result.exit_code == 0, result.output
    assert "| emu_7 |" in result.stdout


def test_patterns_read_prefixes_and_suffixes(root: Path) -> None:
    for path in sorted((root / "one").iterdir()):
        path.rename(path.with_stem(f"{path.stem}-alpha"))
    result = run(root, "--names", "predicted=*-alpha")
    assert result.exit_code == 0, result.output
    assert "3 pictures" in result.stdout


@pytest.mark.slow
def test_expected_errors_of_the_same_folder_are_held_against_the_errors_made(root: Path) -> None:
    for number, name in enumerate(("cat", "dog", "emu")):
        made = np.abs(disc(8 - number / 2) - disc(8))
        write_alpha(root / "one" / f"{name}-error.png", made)
    result = run(root, "--errors", str(root / "one"), "-o", str(root / "out.json"))
    assert result.exit_code == 0, result.output
    assert "| expected error | sparsification error |" in result.stdout
    assert "expected error and MAD: 1.00" in result.stdout
    document = json.loads((root / "out.json").read_text())
    assert document["confidence_order"] == pytest.approx(1)
    assert document["means"]["sparsification error"] < 0.1  # stored in 8 bits, so some are equal
    assert document["means"]["expected error"] == pytest.approx(document["means"]["mad"], abs=1e-3)


def test_expected_errors_are_held_against_their_own_predictions_alone(root: Path) -> None:
    for name in ("cat", "dog", "emu"):
        write_alpha(root / "one" / f"{name}-error.png", disc(3))
    words = ("--errors", str(root / "one"), "-o", str(root / "out.json"))
    assert run(root, *words, "--against", str(root / "two")).exit_code == 0
    compared = json.loads((root / "out.json").read_text())["comparison"]["differences"]
    assert not {"expected error", "sparsification error"} & {entry["metric"] for entry in compared}
    for name in ("cat", "dog", "emu"):
        write_alpha(root / "two" / f"{name}-error.png", disc(3))
    again = run(root, *words, "--against", str(root / "two"), "--overwrite")
    assert again.exit_code == 0, again.output
    compared = json.loads((root / "out.json").read_text())["comparison"]["differences"]
    assert "sparsification error" in {entry["metric"] for entry in compared}


def test_what_predict_writes_with_expected_errors_is_measured_as_it_is(root: Path) -> None:
    for path in sorted((root / "one").iterdir()):
        write_alpha(path.with_stem(f"{path.stem}-error"), disc(3))
        path.rename(path.with_stem(f"{path.stem}-alpha"))
    result = run(root, "--errors", str(root / "one"), "--metrics", "sad")
    assert result.exit_code == 0, result.output
    assert "| | SAD | expected error | sparsification error |" in result.stdout
    assert run(root).exit_code == 0


def test_a_picture_without_expected_error_is_named(root: Path) -> None:
    write_alpha(root / "doubts" / "cat-error.png", disc(3))
    result = run(root, "--errors", str(root / "doubts"))
    assert result.exit_code == 1
    assert "dog: no expected error" in result.stderr
    assert "3 pictures" in result.stdout
    assert "rank correlation" not in result.stdout


def test_expected_errors_of_another_size_are_refused(root: Path) -> None:
    for name in ("cat", "dog", "emu"):
        write_alpha(root / "doubts" / f"{name}-error.png", np.zeros((5, 5), np.float32))
    result = run(root, "--errors", str(root / "doubts"))
    assert "the expected error is 5x5 pixels and the true matte 32x24" in result.stderr


def models(root: Path, *words: str) -> Result:
    line = ["evaluate", str(root / "photos"), "--true", str(root / "true"), "--processes", "1"]
    return CliRunner().invoke(app, [*line, *words])


def test_two_models_are_compared_on_photos(root: Path) -> None:
    """Of grey photos closed-form makes a smooth alpha; the other finds nothing to go by."""
    words = ["--trimap", str(root / "trimaps"), "--model", "information-flow"]
    result = models(root, *words, "--model", "closed-form")
    assert result.exit_code == 0, result.output
    assert "| | information-flow | closed-form | difference | 95 % interval | |" in result.stdout
    assert "3 of 3 predicted by closed-form" in result.stderr
    document = json.loads(models(root, *words, "--json").stdout)
    assert document["places"]["predicted"] == document["title"] == "information-flow"
    assert document["results"][0]["input"] == str(root / "photos" / "cat.jpg")
    table = result.stdout.rpartition("\n\n")[2].splitlines()
    assert [line.split(" | ")[0] for line in table[2:]] == [
        "| SAD",
        "| MSE",
        "| MAD",
        "| Grad",
        "| Conn",
    ]


def test_a_photo_that_no_model_can_cut_is_named_and_the_rest_is_measured(root: Path) -> None:
    write_trimap(root / "trimaps" / "cat.png", np.zeros((24, 32), np.uint8))
    words = ["--trimap", str(root / "trimaps"), "--model", "closed-form", "--json"]
    result = models(root, *words)
    assert result.exit_code == 1
    assert "cat: " in result.stderr
    rows = json.loads(result.stdout)["results"]
    assert [row["error"] is None for row in rows].count(True) == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--model", "knn"], "name what is to be measured"),
        (["--trimap", "trimaps"], "name what is to be measured"),
        (["--predicted", "one"], "leave out the photos and --model"),
        (["--trimap", "x", *(["--model", "knn"] * 3)], "two are compared at most"),
    ],
)
def test_it_is_said_what_belongs_together(root: Path, words: list[str], sentence: str) -> None:
    result = models(root, *words)
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_looks_are_compared_by_composites_of_both_layers(root: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    layers = vgg.make_layers(vgg.cfgs["D"][:9], batch_norm=False).state_dict()
    weights = tmp_path / "vgg.pth"
    torch.save({f"features.{key}": value for key, value in layers.items()}, weights)
    for number, name in enumerate(("cat", "dog", "emu")):
        for folder, colour in (("fg", 0.9), ("bg", 0.1 * number)):
            write_image(root / folder / f"{name}.png", np.full((24, 32, 3), colour, np.float32))
    words = ("--perceptual", str(weights), "--foregrounds", str(root / "fg"))
    result = run(root, *words, "--backgrounds", str(root / "bg"), "--json")
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)["results"]
    looks = [row["extra"]["values"]["perceptual"] for row in rows]
    assert looks[0] == 0, "cat's alpha is the true one"
    assert looks[1] > 0
    refused = run(root, *words)
    assert "compares composites: give the true colours of both layers" in refused.output
    assert refused.exit_code == 1

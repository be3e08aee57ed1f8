"""`mattekit synth`: scenes as files."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from mattekit.cli.main import app
from mattekit.imaging.compose import over
from mattekit.imaging.files import read_alpha, read_image, read_trimap
from mattekit.synthetic import scene
from mattekit.synthetic.layouts import LAYOUTS

PLANES = {"image", "alpha", "trimap", "foreground", "background"}


def synth(folder: Path, *words: object) -> Result:
    size = () if "--size" in words else ("--size", "40x24")
    return CliRunner().invoke(app, ["synth", "plain", "-o", str(folder), *size, *map(str, words)])


def test_plain_writes_one_folder_a_plane_with_the_same_names(tmp_path: Path) -> None:
    assert synth(tmp_path, "--count", 2, "--seed", 9).exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == PLANES
    for plane in PLANES:
        names = sorted(path.name for path in (tmp_path / plane).iterdir())
        assert names == ["scene-000009.png", "scene-000010.png"]


def test_files_hold_the_scene_of_their_number(tmp_path: Path) -> None:
    assert synth(tmp_path, "--count", 1, "--seed", 9, "--kind", "fur", "--bits", 16).exit_code == 0
    sample = scene(9, (24, 40), kind="fur")
    name = "scene-000009.png"
    image = read_image(tmp_path / "image" / name)
    alpha = read_alpha(tmp_path / "alpha" / name)
    colours = [read_image(tmp_path / plane / name) for plane in ("foreground", "background")]
    assert np.abs(image - sample.image).max() < 1e-4
    assert np.abs(over(colours[0], alpha[..., None], colours[1]) - image).max() < 1e-4
    np.testing.assert_array_equal(read_trimap(tmp_path / "trimap" / name), sample.trimap)


def test_results_that_exist_are_kept_unless_overwrite_is_given(tmp_path: Path) -> None:
    assert synth(tmp_path, "--count", 1).exit_code == 0
    again = synth(tmp_path, "--count", 2)
    assert again.exit_code == 1
    assert "scene-000000.png exists" in again.stderr
    assert (tmp_path / "image" / "scene-000001.png").exists()
    assert synth(tmp_path, "--count", 1, "--overwrite").exit_code == 0
    assert "already there" in synth(tmp_path, "--count", 1, "--skip-existing").stdout


def test_json_lists_every_scene_with_its_kind(tmp_path: Path) -> None:
    document = json.loads(synth(tmp_path, "--count", 2, "--json").stdout)
    assert [one["status"] for one in document["results"]] == ["done", "done"]
    assert document["results"][1]["extra"]["scene"] == scene(1, (24, 40)).name


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--kind", "hare"), "no kind 'hare'; choose one of hair"),
        (("--size", "40"), "WIDTHxHEIGHT"),
        (("--count", 0), "count"),
        (("--seed", -1), "negative"),
    ],
)
def test_what_cannot_be_drawn_is_a_usage_error(
    tmp_path: Path, words: tuple[object, ...], says: str
) -> None:
    result = synth(tmp_path, *words)
    assert result.exit_code == 2
    assert says in result.stderr
    assert not any(tmp_path.iterdir())


def test_an_unknown_layout_names_those_there_are(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["synth", "fancy", "-o", str(tmp_path)])
    assert result.exit_code == 2
    assert "no layout 'fancy'; choose one of plain" in result.stderr


def test_every_layout_is_named_in_the_help() -> None:
    text = " ".join(CliRunner().invoke(app, ["synth", "--help"]).stdout.split())
    for layout in LAYOUTS:
        assert re.search(rf"[ :]{layout}[ ,.]", text), layout


def test_a_miniature_of_a_published_set_has_its_lists(tmp_path: Path) -> None:
    line = ["synth", "aim500", "-o", str(tmp_path), "--count", "4", "--size", "40x24"]
    assert CliRunner().invoke(app, line).exit_code == 0
    assert (tmp_path / "AIM-500" / "original" / "o_00000003.jpg").is_file()
    assert len((tmp_path / "dataset_labels.csv").read_text().splitlines()) == 5


def test_scenes_before_screens_are_drawn_when_they_are_asked_for(tmp_path: Path) -> None:
    assert synth(tmp_path, "--count", 1, "--screen").exit_code == 0
    behind = read_image(next((tmp_path / "background").iterdir())).mean(axis=(0, 1))
    assert behind.argmax() in (1, 2)

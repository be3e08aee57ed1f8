"""`mattekit inspect`: scores any cut-out and writes a picture of what it found."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mattekit.cli.main import app
from mattekit.imaging.files import read_image, write_image


@pytest.fixture
def cutouts(tmp_path: Path) -> Path:
    y, x = np.indices((60, 80))
    alpha = np.clip((20 - np.hypot(y - 30, x - 40)) / 6 + 0.5, 0, 1).astype(np.float32)
    colours = np.full((60, 80, 3), 0.6, np.float32)
    write_image(tmp_path / "in" / "clean.png", colours, alpha=alpha)
    write_image(tmp_path / "in" / "dark.png", colours * alpha[..., None], alpha=alpha)
    return tmp_path


def test_cut_outs_are_scored_and_a_picture_is_written_for_each(cutouts: Path) -> None:
    words = ["inspect", str(cutouts / "in"), "-o", str(cutouts / "out")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "clean.png: halo 0.0" in result.stdout
    assert "dark.png: note: the colours are multiplied by alpha" in result.stderr
    assert "clean.png: note" not in result.stderr
    assert read_image(cutouts / "out" / "dark-inspect.jpg").shape[1] == 3 * 80


def test_json_lists_scores_and_findings(cutouts: Path) -> None:
    words = ["inspect", str(cutouts / "in"), "-o", str(cutouts / "out"), "--json"]
    clean, dark = json.loads(CliRunner().invoke(app, words).stdout)["results"]
    assert clean["extra"]["premultiplied"] is False
    assert clean["warnings"] == []
    assert dark["extra"]["premultiplied"] is True
    assert len(dark["warnings"]) == 1


def test_a_picture_without_alpha_fails_alone(cutouts: Path) -> None:
    write_image(cutouts / "in" / "photo.png", np.zeros((5, 5, 3), np.float32))
    words = ["inspect", str(cutouts / "in"), "-o", str(cutouts / "out")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1
    assert "photo.png has no alpha channel" in result.stderr
    assert (cutouts / "out" / "clean-inspect.jpg").exists()


def test_a_folder_that_holds_its_own_inspections_and_previews_is_inspected_again(
    cutouts: Path,
) -> None:
    folder = cutouts / "in"
    write_image(folder / "clean-preview.jpg", np.zeros((5, 5, 3), np.float32))
    words = ["inspect", str(folder), "-o", str(folder)]
    assert CliRunner().invoke(app, words).exit_code == 0
    again = CliRunner().invoke(app, words)
    assert again.exit_code == 1
    assert again.stderr.count("-inspect.jpg exists; add --overwrite") == 2
    assert CliRunner().invoke(app, [*words, "--overwrite"]).exit_code == 0
    names = ["clean-inspect.jpg", "clean-preview.jpg", "clean.png", "dark-inspect.jpg", "dark.png"]
    assert sorted(path.name for path in folder.iterdir()) == names
    nothing = CliRunner().invoke(app, ["inspect", str(folder / "clean-preview.jpg")])
    assert nothing.exit_code == 1
    assert "but no cut-out" in nothing.stderr

"""A new metric and a new format are an entry each: commands, tables and files follow."""

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from typer.testing import CliRunner

from mattekit import cutout, metrics
from mattekit.cli.main import app
from mattekit.imaging.files import write_alpha
from mattekit.imaging.formats import encode
from mattekit.imaging.formats.encode import Format
from mattekit.metrics import Metric


def test_a_metric_is_one_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worst = Metric(
        name="worst",
        title="Worst",
        meaning="The largest difference.",
        of=lambda pair, protocol: float(np.abs(pair.predicted - pair.true).max()),
    )
    monkeypatch.setitem(metrics.METRICS, "worst", worst)
    for folder, value in (("true", 1.0), ("found", 0.75)):
        (tmp_path / folder).mkdir()
        write_alpha(tmp_path / folder / "a.png", np.full((8, 8), value, np.float32))
    words = ["evaluate", "--predicted", str(tmp_path / "found"), "--true", str(tmp_path / "true")]
    words += [
        "--protocol",
        "gfm",
        "--allow-masks",
        "--processes",
        "1",
        "--metrics",
        "worst",
        "-o",
        str(tmp_path / "r.html"),
    ]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "Worst" in result.stdout
    assert "0.25" in result.stdout
    assert "The largest difference." in (tmp_path / "r.html").read_text()


def test_a_format_is_one_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tga = Format(name="tga", title="TGA", suffixes=(".tga",), alpha=True)
    monkeypatch.setitem(encode.FORMATS, "tga", tga)
    ramp = np.tile(np.linspace(0, 1, 9, dtype=np.float32)[:, None], (5, 1, 3))
    trimap = np.tile(np.uint8([0, 0, 1, 1, 1, 1, 1, 2, 2]), (5, 1))
    cutout(ramp, trimap=trimap).save(tmp_path / "cut.tga")
    with PIL.Image.open(tmp_path / "cut.tga") as picture:
        assert (picture.mode, picture.size) == ("RGBA", (9, 5))

"""Curves: read from logs, smoothed, drawn into one file."""

from pathlib import Path

import pytest

from mattekit.core.errors import BadArgument, BadData
from mattekit.imaging.files import read_image
from mattekit.training.loggers import LoggedRun
from mattekit.training.plot import draw, read_curves, smoothed
from mattekit.training.run_log import LogConfig, RunLog


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    folders = [tmp_path / "one", tmp_path / "two"]
    for number, folder in enumerate(folders, start=1):
        journal = RunLog(LoggedRun(folder=folder, step=0), LogConfig().to)
        for step in range(1, 6):
            journal.values(step, "losses", {"alpha_l1": step, "total": number * step})
        journal.values(5, "gradient_norms", {"network": 1.0})
        journal.values(5, "validation", {"sad": 3.0})
        journal.close()
    return folders


def test_curves_of_several_runs_are_grouped_by_what_they_show(runs: list[Path]) -> None:
    curves = read_curves(runs)
    assert list(curves) == ["losses/total", "losses/alpha_l1", "validation/sad"]
    assert [curve.run for curve in curves["losses/total"]] == ["one", "two"]
    assert curves["losses/total"][1].values == [2, 4, 6, 8, 10]


def test_smoothing_is_the_mean_of_a_window_around_each_value() -> None:
    assert smoothed([0, 3, 6, 9, 12], 3) == [1.5, 3, 6, 9, 10.5]
    assert smoothed([1, 5], 1) == [1, 5]


@pytest.mark.slow
def test_a_picture_and_a_page_are_drawn(runs: list[Path], tmp_path: Path) -> None:
    draw(runs, tmp_path / "curves.png")
    height, width = read_image(tmp_path / "curves.png").shape[:2]
    assert width > height > 200
    draw(runs, tmp_path / "curves.html", window=2)
    page = (tmp_path / "curves.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "<h1>one, two</h1>" in page
    assert "http-equiv" not in page
    assert "<script" not in page


def test_what_is_no_run_and_other_formats_are_refused(runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"is no run: it has no log\.jsonl"):
        draw([tmp_path], tmp_path / "curves.png")
    with pytest.raises(BadArgument, match=r"\.png or \.html"):
        draw(runs, tmp_path / "curves.pdf")


def test_a_run_that_has_logged_nothing_is_refused(tmp_path: Path) -> None:
    RunLog(LoggedRun(folder=tmp_path, step=0), LogConfig().to).close()
    (tmp_path / "log.jsonl").touch()
    with pytest.raises(BadData, match="is empty"):
        read_curves([tmp_path])

"""How far long work has come, where no terminal is."""

import pytest

from mattekit.cli.progress import Stages, progress


def lines(capsys: pytest.CaptureFixture[str], total: int, *, quiet: bool, said: str) -> list[str]:
    with progress(total, quiet=quiet, said=said) as advance:
        for _ in range(total):
            advance()
    return capsys.readouterr().err.splitlines()


def test_every_tenth_of_the_way_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    found = lines(capsys, 50, quiet=False, said="measured")
    assert found == [f"{done} of 50 measured" for done in range(5, 51, 5)]


def test_fewer_than_ten_are_said_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, 2, quiet=False, said="seen") == ["1 of 2 seen", "2 of 2 seen"]


def test_quiet_work_and_work_that_prints_lines_of_its_own_say_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert lines(capsys, 20, quiet=True, said="measured") == []
    assert lines(capsys, 20, quiet=False, said="") == []


def test_a_line_about_a_stage_names_what_is_worked_on(capsys: pytest.CaptureFixture[str]) -> None:
    stages = Stages()
    stages.last -= 60
    with progress(1, quiet=False, stages=stages):
        stages.item = "cat.jpg"
        stages("alpha", 0.4)
    assert capsys.readouterr().err == "  cat.jpg: alpha 40%\n"

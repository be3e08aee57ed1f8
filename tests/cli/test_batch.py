"""Many files through one command."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import typer

from mattekit.cli.batch import (
    Outcome,
    Reporting,
    Task,
    gather,
    pair,
    placed,
    run_batch,
    run_tasks,
)
from mattekit.core.errors import BadArgument, BadData, BadImage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.png", "a.JPG", "notes.txt", ".hidden.png"):
        (tmp_path / name).touch()
    return tmp_path


def copy(path: Path) -> Outcome:
    """Work that fails where the name says so."""
    if "bad" in path.name:
        raise BadImage(f"{path.name} is broken")
    target = result_of(path)
    target.parent.mkdir(exist_ok=True)
    target.write_text(path.name)
    return Outcome(outputs=[target], warnings=["a remark"], model="copy", extra={"score": 1})


def result_of(path: Path) -> Path:
    return path.parent / "out" / f"{path.stem}.png"


def run(paths: list[Path], **options: bool) -> None:
    run_batch(paths, copy, Reporting(**options), outputs=lambda path: [result_of(path)])


def test_a_folder_stands_for_its_pictures_in_the_order_of_their_names(folder: Path) -> None:
    assert [path.name for path in gather([str(folder)])] == ["a.JPG", "b.png"]


def test_a_glob_and_a_file_named_twice_count_once(folder: Path) -> None:
    found = gather([str(folder / "b.png"), str(folder / "*.png")])
    assert [path.name for path in found] == ["b.png"]


def test_a_file_with_brackets_in_its_name_is_a_file(tmp_path: Path) -> None:
    odd = tmp_path / "photo [1].png"
    odd.touch()
    assert gather([str(odd)]) == [odd]


def test_two_inputs_of_one_stem_are_refused_before_work_starts(folder: Path) -> None:
    (folder / "b.jpg").touch()
    with pytest.raises(BadArgument, match="same name"):
        gather([str(folder)])


def test_a_folder_without_pictures_and_a_glob_without_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="no pictures"):
        gather([str(tmp_path)])
    with pytest.raises(BadData, match="no file fits"):
        gather([str(tmp_path / "*.png")])


def test_partners_are_found_by_stem_and_a_missing_one_is_named(folder: Path) -> None:
    photos = [Path("x/a.png"), Path("x/c.png")]
    assert pair(photos, folder) == {photos[0]: folder / "a.JPG", photos[1]: folder / "c.png"}


def test_one_partner_for_several_inputs_is_refused(folder: Path) -> None:
    with pytest.raises(BadArgument, match="give a folder"):
        pair([Path("a.png"), Path("b.png")], folder / "b.png")


def test_a_result_is_a_file_or_a_png_in_a_folder(tmp_path: Path) -> None:
    assert placed(Path("x.tif"), [Path("a.png")]) == {Path("a.png"): Path("x.tif")}
    assert placed(tmp_path, [Path("a.jpg")]) == {Path("a.jpg"): tmp_path / "a.png"}
    with pytest.raises(BadArgument, match="one file for 2 inputs"):
        placed(Path("x.tif"), [Path("a.png"), Path("b.png")])


def test_a_batch_goes_on_after_a_failure_and_ends_with_exit_code_1(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        run([folder / "bad.png", folder / "b.png"])
    assert ended.value.exit_code == 1
    printed = capsys.readouterr()
    assert (folder / "out" / "b.png").read_text() == "b.png"
    assert "b.png -> " in printed.out
    assert printed.err.splitlines()[0] == f"{folder / 'bad.png'}: bad.png is broken"
    assert printed.err.splitlines()[-1] == "1 of 2 failed"


def test_json_lists_every_input_with_its_result_or_its_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit):
        run([folder / "bad.png", folder / "b.png"], json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "mattekit/1"
    failed, done = document["results"]
    assert (failed["status"], failed["error"]) == ("failed", "bad.png is broken")
    assert done["outputs"] == [str(folder / "out" / "b.png")]
    assert (done["status"], done["model"], done["warnings"]) == ("done", "copy", ["a remark"])
    assert done["extra"] == {"score": 1}
    assert set(done) == set(failed)


def test_quiet_prints_failures_only(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        run([folder / "bad.png", folder / "b.png"], quiet=True)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "a remark" not in printed.err
    assert "is broken" in printed.err


def test_a_result_that_exists_is_kept_unless_told_otherwise(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "out").mkdir()
    kept = folder / "out" / "b.png"
    kept.write_text("old")
    with pytest.raises(typer.Exit):
        run([folder / "b.png"])
    assert "--overwrite or --skip-existing" in capsys.readouterr().err
    run([folder / "b.png"], skip_existing=True)
    assert "already there" in capsys.readouterr().out
    assert kept.read_text() == "old"
    run([folder / "b.png"], overwrite=True)
    assert kept.read_text() == "b.png"


def test_no_result_takes_the_place_of_an_input(folder: Path) -> None:
    paths = [folder / "b.png"]
    with pytest.raises(BadArgument, match="would be overwritten"):
        run_batch(paths, copy, Reporting(overwrite=True), outputs=lambda path: [path])


def test_two_inputs_with_one_result_are_refused(folder: Path) -> None:
    paths = [folder / "a.JPG", folder / "b.png"]
    with pytest.raises(BadArgument, match="both write"):
        run_batch(paths, copy, Reporting(), outputs=lambda path: [folder / "one.png"])


def test_ctrl_c_stops_the_batch_with_exit_code_130(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = []

    def work(path: Path) -> Outcome:
        if done:
            raise KeyboardInterrupt
        done.append(path)
        return Outcome()

    with pytest.raises(typer.Exit) as ended:
        run_batch([folder / f"{number}.png" for number in range(3)], work, Reporting(json=True))
    assert ended.value.exit_code == 130
    results = json.loads(capsys.readouterr().out)["results"]
    assert [result["status"] for result in results] == ["done", "failed"]


def tasks(folder: Path, *names: str) -> list[Task]:
    return [
        Task(
            path=folder / name,
            work=partial(copy, folder / name),
            planned=(result_of(folder / name),),
        )
        for name in names
    ]


def test_tasks_on_two_processes_are_told_in_the_order_in_which_they_were_given(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [Task(path=Path(name), work=partial(Outcome, model=name)) for name in "cdab"]
    bad = Task(path=Path("bad"), work=partial(gather, ["no such folder/*.png"]))
    with pytest.raises(typer.Exit):
        run_tasks([given[0], bad, *given[1:]], Reporting(json=True), processes=2)
    results = json.loads(capsys.readouterr().out)["results"]
    assert [result["input"] for result in results] == ["c", "bad", "d", "a", "b"]
    assert [result["model"] for result in results] == ["c", None, "d", "a", "b"]
    assert "no file fits" in results[1]["error"]


def test_what_is_current_is_not_made_again_and_does_not_count_for_the_estimate(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_tasks(tasks(folder, "a.png"), Reporting(quiet=True))
    (folder / "out/a.png").write_text("as it was")
    current, *others = tasks(folder, "a.png", "b.png", "c.png", "d.png")
    run_tasks([replace(current, current=True), *others], Reporting(), estimate_after=2)
    assert (folder / "out/a.png").read_text() == "as it was"
    printed = capsys.readouterr()
    assert "(already there)" in printed.out
    assert [line for line in printed.err.splitlines() if line.startswith("about")] == [
        "about 0.0 minutes for the 1 that are left"
    ]


def test_a_line_lists_six_results_and_counts_the_others(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = Outcome(outputs=[Path(f"{number}.png") for number in range(9)])
    run_batch([folder / "a.png"], lambda path: many, Reporting())
    assert "5.png and 3 more  " in capsys.readouterr().out

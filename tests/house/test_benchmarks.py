"""Benchmarks say what they answer and how they are run; `make bench` runs each quick form."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = sorted(BENCHMARKS.glob("*_*.py"))  # what they share has names of one word


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_benchmark_begins_with_its_question_and_its_command(script: Path) -> None:
    text = script.read_text()
    question = text.removeprefix('"""').partition('"""')[0]
    assert "?" in question.splitlines()[0] + question.splitlines()[1]
    assert f"python benchmarks/{script.name}" in question


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_benchmark_has_a_quick_form(script: Path) -> None:
    words = [sys.executable, str(script), "--help"]
    help_text = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    assert "--quick" in help_text
    assert "--json" in help_text


@pytest.mark.slow
def test_a_benchmark_writes_what_it_prints(tmp_path: Path) -> None:
    file = tmp_path / "found" / "inspect.json"
    words = [sys.executable, BENCHMARKS / "quality_inspect.py", "--quick", "--json", file]
    lines = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()
    found = json.loads(file.read_text())
    (table,) = found["found"]
    assert lines[0] == f"| {' | '.join(table['columns'])} |"
    assert lines[2:] == [f"| {what} | {scenes} |" for what, scenes in table["rows"]]
    assert found["finished"]
    assert found["command"].endswith(f"--quick --json {file}")
    assert {"cpu", "cores", "mattekit", "numpy"} <= set(found["machine"])
    assert "torch" not in found["machine"]

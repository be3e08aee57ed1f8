"""Benchmarks say what they answer and how they are run; `make bench` runs each quick form."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[2] / "benchmarks").glob("*.py"))


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

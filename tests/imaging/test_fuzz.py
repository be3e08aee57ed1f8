"""Damaged files of every format are read in one child process, which must not crash."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def read_mutants(count: int, seed: int) -> tuple[int, int]:
    """Have `count` mutants of every format read; how many were read and how many refused."""
    child = subprocess.run(
        [sys.executable, "-m", "imaging.fuzz", str(count), str(seed)],
        cwd=TESTS,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    lines = child.stdout.splitlines() or ["nothing"]
    assert child.returncode == 0, f"{lines[-1]}: exit {child.returncode}\n{child.stderr[-2000:]}"
    read, refused = map(int, lines[-1].split())
    return read, refused


@pytest.mark.slow
def test_40_damaged_files_of_every_format_give_a_picture_or_a_sentence() -> None:
    read, refused = read_mutants(40, seed=0)
    assert read + refused == 8 * 40
    assert read > 30  # the damage is not so great that decoders are never reached
    assert refused > 100


@pytest.mark.slow
def test_500_damaged_files_of_every_format_give_a_picture_or_a_sentence() -> None:
    assert sum(read_mutants(500, seed=1)) == 8 * 500

"""Killed at random moments and resumed, a run ends as if nothing had happened."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("interrupted.py")


@pytest.mark.slow
def test_runs_of_every_method_killed_five_times_end_with_the_same_bits(tmp_path: Path) -> None:
    command = [sys.executable, str(PROGRAM), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen.keys() == {"supervised", "adversarial", "staged"}
    for method in seen.values():
        assert method == {"kills": 5, "same_weights": True, "same_log": True, "same_best": True}

"""How a run in several processes starts: one of them checks the data, and all must agree."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("two_processes.py")
Found = list[dict[str, Any]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What two processes read and said."""
    folder = tmp_path_factory.mktemp("two-processes")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = [*launcher, "--nproc-per-node=2", str(PROGRAM), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads((folder / f"found-{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.slow
def test_only_the_first_reads_before_training_and_windows_are_enough(found: Found) -> None:
    learned, checked, shown = 2, 12, 4
    assert found[0]["mattes"] == {"window": learned + checked + shown, "error": None}
    assert found[1]["mattes"] == {"window": learned, "error": None}


@pytest.mark.slow
def test_what_the_first_refuses_all_refuse_with_its_sentence(found: Found) -> None:
    assert "these are masks" in found[0]["masks"]["error"]
    assert found[1]["masks"] == {"error": found[0]["masks"]["error"]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("other rate", "optimiser.lr: process 1 has other values than process 0; start all"),
        ("other pictures", "data.train: process 1 has other pictures than process 0"),
        ("other checkpoint", "--resume: process 1 finds step-000004 ("),
    ],
)
def test_processes_that_differ_are_refused_in_one_sentence(
    found: Found, what: str, sentence: str
) -> None:
    assert found[0][what]["error"].startswith(sentence)
    assert found[1][what]["error"] == found[0][what]["error"]
    assert "\n" not in found[0][what]["error"]

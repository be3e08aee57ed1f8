"""The action for GitHub: its steps run as the runner runs them, and its files name each other."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from integrations.loading import ROOT

from mattekit.imaging.files import write_alpha, write_trimap
from mattekit.synthetic.scene import scene

PLACE = ROOT / "evaluate"
ACTION = yaml.safe_load((PLACE / "action.yml").read_text())
*_, STEP = ACTION["runs"]["steps"]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for number in (1, 2):
        sample = scene(number, (48, 64))
        write_alpha(tmp_path / "true" / f"{number}.png", sample.alpha)
        write_alpha(tmp_path / "mine" / f"{number}.png", sample.alpha * 0.9)
        write_trimap(tmp_path / "trimap" / f"{number}.png", sample.trimap)
    return tmp_path


def act(folder: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run the last step with these inputs; the summary of the job too."""
    values = {name: words.get("default", "") for name, words in ACTION["inputs"].items()} | inputs
    environment = {
        name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: values[found[1]], text)
        for name, text in STEP["env"].items()
    }
    summary = folder / "summary.md"
    summary.write_text("")
    environment |= {"GITHUB_ACTION_PATH": str(PLACE), "GITHUB_STEP_SUMMARY": str(summary)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEP["run"]]
    ran = subprocess.run(
        shell, cwd=folder, env={**os.environ, **environment, "PATH": path},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    return ran, summary.read_text()


def test_every_input_reaches_the_step() -> None:
    used = set(re.findall(r"inputs\.(\w+)", json.dumps(ACTION["runs"])))
    assert used == set(ACTION["inputs"])


@pytest.mark.slow
def test_it_writes_a_table_a_report_and_numbers_and_keeps_limits(folders: Path) -> None:
    inputs = {"predicted": "mine", "truth": "true", "trimap": "trimap"}
    ran, summary = act(folders, **inputs, limits="sad=100, mse=0.5")
    assert ran.returncode == 0, ran.stderr
    assert "| **mean** |" in summary
    report = folders / "mattekit-report"
    assert (report / "report.html").stat().st_size > 1000
    means = json.loads((report / "numbers.json").read_text())["means"]

    ran, summary = act(folders, **inputs, limits="sad=0.001,mse=1")
    assert ran.returncode == 1
    assert f"sad is {means['sad']:.4g}, above its limit 0.001" in summary

    ran, _ = act(folders, **inputs, limits="speed=1")
    assert ran.returncode == 1
    assert "'speed' was not measured" in ran.stderr

"""`torchrun --max-restarts`: a process is killed, all start again, and the run ends the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mattekit.networks import weights

FATAL = '''
"""A step that kills its process, once, in the second of two."""

import os
import signal
from pathlib import Path
from typing import Literal

from mattekit.core.config import config
from mattekit.core.plugins import register

seen = 0


@register("steps")
@config
class FatalConfig:
    name: Literal["fatal"] = "fatal"

    def __call__(self, sample, rng):
        global seen
        seen += 1
        if os.environ["RANK"] == "1" and seen == 3 and not Path("killed").exists():
            Path("killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return sample
'''
SMALL = ["data.train={name: synthetic, size: 64}", "data.valid=null", "data.size=64"]
SHORT = ["length.steps=6", "warmup=none"]
RUN = ["data.crop=[64]", "data.after_crop=[estimates,fatal]", "batch=2"]


@pytest.mark.slow
def test_a_killed_process_is_started_again_and_the_run_ends_with_the_same_bits(
    tmp_path: Path,
) -> None:
    (tmp_path / "fatal.py").write_text(FATAL)
    ends = []
    for folder in ("killed-once", "in-peace"):  # the first leaves a mark, the second finds it
        train = [sys.executable, "-m", "mattekit", "train", "tiny", "--import", "fatal.py"]
        train += [*SMALL, *RUN, *SHORT, "checkpoint.every.steps=2", "--device", "cpu", "-o", folder]
        launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--no-python"]
        several = ["--nproc-per-node", "2", "--max-restarts", "1"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [*launch, *several, *train],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert ("resumed at step" in done.stderr) == (folder == "killed-once")
        ends.append(weights.read(tmp_path / folder / "checkpoints/step-000006/weights.safetensors"))
    (_, killed), (_, peaceful) = ends
    assert all(torch.equal(killed[name], peaceful[name]) for name in peaceful)

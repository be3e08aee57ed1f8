"""Two machines: two agents of torchrun, one process each, with and without a shared folder."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mattekit.networks import weights
from mattekit.training.run_log import read_log

STAGES = "[{length: {steps: 2}}, {length: {steps: 2}, freeze: {norms: true}}]"
WORDS = [
    *("tiny_staged", f"method.stages={STAGES}", "batch=2", "-o", "run", "--device", "cpu"),
    *("data.train={name: synthetic, size: 64}", "data.crop=[64]", "data.size=64"),
    *("data.valid={name: synthetic, size: 64, count: 2}", "validate.every.steps=1"),
    *("checkpoint={every: {steps: 1}, keep: 4}", "log.losses.steps=1"),
]


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


def train(*folders: Path) -> list[tuple[int, str]]:
    """How the run ends in the folders of two machines, and what each says."""
    where = ["--nnodes=2", "--nproc-per-node=1", "--master-addr=127.0.0.1"]
    launcher = [sys.executable, "-m", "torch.distributed.run", "--no-python", *where]
    launcher.append(f"--master-port={free_port()}")
    command = [sys.executable, "-m", "mattekit", "train", *WORDS]
    for folder in folders:
        folder.mkdir(exist_ok=True)
    agents = [
        subprocess.Popen(
            [*launcher, f"--node-rank={rank}", *command],
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank, folder in enumerate(folders)
    ]
    said = [agent.communicate(timeout=300)[1] for agent in agents]
    return [(agent.returncode, text) for agent, text in zip(agents, said, strict=True)]


def last_weights(folder: Path) -> dict[str, torch.Tensor]:
    return weights.read(folder / "run/checkpoints/step-000004/weights.safetensors")[1]


@pytest.mark.slow
def test_machines_train_one_network_with_and_without_a_shared_folder(tmp_path: Path) -> None:
    shared, first, second = (tmp_path / name for name in ("shared", "first", "second"))
    ends = train(shared, shared)
    assert [code for code, _ in ends] == [0, 0], ends
    assert ["step 4 of 4" in said for _, said in ends] == [True, False]
    losses = [line.step for line in read_log(shared / "run") if line.kind == "losses"]
    assert losses == [1, 2, 3, 4]

    ends = train(first, second)  # the second stage starts from weights that only one has on disk
    assert [code for code, _ in ends] == [0, 0], ends
    assert_same(last_weights(first), last_weights(shared))
    assert not (second / "run/checkpoints").exists()

    ends = train(first, second)
    sentence = "process 1 finds no checkpoint in its folder of the run, process 0 step-000004 ("
    assert [code for code, _ in ends] == [1, 1], ends
    assert all(said.count(sentence) == 1 for _, said in ends), ends

    for step in (3, 4):
        shutil.rmtree(first / f"run/checkpoints/step-00000{step}")
    (first / "run/checkpoints/last").write_text("step-000002\n")
    shutil.copytree(first / "run", second / "run", dirs_exist_ok=True)
    ends = train(first, second)
    assert [code for code, _ in ends] == [0, 0], ends
    assert "resumed at step 2" in ends[0][1]
    assert_same(last_weights(first), last_weights(shared))


def assert_same(found: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor]) -> None:
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)

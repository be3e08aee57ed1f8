"""Logs: what is in them, and that a resumed run cuts what lies beyond its step."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from training.toys import ToyNetwork

from mattekit.training.loggers import LoggedRun
from mattekit.training.run_log import LogConfig, RunLog, read_log


def board(folder: Path) -> EventAccumulator:
    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    return events


def write(folder: Path, first: int, last: int, *, value: float = 1.0) -> None:
    journal = RunLog(LoggedRun(folder=folder, step=first - 1), LogConfig().to)
    for step in range(first, last + 1):
        journal.values(step, "losses", {"total": value * step})
    journal.close()


def test_numbers_reach_all_three_logs(tmp_path: Path) -> None:
    write(tmp_path, 1, 2)
    assert [(line.step, line.kind, line.values) for line in read_log(tmp_path)] == [
        (1, "losses", {"total": 1.0}),
        (2, "losses", {"total": 2.0}),
    ]
    assert (tmp_path / "log.txt").read_text() == "[1] losses: total 1\n[2] losses: total 2\n"
    assert [event.value for event in board(tmp_path).Scalars("losses/total")] == [1.0, 2.0]


@pytest.mark.slow
def test_a_resumed_run_cuts_the_lines_beyond_its_step_and_a_torn_one(tmp_path: Path) -> None:
    write(tmp_path, 1, 5)
    for name in ("log.jsonl", "log.txt"):
        with (tmp_path / name).open("ab") as stream:
            stream.write('{"step": 1, "kü'.encode()[:-1])  # in the middle of a letter
    time.sleep(1)  # TensorBoard orders files by the second they were begun in
    write(tmp_path, 4, 4, value=10)
    assert [line.values["total"] for line in read_log(tmp_path)] == [1, 2, 3, 40]
    assert (tmp_path / "log.txt").read_text().splitlines()[2:] == [
        "[3] losses: total 3",
        "[4] losses: total 40",
    ]
    assert [event.value for event in board(tmp_path).Scalars("losses/total")] == [1, 2, 3, 40]


def test_a_log_whose_last_line_is_torn_can_be_read(tmp_path: Path) -> None:
    write(tmp_path, 1, 2)
    with (tmp_path / "log.jsonl").open("a") as stream:
        stream.write('{"step": 3,')
    assert [line.step for line in read_log(tmp_path)] == [1, 2]


def test_gradient_statistics_have_the_published_tags_and_values(tmp_path: Path) -> None:
    network = ToyNetwork()
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    network.decoder.bias.grad = torch.tensor([-3.0])
    journal = RunLog(LoggedRun(folder=tmp_path, step=0), LogConfig().to)
    journal.gradients(1, "network", network)
    journal.close()
    count = sum(parameter.numel() for parameter in network.parameters())
    events = board(tmp_path)
    mean = events.Scalars("gradient_statistic_generator/mean_gradient")[0].value
    assert mean == pytest.approx(3 / count)
    assert events.Scalars("gradient_statistic_generator/max_gradient")[0].value == 3.0


def test_one_weight_of_every_layer_has_the_published_tag(tmp_path: Path) -> None:
    network = ToyNetwork()
    journal = RunLog(LoggedRun(folder=tmp_path, step=0), LogConfig().to)
    journal.weights(1, "critic", network)
    journal.close()
    events = board(tmp_path)
    tag = "random_weights_discriminator/{}_weight_0"
    assert set(events.Tags()["scalars"]) == {tag.format("decoder"), tag.format("encoder.0")}
    value = events.Scalars(tag.format("decoder"))[0].value
    assert value in network.decoder.weight.detach().flatten().tolist()


def test_pictures_and_histograms_reach_tensorboard(tmp_path: Path) -> None:
    journal = RunLog(LoggedRun(folder=tmp_path, step=0), LogConfig().to)
    journal.picture(3, "train", np.zeros((8, 12, 3), dtype=np.float32))
    journal.histograms(3, "network", ToyNetwork())
    journal.close()
    events = board(tmp_path)
    assert (events.Images("train")[0].width, events.Images("train")[0].step) == (12, 3)
    assert "weights_network/decoder.weight" in events.Tags()["histograms"]


@pytest.mark.slow
def test_weights_and_biases_and_mlflow_get_the_run_without_a_network(tmp_path: Path) -> None:
    where = "[tensorboard,{name: wandb, mode: offline},mlflow]"
    small = ["data.train={name: synthetic, size: 64}", "data.size=64", "data.crop=[64]", "batch=1"]
    often = ["data.valid=null", "log.losses=1", "log.pictures=2", f"log.to={where}", "-o", "run"]
    command = [sys.executable, "-m", "mattekit", "train", "tiny", *small, *often]
    for steps in (2, 3):  # the second goes on in the same runs
        line = [*command, f"length.steps={steps}", "warmup=none"]
        done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    run = tmp_path / "run"
    with sqlite3.connect(run / "mlflow.db") as database:
        (runs,) = database.execute("select count(*) from runs").fetchone()
        steps = database.execute("select step from metrics where key = 'losses/total'").fetchall()
    assert runs == 1
    assert [step for (step,) in sorted(steps)] == [1, 2, 3]
    assert list((run / "mlflow").rglob("*.png"))
    kept = list((run / "wandb").glob("offline-run-*"))
    assert len(kept) == 2
    assert len({folder.name.rpartition("-")[2] for folder in kept}) == 1, "one run, two parts"
    assert all(b"losses/total" in next(folder.glob("*.wandb")).read_bytes() for folder in kept)

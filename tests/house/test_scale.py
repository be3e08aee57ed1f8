"""The files on the page about a million photos are whole: they parse, run, and name options."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scale.md").read_text()
OPTIONS = (Path(__file__).with_name("options.txt")).read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


JOB, CLUSTER = map(yaml.safe_load, blocks("yaml"))
(SLURM,) = blocks("bash")


def test_python_of_the_page_parses() -> None:
    for text in blocks("python"):
        compile(text, "scale.md", "exec")


def test_ray_takes_the_cluster() -> None:
    util = pytest.importorskip("ray.autoscaler._private.util")
    util.validate_config(util.prepare_config(CLUSTER))


def shard_of(script: str, folder: Path, **variables: str) -> str:
    """The shard that a script of a scheduler asks `mattekit` for; a stand-in tells its words."""
    for name in ("mattekit", "pip"):
        program = folder / "mattekit" / "bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f'#!/bin/sh\n{"true" if name == "pip" else "echo"} "$@"\n')
        program.chmod(0o755)
    (program.parent / "activate").write_text(f"PATH={shlex.quote(str(program.parent))}:$PATH\n")
    line = ["bash", "-eu", "-c", f". $HOME/mattekit/bin/activate\n{script}"]
    given = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
    said = subprocess.run(line, env=given, capture_output=True, text=True, check=True).stdout
    words = said.split()
    assert words[0] == "cutout"
    number = variables[next(name for name in variables if "INDEX" in name or "ARRAY" in name)]
    assert Path(words[words.index("--ledger") + 1]).stem == number
    return words[words.index("--shard") + 1]


@pytest.mark.posix
def test_the_tasks_of_a_slurm_array_do_every_shard_once(tmp_path: Path) -> None:
    first, last = map(int, re.findall(r"#SBATCH --array=(\d+)-(\d+)", SLURM)[0])
    for task in (first, 7, last):
        found = shard_of(SLURM, tmp_path, SLURM_ARRAY_TASK_ID=str(task), SLURM_CPUS_PER_TASK="8")
        assert found == f"{task}/{last + 1}"


@pytest.mark.posix
def test_the_pods_of_an_indexed_job_do_every_shard_once(tmp_path: Path) -> None:
    spec = JOB["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert container["command"] == ["bash", "-c"]
    for pod in (0, 7, spec["completions"] - 1):
        found = shard_of(container["args"][0], tmp_path, JOB_COMPLETION_INDEX=str(pod))
        assert found == f"{pod}/{spec['completions']}"


def test_options_of_the_page_exist() -> None:
    (known,) = re.findall(r"^cutout (.*)$", OPTIONS, re.MULTILINE)
    commands = re.findall(r"mattekit cutout (?:[^\n]*\\\n)*[^\n]*", PAGE)
    used = {option for command in commands for option in re.findall(r"(?<=\s)--[a-z-]+", command)}
    assert len(used) > 8
    assert used <= {*known.split()}

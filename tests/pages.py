"""The pages of docs as tests see them: blocks of code, files that they name, commands to run."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"

COMMANDS = """
import os, shlex, sys
import torch, mattekit.recipes.train
from mattekit.cli.main import main
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        sys.argv = shlex.split(line)
        main()
    if os.waitpid(child, 0)[1]:
        sys.exit(f"failed: {line}")
"""
"""Each line in a process of its own, which finds torch imported."""


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", (DOCS / page).read_text(), re.DOTALL | re.M)
    return [code for word, code in found if word == language]


def write_files(page: str, folder: Path) -> None:
    """Write the blocks that follow a line such as `plain.py`: into a folder."""
    text = (DOCS / page).read_text()
    for name, content in re.findall(
        r"^`([\w.]+)`[^\n]*:\n\n```\w+\n(.*?)^```", text, re.DOTALL | re.M
    ):
        (folder / name).write_text(content)


def run_commands(commands: list[str], folder: Path) -> str:
    """What `mattekit ...` lines print, run one after the other in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    result = subprocess.run(
        [sys.executable, "-c", COMMANDS],
        input="".join(f"{command}\n" for command in commands),
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def commands(block: str) -> list[str]:
    """The `mattekit ...` lines of a block, continued ones joined, comments left out."""
    joined = block.replace("\\\n", " ")
    return [line.partition(" #")[0] for line in joined.splitlines() if line.startswith("mattekit")]

"""A program: trains toys by every method, unbroken and killed again and again, and compares.

Usage: interrupted.py FOLDER. Prints one JSON object, method -> what was seen. Children are forked,
so that the libraries are imported once.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from safetensors.torch import load_file
from training.toy_runs import methods, run_toy, toy_recipe
from training.toys import same

KILLS = 5
STEPS = 60


def start_child(recipe: Any, folder: Path) -> int:
    child = os.fork()
    if child == 0:
        run_toy(recipe, folder)
        os._exit(0)
    return child


def last_of(folder: Path) -> str:
    note = folder / "checkpoints" / "last"
    return note.read_text() if note.exists() else ""


def killed_once(recipe: Any, folder: Path, chance: random.Random) -> bool:
    """Kill a child some moment after it has saved again; False if it came to its end before."""
    before = last_of(folder)
    child = start_child(recipe, folder)
    while last_of(folder) == before:
        if os.waitpid(child, os.WNOHANG) != (0, 0):
            return False
        time.sleep(0.001)
    time.sleep(chance.uniform(0, 0.1))
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def compare(method: Any, folder: Path, chance: random.Random) -> dict[str, Any]:
    recipe = toy_recipe(method, STEPS)
    unbroken, broken = folder / "unbroken", folder / "broken"
    os.waitpid(start_child(recipe, unbroken), 0)
    kills = sum(killed_once(recipe, broken, chance) for _ in range(KILLS))
    os.waitpid(start_child(recipe, broken), 0)
    ends = [run / "checkpoints" / f"step-{STEPS:06d}" for run in (unbroken, broken)]
    one, other = (load_file(end / "weights.safetensors") for end in ends)
    logs = [(run / "log.jsonl").read_text() for run in (unbroken, broken)]
    best = [(run / "checkpoints" / "best").read_text() for run in (unbroken, broken)]
    return {
        "kills": kills,
        "same_weights": same(one, other),
        "same_log": logs[0] == logs[1],
        "same_best": best[0] == best[1],
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    chance = random.Random(7)
    place = Path(sys.argv[1])
    print(json.dumps({m.name: compare(m, place / m.name, chance) for m in methods(STEPS)}))

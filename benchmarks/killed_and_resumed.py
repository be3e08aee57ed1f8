"""Does a run that was killed again and again end with the same weights as one that was not?

    python benchmarks/killed_and_resumed.py [--quick] [--steps 600] [--kills 5] [--out runs/killed]

Trains the recipe `tiny` twice on the CPU, once in peace and once with SIGKILL at random moments and
the same command again; compares the weights bit by bit and draws both curves.
"""

import argparse
import hashlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from safetensors.numpy import load_file

from mattekit.models.files import WEIGHTS

MATTEKIT = [sys.executable, "-m", "mattekit"]


def command(folder: Path, steps: int) -> list[str]:
    """The training, the same words every time."""
    settings = [
        f"length.steps={steps}",
        f"checkpoint.every.steps={max(steps // 12, 1)}",
        f"validate.every.steps={max(steps // 6, 1)}",
    ]
    return [*MATTEKIT, "train", "tiny", *settings, "--device", "cpu", "--output", str(folder)]


def step_reached(folder: Path) -> int:
    """The last step in the log, 0 before the first."""
    log = folder / "log.jsonl"
    lines = log.read_text().splitlines() if log.is_file() else []
    steps = [json.loads(line).get("step", 0) for line in lines if line.endswith("}")]
    return max(steps, default=0)


def train_in_peace(folder: Path, steps: int) -> float:
    """Seconds of an undisturbed run."""
    start = time.perf_counter()
    subprocess.run(command(folder, steps), check=True, capture_output=True)
    return time.perf_counter() - start


def train_under_fire(folder: Path, steps: int, kills: int) -> list[int]:
    """Kill the run at that many random steps, start it again each time; the steps of the kills."""
    chance = random.Random(0)
    moments = sorted(chance.randrange(steps // 20, steps - steps // 20) for _ in range(kills))
    killed_at = []
    for moment in moments:
        process = subprocess.Popen(
            command(folder, steps), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while process.poll() is None and step_reached(folder) < moment:
            time.sleep(0.01)
        time.sleep(chance.random())  # anywhere within a step, or within a checkpoint being written
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed_at.append(step_reached(folder))
    subprocess.run(command(folder, steps), check=True, capture_output=True)
    return killed_at


def digest(folder: Path) -> str:
    """SHA-256 of the tensors of the last weights; the file's header tells the runs apart."""
    last = (folder / "checkpoints" / "last").read_text().strip()
    found = hashlib.sha256()
    for name, values in sorted(load_file(folder / "checkpoints" / last / WEIGHTS).items()):
        found.update(name.encode() + values.tobytes())
    return found.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="60 steps, two kills")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--out", type=Path, help="keep the runs here")
    options = parser.parse_args()
    steps, kills = (60, 2) if options.quick else (options.steps, options.kills)
    with tempfile.TemporaryDirectory() as aside:
        report(options.out or Path(aside), steps, kills)


def report(folder: Path, steps: int, kills: int) -> None:
    """Both runs, and whether they agree."""
    seconds = train_in_peace(folder / "in-peace", steps)
    print(f"{steps} steps undisturbed: {seconds:.0f} s", flush=True)
    killed_at = train_under_fire(folder / "killed", steps, kills)
    print(f"killed after steps {', '.join(map(str, killed_at))}, and finished")
    digests = {name: digest(folder / name) for name in ("in-peace", "killed")}
    for name, value in digests.items():
        print(f"{name:>9}: weights {value[:16]}")
    curves = folder / "curves.png"
    runs = [str(folder / name) for name in digests]
    subprocess.run([*MATTEKIT, "plot", *runs, "-o", str(curves)], check=True, capture_output=True)
    if len(set(digests.values())) > 1:
        sys.exit("the weights differ")
    print("the weights are the same to the bit")


if __name__ == "__main__":
    main()

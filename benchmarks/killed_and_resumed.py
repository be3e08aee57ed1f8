"""Does a run that was killed again and again end with the same weights as one that was not?

    python benchmarks/killed_and_resumed.py [--quick] [--steps 600] [--kills 5] [--out runs/killed]

Trains the recipe `tiny` twice on the CPU, once in peace and once with SIGKILL at random moments and
the same command again; compares the weights bit by bit and draws both curves.
"""

import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from harness import Options, Report, clock, command, kept_in
from safetensors.numpy import load_file

from mattekit.models.files import WEIGHTS


def training(folder: Path, steps: int) -> list[str]:
    """The training, the same words every time."""
    settings = {
        "length.steps": steps,
        "checkpoint.every.steps": max(steps // 12, 1),
        "validate.every.steps": max(steps // 6, 1),
    }
    return command("train", "tiny", "--device", "cpu", "--output", folder, **settings)


def step_reached(folder: Path) -> int:
    """The last step in the log, 0 before the first."""
    log = folder / "log.jsonl"
    lines = log.read_text().splitlines() if log.is_file() else []
    steps = [json.loads(line).get("step", 0) for line in lines if line.endswith("}")]
    return max(steps, default=0)


def train_under_fire(folder: Path, steps: int, kills: int) -> list[int]:
    """Kill the run at that many random steps, start it again each time; the steps of the kills."""
    chance = random.Random(0)
    moments = sorted(chance.randrange(steps // 20, steps - steps // 20) for _ in range(kills))
    killed_at = []
    for moment in moments:
        process = subprocess.Popen(
            training(folder, steps), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while process.poll() is None and step_reached(folder) < moment:
            time.sleep(0.01)
        time.sleep(chance.random())  # anywhere within a step, or within a checkpoint being written
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed_at.append(step_reached(folder))
    subprocess.run(training(folder, steps), check=True, capture_output=True)
    return killed_at


def digest(folder: Path) -> str:
    """SHA-256 of the tensors of the last weights; the file's header tells the runs apart."""
    last = (folder / "checkpoints" / "last").read_text().strip()
    found = hashlib.sha256()
    for name, values in sorted(load_file(folder / "checkpoints" / last / WEIGHTS).items()):
        found.update(name.encode() + values.tobytes())
    return found.hexdigest()


def compare(report: Report, folder: Path, steps: int, kills: int) -> None:
    """Both runs, and whether they agree."""
    with clock() as taken:
        subprocess.run(training(folder / "in-peace", steps), check=True, capture_output=True)
    report.say("{steps} steps undisturbed: {seconds:.0f} s", steps=steps, seconds=taken.wall)
    killed_at = ", ".join(map(str, train_under_fire(folder / "killed", steps, kills)))
    report.say("killed after steps {steps}, and finished", steps=killed_at)
    digests = {name: digest(folder / name) for name in ("in-peace", "killed")}
    for name, value in digests.items():
        report.say("{name:>9}: weights {digest:.16}", name=name, digest=value)
    runs = [folder / name for name in digests]
    plot = command("plot", *runs, "-o", folder / "curves.png")
    subprocess.run(plot, check=True, capture_output=True)
    if len(set(digests.values())) > 1:
        sys.exit("the weights differ")
    report.say("the weights are the same to the bit")


def main() -> None:
    parser = Options(__doc__, quick="60 steps, two kills", steps=60, kills=2)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--out", type=Path, help="keep the runs here")
    options = parser.parse_args()
    with Report(options.json) as report, kept_in(options.out) as folder:
        compare(report, folder, options.steps, options.kills)


if __name__ == "__main__":
    main()

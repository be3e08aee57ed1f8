"""How often does a step of training make the device wait? Counted by the profiler, on the CPU.

    python benchmarks/count_synchronisations.py [--source OTHER/src] [--quick]

Reading a number from a device (`_local_scalar_dense`) makes it wait for all that was asked of it.
The same run is made with 4 and with 16 steps, so that what happens once is left out; nothing is
logged in between; SGD reads no numbers of its own, and the count of an average lies on the CPU, so
the average is left out. --source counts another checkout's.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import Options, Report

FEW, MANY = 4, 16
WATCHED = ("aten::_local_scalar_dense", "aten::is_nonzero")
PROGRAM = """
import json, sys
from torch.profiler import ProfilerActivity, profile
from typer.testing import CliRunner
from mattekit.cli.main import app
with profile(activities=[ProfilerActivity.CPU]) as found:
    result = CliRunner().invoke(app, sys.argv[2:])
assert result.exit_code == 0, result.output
counts = {event.key: event.count for event in found.key_averages()}
with open(sys.argv[1], "w") as stream:
    json.dump(counts, stream)
"""
RUN = (
    "train", "tiny", "--device", "cpu", "data.train={name: synthetic, size: 64}", "data.valid=null",
    "data.size=64", "data.crop=[64]", "batch=2", "optimiser={name: sgd, lr: 0.001}", "ema=null",
    "warmup=null", "log={losses: null, rates: null, pictures: null}",
)  # fmt: skip


def counts(source: Path, steps: int) -> dict[str, int]:
    """Calls of every operation in a run of so many steps."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "counts.json")
        last = [f"length={{steps: {steps}}}", f"checkpoint={{every: {{steps: {steps}}}}}"]
        line = [sys.executable, "-c", PROGRAM, str(place), *RUN, *last, "--out", f"{folder}/run"]
        environment = {**os.environ, "PYTHONPATH": str(source)}
        subprocess.run(line, env=environment, check=True, stderr=subprocess.DEVNULL)
        found: dict[str, int] = json.loads(place.read_text())
        return found


def main() -> None:
    """Print the calls a step."""
    parser = Options(__doc__, quick="with 2 and with 4 steps")
    parser.add_argument("--source", type=Path, default=Path(__file__).parents[1] / "src")
    options = parser.parse_args()
    source = options.source.resolve()
    least, most = (2, 4) if options.quick else (FEW, MANY)
    few, many = counts(source, least), counts(source, most)
    with Report(options.json) as report:
        table = report.table("call | times a step:.2f")
        for name in WATCHED:
            table.row(name, (many.get(name, 0) - few.get(name, 0)) / (most - least))


if __name__ == "__main__":
    main()

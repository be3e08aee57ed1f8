"""How long until mattekit answers: help, import, the first cut-out, the second?

    python benchmarks/speed_start.py [--quick]

Each in a process of its own, the best of several, with a warm file cache and with pymatting
compiled already. The cut-out is a 256 px scene with its trimap, once by closed-form, once by the
default model; the second one runs in the same process.
"""

import subprocess
import sys
from functools import partial

from harness import Options, Report, clocked

IMPORT = "import mattekit"
READY = f"{IMPORT}; mattekit.cutout, mattekit.read_image"
CUT = """
import time, mattekit
scene = mattekit.synthetic.scene(1, 256)
start = time.perf_counter()
mattekit.cutout(scene.image, trimap=scene.trimap, model={model!r})
between = time.perf_counter()
mattekit.cutout(scene.image, trimap=scene.trimap, model={model!r})
print(between - start, time.perf_counter() - between)
"""


def run(*words: str) -> str:
    """What a Python of its own prints."""
    line = [sys.executable, *words]
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout


def main() -> None:
    options = Options(__doc__, quick="once each").parse_args()
    tries = 1 if options.quick else 5
    run("-c", READY)  # warms the file cache
    rows = {
        "python alone": ("-c", "pass"),
        "import mattekit": ("-c", IMPORT),
        "import mattekit, names used": ("-c", READY),
        "mattekit --help": ("-m", "mattekit", "--help"),
        "mattekit cutout --help": ("-m", "mattekit", "cutout", "--help"),
    }
    with Report(options.json) as report:
        table = report.table("what | s:.2f")
        for name, words in rows.items():
            table.row(name, min(taken.wall for taken in clocked(partial(run, *words), tries)))
        for name, model in (("closed-form", "closed-form"), ("the default model", None)):
            code = CUT.format(model=model)
            cuts = [map(float, run("-c", code).split()) for _ in range(tries)]
            first, second = map(min, zip(*cuts, strict=True))
            table.row(f"first cut-out, {name}", first)
            table.row("second", second)


if __name__ == "__main__":
    main()

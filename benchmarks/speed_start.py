"""How long until mattekit answers: help, import, the first cut-out, the second?

    python benchmarks/speed_start.py [--quick]

Each in a process of its own, the best of several, with a warm file cache and with pymatting
compiled already. The cut-out is a 256 px scene with its trimap, once by closed-form, once by the
default model; the second one runs in the same process.
"""

import argparse
import subprocess
import sys
import time

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


def seconds(*words: str) -> float:
    """Wall time of a process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return time.perf_counter() - start


def cuts(model: str | None) -> tuple[float, float]:
    """First and second cut-out within one process."""
    code = CUT.format(model=model)
    line = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout
    first, second = map(float, line.split())
    return first, second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="once each")
    tries = 1 if parser.parse_args().quick else 5
    seconds("-c", READY)  # warms the file cache
    rows = {
        "python alone": ("-c", "pass"),
        "import mattekit": ("-c", IMPORT),
        "import mattekit, names used": ("-c", READY),
        "mattekit --help": ("-m", "mattekit", "--help"),
        "mattekit cutout --help": ("-m", "mattekit", "cutout", "--help"),
    }
    print("| what | s |\n|---|---|")
    for name, words in rows.items():
        print(f"| {name} | {min(seconds(*words) for _ in range(tries)):.2f} |", flush=True)
    for name, model in (("closed-form", "closed-form"), ("the default model", None)):
        first, second = (
            min(times) for times in zip(*(cuts(model) for _ in range(tries)), strict=True)
        )
        print(f"| first cut-out, {name} | {first:.2f} |\n| second | {second:.2f} |", flush=True)


if __name__ == "__main__":
    main()

"""How long do all five metrics take on a full-HD matte, and how much memory, on one core?

Compared in one run with the direct implementation of tests/reference: a labelling by scikit-image
at every threshold, filtering in two dimensions by SciPy ('gfm' is defined by SciPy's own separable
filter). Mattes: a disc with strands and a noisy prediction of it, 8 bit. Asked of 'official': ten
times faster than direct, under 0.25 s, memory at most 12 times the two float64 mattes.

    python benchmarks/speed_metrics.py [--quick] [--save]
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import psutil

from mattekit.metrics import PROTOCOLS, choose_metrics, measure

HERE = Path(__file__).resolve().parent
DEFAULT = [metric.name for metric in choose_metrics(None)]
FULL_HD, QUICK = (1080, 1920), (270, 480)


def mattes(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A predicted matte, a true matte and their trimap."""
    rng = np.random.default_rng(4)
    height, width = size
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(y - height / 2, x - width / 2) / height
    strands = cv2.GaussianBlur(rng.standard_normal(size), (0, 0), sigmaX=1, sigmaY=8)
    band = (distance > 0.25) & (distance < 0.48)
    true = np.clip((0.4 - distance) / 0.1 + 0.5 + 3 * strands * band, 0, 1)
    noise = cv2.GaussianBlur(rng.standard_normal(size), (0, 0), 1.5)
    predicted = np.clip(true + 0.3 * noise * band, 0, 1)
    trimap = np.where(band, 1, np.where(distance < 0.3, 2, 0)).astype(np.uint8)
    true = np.where(band, true, trimap == 2)
    return np.round(predicted * 255) / 255, np.round(true * 255) / 255, trimap


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Processor seconds of the fastest run; other programs on the machine count little."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def memory_ratio(size: tuple[int, int]) -> float:
    """Growth of a fresh process's peak memory, in units of the two float64 mattes."""
    line = [sys.executable, __file__, "--memory-of", *map(str, size)]
    return float(subprocess.run(line, check=True, capture_output=True, text=True).stdout)


def print_memory(size: tuple[int, int]) -> None:
    """In the fresh process: load everything with a tiny measurement, then measure the real one."""
    import resource

    measure(*mattes((40, 60)))
    pair = mattes(size)
    before = psutil.Process().memory_info().rss
    measure(*pair)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print((peak - before) / (pair[0].nbytes + pair[1].nbytes))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small mattes, for a smoke run")
    parser.add_argument("--save", action="store_true", help="write benchmarks/results/*.json")
    parser.add_argument("--memory-of", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.memory_of:
        print_memory(tuple(options.memory_of))
        return
    sys.path.insert(0, str(HERE.parent / "tests"))
    from reference.direct_metrics import direct

    size = QUICK if options.quick else FULL_HD
    pair = mattes(size)
    rows = {}
    for protocol in PROTOCOLS:
        alone = {
            name: seconds(partial(measure, *pair, protocol, metrics=[name]), 5) for name in DEFAULT
        }
        rows[protocol] = {
            "direct": seconds(partial(direct, *pair, protocol), 3),
            "mattekit": seconds(partial(measure, *pair, protocol), 9),
            "alone": alone,
        }
    ratio = None if options.quick else memory_ratio(size)  # a small matte measures the program
    print(f"{size[1]}x{size[0]}, one thread, {platform.processor() or platform.machine()}\n")
    print("| protocol | direct | mattekit, all five | ratio | " + " | ".join(DEFAULT) + " |")
    print("|---|---" + "|---" * (2 + len(DEFAULT)) + "|")
    for protocol, row in rows.items():
        times = " | ".join(f"{value * 1000:.0f} ms" for value in row["alone"].values())
        print(
            f"| {protocol} | {row['direct']:.2f} s | {row['mattekit'] * 1000:.0f} ms"
            f" | {row['direct'] / row['mattekit']:.0f} | {times} |"
        )
    if ratio:
        print(f"\nMemory: {ratio:.1f} times the two float64 mattes.")
    if options.save:
        report = {"size": size, "seconds": rows, "memory_ratio": ratio}
        place = HERE / "results" / f"speed_metrics-{date.today()}-{platform.node()}.json"
        place.parent.mkdir(exist_ok=True)
        place.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()

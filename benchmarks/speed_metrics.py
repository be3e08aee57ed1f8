"""How long do all five metrics take on a full-HD matte, and how much memory, on one core?

Compared in one run with the direct implementation of tests/reference: a labelling by scikit-image
at every threshold, filtering in two dimensions by SciPy ('gfm' is defined by SciPy's own separable
filter). Mattes: a disc with strands and a noisy prediction of it, 8 bit. Asked of 'official': ten
times faster than direct, under 0.25 s, memory at most 12 times the two float64 mattes.

    python benchmarks/speed_metrics.py [--quick] [--json FILE]
"""

import platform
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from harness import Options, Report, apart, clock, clocked

from mattekit.metrics import PROTOCOLS, choose_metrics, measure

TESTS = Path(__file__).resolve().parent.parent / "tests"
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


def seconds(work: Callable[[], object], times: int) -> float:
    """Processor seconds of the fastest run; other programs on the machine count little."""
    return min(taken.cpu for taken in clocked(work, times))


def memory_ratio(predicted: np.ndarray, true: np.ndarray, trimap: np.ndarray) -> float:
    """Growth of this process's memory at its peak, in units of the two float64 mattes; they are
    made elsewhere, since what that frees would be used again here."""
    cv2.setNumThreads(1)
    measure(*mattes((40, 60)))  # loads everything
    with clock() as taken:
        measure(predicted, true, trimap)
    return taken.grown / (predicted.nbytes + true.nbytes)


def main() -> None:
    options = Options(__doc__, quick="small mattes, for a smoke run").parse_args()
    cv2.setNumThreads(1)
    sys.path.insert(0, str(TESTS))
    from reference.direct_metrics import direct

    size = QUICK if options.quick else FULL_HD
    pair = mattes(size)
    with Report(options.json) as report:
        machine = platform.processor() or platform.machine()
        report.say(f"{size[1]}x{size[0]}, one thread, {machine}")
        each = " | ".join(f"{name}, ms:.0f" for name in DEFAULT)
        table = report.table(f"protocol | direct, s:.2f | mattekit, ms:.0f | ratio:.0f | {each}")
        for protocol in PROTOCOLS:
            alone = [
                seconds(partial(measure, *pair, protocol, metrics=[name]), 5) for name in DEFAULT
            ]
            theirs = seconds(partial(direct, *pair, protocol), 3)
            ours = seconds(partial(measure, *pair, protocol), 9)
            table.row(protocol, theirs, 1000 * ours, theirs / ours, *(1000 * s for s in alone))
        if not options.quick:  # a small matte measures the program
            ratio = apart(memory_ratio, *pair)
            report.say("Memory: {ratio:.1f} times the two float64 mattes.", ratio=ratio)


if __name__ == "__main__":
    main()

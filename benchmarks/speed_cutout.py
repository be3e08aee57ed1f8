"""How long does a cut-out of a large photo take, stage by stage, and how much memory?

    python benchmarks/speed_cutout.py [--quick] [--megapixels 0.45 2 12] [--pymatting-up-to 12]

The photo is a disc with camera noise and a soft edge; about a tenth of it is unknown to the trimap,
which is given. `cutout` is all of it by the shipped network; `estimates` are the classical planes
that it corrects, `colours` the clean colours. `pymatting` is that library's closed-form and
multilevel colours, compiled beforehand. Each in a process of its own: seconds on the wall, CPU
seconds, and the most memory that the process held (with photo and alpha, Linux only).
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable

import cv2
import numpy as np

SIZES = (0.45, 2, 12, 24, 100)
SHARE = 0.1
STAGES = ("estimates", "cutout", "colours", "closed-form", "information-flow", "pymatting")


def photo(megapixels: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Photo, alpha and trimap; 4 by 3."""
    height, width = (round((megapixels * 1e6 * ratio) ** 0.5) for ratio in (3 / 4, 4 / 3))
    rng, radius = np.random.default_rng(0), height // 3
    edge = int(SHARE * height * width / (2 * np.pi * radius))
    disc = np.zeros((height, width), np.uint8)
    cv2.circle(disc, (width // 2, height // 2), radius, 255, -1)
    alpha = cv2.blur(disc, (edge, edge)).astype(np.float32) / 255
    image = np.empty((height, width, 3), np.uint8)
    for channel, (low, high) in enumerate(((30, 200), (60, 190), (90, 120))):
        for top in range(0, height, 512):
            rows = slice(top, top + 512)
            noise = rng.normal(0, 4, alpha[rows].shape)
            image[rows, :, channel] = (low + (high - low) * alpha[rows] + noise).clip(0, 255)
    trimap = np.where(alpha >= 1, 2, np.where(alpha <= 0, 0, 1)).astype(np.uint8)
    return image, alpha, trimap


def stage(name: str, megapixels: float) -> Callable[[], object]:
    """What is timed, imports and compilation done."""
    image, alpha, trimap = photo(megapixels)
    if name == "pymatting":
        import pymatting

        floats, known = image.astype(np.float64) / 255, trimap / 2

        def by_pymatting() -> object:
            found = pymatting.estimate_alpha_cf(floats, known)
            return pymatting.estimate_foreground_ml(floats, found)

        return by_pymatting
    import mattekit
    from mattekit.classical.estimates import CHANNELS, Problem
    from mattekit.classical.foreground import estimate_foreground

    mattekit.cutout(image[:64, :64], trimap=np.tile(np.uint8([0, 1, 1, 2]), (64, 16)))
    return {
        "estimates": lambda: Problem(image, trimap).planes(CHANNELS),
        "cutout": lambda: mattekit.cutout(image, trimap=trimap),
        "colours": lambda: estimate_foreground(image, alpha),
        "closed-form": lambda: mattekit.cutout(image, trimap=trimap, model="closed-form"),
        "information-flow": lambda: mattekit.cutout(image, trimap=trimap, model="information-flow"),
    }[name]


def peak() -> int:
    """Most bytes that this process held since it began."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def measure(name: str, megapixels: float) -> None:
    """Run one stage and print what it took."""
    work = stage(name, megapixels)
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    seconds = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps([*seconds, peak() / 1e9]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="0.45 megapixels only")
    parser.add_argument("--megapixels", type=float, nargs="+", default=SIZES)
    parser.add_argument("--pymatting-up-to", type=float, default=12, help="megapixels")
    parser.add_argument("--stage", choices=STAGES, help="one stage at one size, as JSON")
    options = parser.parse_args()
    sizes = SIZES[:1] if options.quick else options.megapixels
    if options.stage:
        measure(options.stage, sizes[0])
        return
    print("| megapixels | stage | s | CPU s | peak GB |\n|--:|---|--:|--:|--:|")
    for megapixels in sizes:
        for name in STAGES:
            if name == "pymatting" and megapixels > options.pymatting_up_to:
                continue
            words = ["--stage", name, "--megapixels", str(megapixels)]
            done = subprocess.run(
                [sys.executable, __file__, *words], check=True, capture_output=True, text=True
            )
            wall, cpu, memory = json.loads(done.stdout.splitlines()[-1])
            print(
                f"| {megapixels:g} | {name} | {wall:.1f} | {cpu:.1f} | {memory:.2f} |", flush=True
            )


if __name__ == "__main__":
    main()

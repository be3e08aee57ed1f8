"""How long does one core take to draw a 512 x 512 scene, everything included, kind by kind?

    python benchmarks/speed_scene.py [--quick] [--json FILE]

The time of a kind is the mean over several seeds after one to warm up, on one thread. `wall` is
what a clock shows, `processor` what the process used; they differ when the machine is busy.
"""

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2

from mattekit.synthetic.kinds import KINDS
from mattekit.synthetic.scene import scene

SIZE = 512
LIMIT = 0.1  # seconds


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds for one scene of a kind."""

    kind: str
    wall: float
    processor: float
    slowest: float


def measure(kind: str, seeds: int) -> Timing:
    """Mean and slowest time over so many scenes of the kind."""
    scene(0, SIZE, kind=kind)
    walls, used = [], []
    for seed in range(1, seeds + 1):
        wall, processor = time.perf_counter(), time.process_time()
        scene(seed, SIZE, kind=kind)
        walls.append(time.perf_counter() - wall)
        used.append(time.process_time() - processor)
    return Timing(
        kind=kind, wall=sum(walls) / seeds, processor=sum(used) / seeds, slowest=max(used)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="three scenes of every kind")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers there")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    timings = [measure(kind, 3 if options.quick else 20) for kind in KINDS]
    print(f"seconds for one {SIZE} x {SIZE} scene, one thread\n")
    print("| kind | wall | processor | slowest (processor) |\n|---|---|---|---|")
    for one in timings:
        print(f"| {one.kind} | {one.wall:.3f} | {one.processor:.3f} | {one.slowest:.3f} |")
    shares = sum(kind.share for kind in KINDS.values())
    mean = sum(one.processor * KINDS[one.kind].share for one in timings) / shares
    over = [one.kind for one in timings if one.processor > LIMIT]
    print(f"\nmean of the mix {mean:.3f} s; over {LIMIT} s: {', '.join(over) or 'none'}")
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in timings], indent=2))


if __name__ == "__main__":
    main()

"""How long does one core take to draw a 512 x 512 scene, everything included, kind by kind?

    python benchmarks/speed_scene.py [--quick] [--json FILE]

The time of a kind is the mean over several seeds after one to warm up, on one thread. `wall` is
what a clock shows, `processor` what the process used; they differ when the machine is busy.
"""

from statistics import fmean, mean

import cv2
from harness import Options, Report, Taken, clocked

from mattekit.synthetic.kinds import KINDS
from mattekit.synthetic.scene import scene

SIZE = 512
LIMIT = 0.1  # seconds


def measure(kind: str, count: int) -> list[Taken]:
    """So many scenes of the kind, after one to warm up."""
    seeds = iter(range(count + 1))
    return clocked(lambda: scene(next(seeds), SIZE, kind=kind), count + 1)[1:]


def main() -> None:
    options = Options(__doc__, quick="three scenes of every kind").parse_args()
    cv2.setNumThreads(1)
    used = {}
    with Report(options.json) as report:
        report.say(f"seconds for one {SIZE} x {SIZE} scene, one thread")
        table = report.table("kind | wall:.3f | processor:.3f | slowest (processor):.3f")
        for kind in KINDS:
            taken = measure(kind, 3 if options.quick else 20)
            times = [one.cpu for one in taken]
            used[kind] = mean(times)
            table.row(kind, mean(one.wall for one in taken), used[kind], max(times))
        report.say(
            "mean of the mix {mean:.3f} s; over {limit} s: {kinds}",
            mean=fmean(used.values(), [kind.share for kind in KINDS.values()]),
            limit=LIMIT,
            kinds=", ".join(kind for kind in KINDS if used[kind] > LIMIT) or "none",
        )


if __name__ == "__main__":
    main()

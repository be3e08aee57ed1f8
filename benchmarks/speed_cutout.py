"""How long does a cut-out of a large photo take, stage by stage, and how much memory?

    python benchmarks/speed_cutout.py [--quick] [--megapixels 0.45 2 12] [--pymatting-up-to 12]

The photo is a disc with camera noise and a soft edge; about a tenth of it is unknown to the trimap,
which is given. `cutout` is all of it by the shipped network; `estimates` are the classical planes
that it corrects, `colours` the clean colours. `pymatting` is that library's closed-form and
multilevel colours, compiled beforehand. Each in a process of its own: seconds on the wall, CPU
seconds, and the most memory that the process held (with photo and alpha, Linux only).
"""

from collections.abc import Callable

import cv2
import numpy as np
from harness import Options, Report, Taken, apart, clock

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


def measure(name: str, megapixels: float) -> Taken:
    """What one stage takes, in this process."""
    work = stage(name, megapixels)
    with clock() as taken:
        work()
    return taken


def main() -> None:
    parser = Options(__doc__, quick="0.45 megapixels only", megapixels=SIZES[:1])
    parser.add_argument("--megapixels", type=float, nargs="+", default=SIZES)
    parser.add_argument("--pymatting-up-to", type=float, default=12, help="megapixels")
    options = parser.parse_args()
    with Report(options.json) as report:
        table = report.table("megapixels:g | stage | s:.1f | CPU s:.1f | peak GB:.2f")
        for megapixels in options.megapixels:
            for name in STAGES:
                if name == "pymatting" and megapixels > options.pymatting_up_to:
                    continue
                taken = apart(measure, name, megapixels)
                table.row(megapixels, name, taken.wall, taken.cpu, taken.peak / 1e9)


if __name__ == "__main__":
    main()

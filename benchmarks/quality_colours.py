"""How clean are the colours of a cut-out? On scenes whose true colours are known.

    python benchmarks/quality_colours.py [--quick] [--scenes 50] [--size 384]

The alpha is the true one, so that only colours are judged. `error`: mean |F - F_true| weighted by
a(1 - a); `halo`: sum of |C - C_true| of the cut-out, in thousands, which with one and the same
alpha is the same on black, white, magenta or any other background. `multilevel` is what `cutout`
uses; `pymatting` the same with that library's own settings. Blur fusion twice (Forte 2021), radii
90 and 6, is written out below.
"""

from collections.abc import Callable

import cv2
import numpy as np
from harness import Options, Report, clock
from pymatting.foreground.estimate_foreground_ml import estimate_foreground_ml

from mattekit.classical.foreground import estimate_foreground
from mattekit.core.types import Alpha, Image
from mattekit.imaging.compose import over
from mattekit.metrics.colours import colour_error, halo_scores
from mattekit.synthetic.scene import scene

FIRST_SCENE = 9_100_000
TINY = np.float32(1e-5)


def blur_fusion(image: Image, alpha: Alpha) -> Image:
    """F = f + a (I - over(f, a, b)), where f and b are the blurred colours of each layer."""
    share = alpha[..., None]
    foreground, background = image, image
    for radius in (90, 6):
        front = blurred(foreground * share, radius) / (blurred(share, radius) + TINY)
        behind = blurred(background * (1 - share), radius) / (blurred(1 - share, radius) + TINY)
        foreground = (front + share * (image - over(front, share, behind))).clip(0, 1)
        background = behind
    return foreground


def blurred(plane: Image, radius: int) -> Image:
    """Mean over a square."""
    return cv2.blur(plane, (radius, radius)).reshape(plane.shape)


METHODS: dict[str, Callable[[Image, Alpha], Image]] = {
    "multilevel": lambda image, alpha: estimate_foreground(image, alpha),
    "closed-form": lambda image, alpha: estimate_foreground(image, alpha, method="closed-form"),
    "levin": lambda image, alpha: estimate_foreground(image, alpha, method="levin"),
    "pymatting": estimate_foreground_ml,
    "blur fusion": blur_fusion,
    "none": lambda image, alpha: image,
}


def measure(name: str, count: int, size: int) -> np.ndarray:
    """Error, halo and seconds, means over the scenes."""
    found = []
    for seed in range(FIRST_SCENE, FIRST_SCENE + count):
        picture = scene(seed, size)
        with clock() as taken:
            foreground = METHODS[name](picture.image, picture.alpha).astype(np.float32)
        planes = foreground, picture.alpha, picture.foreground, picture.alpha
        halo = np.mean(list(halo_scores(*planes).values()))
        error = colour_error(foreground, picture.foreground, picture.alpha)
        found.append((error, halo, taken.wall))
    return np.mean(found, axis=0)


def main() -> None:
    parser = Options(__doc__, quick="four small scenes", scenes=4, size=128)
    parser.add_argument("--scenes", type=int, default=50)
    parser.add_argument("--size", type=int, default=384)
    options = parser.parse_args()
    count, size = options.scenes, options.size
    estimate_foreground_ml(np.zeros((8, 8, 3)), np.ones((8, 8)))  # compiles
    with Report(options.json) as report:
        report.say(f"{count} scenes of {size}x{size}")
        table = report.table("colours by | error:.4f | halo:.3f | s:.2f")
        for name in METHODS:
            table.row(name, *measure(name, count, size))


if __name__ == "__main__":
    main()

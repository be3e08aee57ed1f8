"""How clean are the colours of a cut-out? On scenes whose true colours are known.

    python benchmarks/quality_colours.py [--quick] [--scenes 50] [--size 384]

The alpha is the true one, so that only colours are judged. `error`: mean |F - F_true| weighted by
a(1 - a); `halo`: sum of |C - C_true| of the cut-out, in thousands, which with one and the same
alpha is the same on black, white, magenta or any other background. `multilevel` is what `cutout`
uses; `pymatting` the same with that library's own settings. Blur fusion twice (Forte 2021), radii
90 and 6, is written out below.
"""

import argparse
import time
from collections.abc import Callable

import cv2
import numpy as np
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


def measure(name: str, count: int, size: int) -> str:
    """A line of the table."""
    errors, halos, seconds = [], [], 0.0
    for seed in range(FIRST_SCENE, FIRST_SCENE + count):
        picture = scene(seed, size)
        start = time.perf_counter()
        foreground = METHODS[name](picture.image, picture.alpha).astype(np.float32)
        seconds += time.perf_counter() - start
        errors.append(colour_error(foreground, picture.foreground, picture.alpha))
        planes = foreground, picture.alpha, picture.foreground, picture.alpha
        halos.append(np.mean(list(halo_scores(*planes).values())))
    return f"| {name} | {np.mean(errors):.4f} | {np.mean(halos):.3f} | {seconds / count:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="four small scenes")
    parser.add_argument("--scenes", type=int, default=50)
    parser.add_argument("--size", type=int, default=384)
    options = parser.parse_args()
    count, size = (4, 128) if options.quick else (options.scenes, options.size)
    estimate_foreground_ml(np.zeros((8, 8, 3)), np.ones((8, 8)))  # compiles
    print(f"{count} scenes of {size}x{size}\n")
    print("| colours by | error | halo | s |\n|---|--:|--:|--:|")
    for name in METHODS:
        print(measure(name, count, size), flush=True)


if __name__ == "__main__":
    main()

"""How much does a worse trimap cost: wider bands, or one drawn three pixels wrong?

    python benchmarks/quality_trimaps.py --data DIR [--scenes 10] [--models compact,closed-form]

DIR holds image/, alpha/ and trimap/ with the same file names. Trimaps are made from the true alpha:
bands of several widths around the soft pixels; one moved three pixels to one side, so that known
pixels are wrong there; and one whose unknown part is three pixels too narrow all around. All are
measured over the unknown pixels of the widest band, known pixels kept as each trimap says. Pictures
of which that band leaves no foreground or no background are left out.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from quality_real import Picture, photographs, scenes

from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Mask, Trimap
from mattekit.imaging.trimap import dilated, make_trimap
from mattekit.inference.matting import build_matting
from mattekit.metrics import mse, sad

WIDTHS = (2, 5, 10, 20, 40)
NORMAL = 5
WRONG = 3


def band(width: int) -> Callable[[Alpha], Trimap]:
    """A trimap maker."""
    return lambda alpha: make_trimap(alpha, width, width)


def moved(alpha: Alpha) -> Trimap:
    """The normal band, three pixels further right; what it leaves behind is what is next to it."""
    columns = np.maximum(np.arange(alpha.shape[1]) - WRONG, 0)
    trimap: Trimap = band(NORMAL)(alpha)[:, columns]
    return trimap


def narrowed(alpha: Alpha) -> Trimap:
    """Known labels that reach three pixels into what should be unknown, soft pixels included."""
    right = band(0)(alpha)
    solid, empty = (grown(right == label) for label in (FOREGROUND, BACKGROUND))
    trimap = np.full_like(right, UNKNOWN)
    trimap[solid & ~empty] = FOREGROUND
    trimap[empty & ~solid] = BACKGROUND
    return trimap


def grown(mask: Mask) -> Mask:
    return dilated(mask, 2 * WRONG + 1)


TRIMAPS: dict[str, Callable[[Alpha], Trimap]] = {
    **{f"{width} pixels on either side": band(width) for width in WIDTHS},
    f"{NORMAL}, moved by {WRONG}": moved,
    f"unknown {WRONG} too narrow": narrowed,
}


def measure(name: str, pictures: Iterator[Picture], models: list[str]) -> None:
    """Print one row a trimap and model."""
    values: dict[tuple[str, str], list[list[float]]] = {}
    for image, alpha, _ in pictures:
        where = band(max(WIDTHS))(alpha)
        if not {FOREGROUND, BACKGROUND} <= set(np.unique(where)):
            continue
        for kind, maker in TRIMAPS.items():
            trimap = maker(alpha)
            for model in models:
                predicted = build_matting(model).matte(image, trimap).alpha
                errors = [error(predicted, alpha, where) for error in (sad, mse)]
                values.setdefault((kind, model), []).append(errors)
    for (kind, model), errors in values.items():
        means = np.mean(errors, axis=0)
        print(
            f"| {len(errors)} {name} | {kind} | {model} | {means[0]:.2f} | {means[1]:.4f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of real photographs")
    parser.add_argument("--scenes", type=int, default=10)
    parser.add_argument("--models", default="compact,closed-form")
    parser.add_argument("--quick", action="store_true", help="a few scenes")
    options = parser.parse_args()
    models = options.models.split(",")
    print("| pictures | trimap | model | SAD | MSE |\n|---|---|---|--:|--:|")
    if options.data is not None:
        measure("photographs", photographs(options.data, "trimap"), models)
    count = 3 if options.quick else options.scenes
    if count:
        measure("scenes", scenes(count), models)


if __name__ == "__main__":
    main()

"""How good are the models on real photographs with known alpha, and on held-out scenes?

    python benchmarks/quality_real.py --data DIR [--scenes 100] [--models compact,closed-form,knn]

DIR holds image/, alpha/, trimap/ (tight) and trimap2/ (loose) with the same file names. Errors are
the official ones over the unknown pixels, averaged over pictures; `masks` are trimaps that the
command line itself makes from the true alpha above 0.5. All models run in one process, one picture
after the other; seconds are of the alpha alone.
"""

import argparse
import time
from collections.abc import Iterator
from itertools import count as counted
from itertools import islice
from pathlib import Path

import numpy as np

from mattekit.core.types import Alpha, Image, Trimap
from mattekit.imaging.files import read_alpha, read_image, read_trimap
from mattekit.inference.matting import MODELS, build_matting
from mattekit.metrics import conn, grad, mse, sad
from mattekit.subject.mask import from_mask
from mattekit.synthetic.scene import scene

FIRST_SCENE = 9_000_000  # seeds that no training draws
Picture = tuple[Image, Alpha, Trimap]


def photographs(folder: Path, trimaps: str) -> Iterator[Picture]:
    """The photographs of a folder with one kind of trimap."""
    for path in sorted((folder / "image").iterdir()):
        alpha = read_alpha(folder / "alpha" / path.name)
        if trimaps == "masks":
            trimap = from_mask((alpha > 0.5).astype(np.float32))
        else:
            trimap = read_trimap(folder / trimaps / path.name)
        yield read_image(path), alpha, trimap


def scenes(count: int) -> Iterator[Picture]:
    """Synthetic scenes with their own trimaps, those that know some of both labels."""
    samples = (scene(number, 512) for number in counted(FIRST_SCENE))
    known = (sample for sample in samples if {0, 1, 2} <= set(np.unique(sample.trimap)))
    for sample in islice(known, count):
        assert sample.trimap is not None
        yield sample.image, sample.alpha, sample.trimap


def measure(name: str, pictures: Iterator[Picture], models: list[str]) -> None:
    """Print one row a model."""
    values: dict[str, list[list[float]]] = {model: [] for model in models}
    seconds = dict.fromkeys(models, 0.0)
    for image, alpha, trimap in pictures:
        for model in models:
            start = time.perf_counter()
            predicted = build_matting(model).matte(image, trimap).alpha
            seconds[model] += time.perf_counter() - start
            values[model].append(
                [error(predicted, alpha, trimap) for error in (sad, mse, grad, conn)]
            )
    for model in models:
        means = np.mean(values[model], axis=0)
        cells = [
            f"{mean:.4f}" if number == 1 else f"{mean:.2f}" for number, mean in enumerate(means)
        ]
        cells.append(f"{seconds[model] / len(values[model]):.2f}")
        print(f"| {name} | {model} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of real photographs")
    parser.add_argument("--scenes", type=int, default=100)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--quick", action="store_true", help="three scenes, no KNN")
    options = parser.parse_args()
    models = ["compact", "closed-form"] if options.quick else options.models.split(",")
    print("| pictures | model | SAD | MSE | Grad | Conn | s |\n|---|---|--:|--:|--:|--:|--:|")
    if options.data is not None:
        for trimaps in ("trimap", "trimap2", "masks"):
            measure(trimaps, photographs(options.data, trimaps), models)
    count = 3 if options.quick else options.scenes
    if count:
        measure(f"{count} scenes", scenes(count), models)


if __name__ == "__main__":
    main()

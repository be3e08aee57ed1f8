"""How good are the models on real photographs with known alpha, and on held-out scenes?

    python benchmarks/quality_real.py --data DIR [--scenes 100] [--models compact,closed-form,knn]

DIR is laid out as `pictures.py` says, `masks` too. Errors are the official ones over the unknown
pixels, averaged over pictures. All models run in one process, one picture after the other; seconds
are of the alpha alone.
"""

from collections.abc import Iterator

import numpy as np
from harness import Report, Table, clock
from pictures import Picture, chosen, picture_options

from mattekit.inference.matting import MODELS, build_matting
from mattekit.metrics import conn, grad, mse, sad


def measure(name: str, pictures: Iterator[Picture], models: list[str], table: Table) -> None:
    """One row a model."""
    values: dict[str, list[list[float]]] = {model: [] for model in models}
    for image, alpha, trimap in pictures:
        for model in models:
            with clock() as taken:
                predicted = build_matting(model).matte(image, trimap).alpha
            errors = [error(predicted, alpha, trimap) for error in (sad, mse, grad, conn)]
            values[model].append([*errors, taken.wall])
    for model in models:
        table.row(name, model, *np.mean(values[model], axis=0))


def main() -> None:
    parser = picture_options(__doc__, scenes=100, quick="three scenes, no KNN")
    parser.add_argument("--models", default=",".join(MODELS))
    options = parser.parse_args()
    models = ["compact", "closed-form"] if options.quick else options.models.split(",")
    kinds = {name: name for name in ("trimap", "trimap2", "masks")}
    with Report(options.json) as report:
        table = report.table("pictures | model | SAD:.2f | MSE:.4f | Grad:.2f | Conn:.2f | s:.2f")
        for name, pictures in chosen(options, kinds):
            measure(name, pictures, models, table)


if __name__ == "__main__":
    main()

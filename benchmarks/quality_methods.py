"""How good is every method, the classical ones and ours, on scenes and on a public benchmark?

    python benchmarks/quality_methods.py [--data DIR] [--scenes 20] [--methods all]

DIR is laid out as the benchmark of alphamatting.com: a folder input*, a folder gt*, and a folder
trimap* with one folder a kind of trimap (or the trimaps themselves). Names that begin with
`pymatting` are that library's, in its own settings; it is part of the extra `dev`. Errors are the
official ones over the unknown pixels, averaged over pictures; seconds are of the alpha alone.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from harness import Options, Report, Table, clock
from pictures import Picture, scenes

from mattekit.core.types import Alpha, Image, Plane, Trimap
from mattekit.data.folders import Folder
from mattekit.imaging.files import read_alpha, read_image, read_trimap
from mattekit.inference.matting import MODELS, build_matting
from mattekit.metrics import conn, grad, mse, sad

PYMATTING = ("cf", "knn", "lbdm", "lkm", "rw")
"""Closed-form, KNN, learning-based, large kernel, random walk: its names."""
METHODS = (*MODELS, *(f"pymatting {name}" for name in PYMATTING))


def alpha_of(method: str, image: Image, trimap: Trimap) -> Alpha:
    """The alpha by a method of `METHODS`."""
    library, _, name = method.rpartition(" ")
    if not library:
        return build_matting(name).matte(image, trimap).alpha
    import pymatting

    estimate: Callable[[Plane, Plane], Plane] = getattr(pymatting, f"estimate_alpha_{name}")
    return estimate(image.astype(np.float64), trimap / 2).astype(np.float32)


def photographs(root: Path) -> Iterator[tuple[str, Iterator[Picture]]]:
    """The pictures of a folder laid out as alphamatting.com's, once for every kind of trimap."""
    images, alphas, trimaps = (only(root, name) for name in ("input", "gt", "trimap"))
    kinds = sorted(path for path in trimaps.iterdir() if path.is_dir()) or [trimaps]
    for kind in kinds:
        yield kind.name, paired(Folder(images), Folder(alphas), Folder(kind))


def only(root: Path, beginning: str) -> Path:
    """The one folder whose name begins so."""
    found = sorted(p for p in root.iterdir() if p.is_dir() and p.name.lower().startswith(beginning))
    if len(found) != 1:
        raise SystemExit(
            f"{root} has {len(found)} folders that begin with '{beginning}'; expected one, as in "
            "the benchmark of alphamatting.com: input*/, gt*/, trimap*/"
        )
    return found[0]


def paired(images: Folder, alphas: Folder, trimaps: Folder) -> Iterator[Picture]:
    partners = (
        images.pictures,
        alphas.partners(images.pictures),
        trimaps.partners(images.pictures),
    )
    for image, alpha, trimap in zip(*partners, strict=True):
        yield read_image(image), read_alpha(alpha), read_trimap(trimap)


def measure(name: str, pictures: Iterator[Picture], methods: list[str], table: Table) -> None:
    """One row a method."""
    values: dict[str, list[list[float]]] = {method: [] for method in methods}
    for image, alpha, trimap in pictures:
        for method in methods:
            with clock() as taken:
                found = alpha_of(method, image, trimap)
            errors = [metric(found, alpha, trimap) for metric in (sad, mse, grad, conn)]
            values[method].append([*errors, taken.wall])
    for method in methods:
        table.row(f"{len(values[method])} {name}", method, *np.mean(values[method], axis=0))


def main() -> None:
    own = ",".join(MODELS)
    parser = Options(__doc__, quick="two scenes, our own methods", scenes=2, methods=own)
    parser.add_argument("--data", type=Path, help="a folder laid out as alphamatting.com's")
    parser.add_argument("--scenes", type=int, default=20)
    parser.add_argument("--methods", default="all", help=f"of {', '.join(METHODS)}, with commas")
    options = parser.parse_args()
    methods = list(METHODS) if options.methods == "all" else options.methods.split(",")
    unknown = [method for method in methods if method not in METHODS]
    if unknown:
        raise SystemExit(f"there is no method '{unknown[0]}'; choose from {', '.join(METHODS)}")
    with Report(options.json) as report:
        table = report.table("pictures | method | SAD:.2f | MSE:.4f | Grad:.2f | Conn:.2f | s:.2f")
        if options.data is not None:
            for kind, pictures in photographs(options.data):
                measure(f"photographs, {kind}", pictures, methods, table)
        if options.scenes:
            measure("scenes", scenes(options.scenes), methods, table)


if __name__ == "__main__":
    main()

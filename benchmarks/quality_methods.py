"""How good is every method, the classical ones and ours, on scenes and on a public benchmark?

    python benchmarks/quality_methods.py [--data DIR] [--scenes 20] [--methods all] [--page FILE]

DIR is laid out as the benchmark of alphamatting.com: a folder input*, a folder gt*, and a folder
trimap* with one folder a kind of trimap (or the trimaps themselves). Names that begin with
`pymatting` are that library's, in its own settings; it is part of the extra `dev`. Errors are the
official ones over the unknown pixels, averaged over pictures; seconds are of the alpha alone. With
--page the table is written between the marks of that page, docs/benchmarks.md.
"""

import argparse
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from quality_real import Picture, scenes

from mattekit.core.types import Alpha, Image, Plane, Trimap
from mattekit.data.folders import Folder
from mattekit.imaging.files import read_alpha, read_image, read_trimap
from mattekit.inference.matting import MODELS, build_matting
from mattekit.metrics import conn, grad, mse, sad

METRICS = {"SAD": sad, "MSE": mse, "Grad": grad, "Conn": conn}
PYMATTING = ("cf", "knn", "lbdm", "lkm", "rw")
"""Closed-form, KNN, learning-based, large kernel, random walk: its names."""
METHODS = (*MODELS, *(f"pymatting {name}" for name in PYMATTING))
HEAD = (
    f"| pictures | method | {' | '.join(METRICS)} | s |\n|---|---|{'--:|' * (len(METRICS) + 1)}\n"
)


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


def rows(name: str, pictures: Iterator[Picture], methods: list[str]) -> str:
    """One row a method."""
    values: dict[str, list[list[float]]] = {method: [] for method in methods}
    for image, alpha, trimap in pictures:
        for method in methods:
            start = time.perf_counter()
            found = alpha_of(method, image, trimap)
            seconds = time.perf_counter() - start
            errors = [metric(found, alpha, trimap) for metric in METRICS.values()]
            values[method].append([*errors, seconds])
    lines = []
    for method in methods:
        means = np.mean(values[method], axis=0)
        cells = [f"{mean:.4f}" if n == 1 else f"{mean:.2f}" for n, mean in enumerate(means)]
        lines.append(f"| {len(values[method])} {name} | {method} | {' | '.join(cells)} |\n")
    return "".join(lines)


def with_table(page: str, table: str) -> str:
    """The page with the table between its marks."""
    marks = r"(<!-- methods -->\n).*?(<!-- end of methods -->)"
    return re.sub(marks, lambda found: found[1] + table + found[2], page, flags=re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="a folder laid out as alphamatting.com's")
    parser.add_argument("--scenes", type=int, default=20)
    parser.add_argument("--methods", default="all", help=f"of {', '.join(METHODS)}, with commas")
    parser.add_argument("--page", type=Path, help="write the table into this page")
    parser.add_argument("--quick", action="store_true", help="two scenes, our own methods")
    options = parser.parse_args()
    methods = list(METHODS) if options.methods == "all" else options.methods.split(",")
    count = options.scenes
    if options.quick:
        methods, count = list(MODELS), 2
    unknown = [method for method in methods if method not in METHODS]
    if unknown:
        raise SystemExit(f"there is no method '{unknown[0]}'; choose from {', '.join(METHODS)}")
    measured = partial(rows, methods=methods)
    table = HEAD
    if options.data is not None:
        table += "".join(
            measured(f"photographs, {kind}", p) for kind, p in photographs(options.data)
        )
    if count:
        table += measured("scenes", scenes(count))
    print(table, end="")
    if options.page is not None:
        options.page.write_text(with_table(options.page.read_text(), table))


if __name__ == "__main__":
    main()

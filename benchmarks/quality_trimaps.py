"""How much does a worse trimap cost: wider bands, or one drawn three pixels wrong?

    python benchmarks/quality_trimaps.py --data DIR [--scenes 10] [--models compact,closed-form]

DIR is laid out as `pictures.py` says. Trimaps are made from the true alpha: bands of several widths
around the soft pixels; one moved three pixels to one side, so that known pixels are wrong there;
and one whose unknown part is three pixels too narrow all around. All are measured over the unknown
pixels of the widest band, known pixels kept as each trimap says. Pictures of which that band leaves
no foreground or no background are left out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
from harness import Report, Table
from pictures import Picture, chosen, picture_options

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


def measure(name: str, pictures: Iterator[Picture], models: list[str], table: Table) -> None:
    """One row a trimap and model."""
    values = defaultdict(list)
    for image, alpha, _ in pictures:
        where = band(max(WIDTHS))(alpha)
        if not {FOREGROUND, BACKGROUND} <= set(np.unique(where)):
            continue
        for kind, maker in TRIMAPS.items():
            trimap = maker(alpha)
            for model in models:
                predicted = build_matting(model).matte(image, trimap).alpha
                values[kind, model].append([error(predicted, alpha, where) for error in (sad, mse)])
    what = name.split()[-1]  # how many of them is known now, some were left out
    for names, errors in values.items():
        table.row(f"{len(errors)} {what}", *names, *np.mean(errors, axis=0))


def main() -> None:
    parser = picture_options(__doc__, scenes=10)
    parser.add_argument("--models", default="compact,closed-form")
    options = parser.parse_args()
    with Report(options.json) as report:
        table = report.table("pictures | trimap | model | SAD:.2f | MSE:.4f")
        for name, pictures in chosen(options, {"trimap": "photographs"}):
            measure(name, pictures, options.models.split(","), table)


if __name__ == "__main__":
    main()

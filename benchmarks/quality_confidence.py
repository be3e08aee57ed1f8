"""Does the shipped network know how wrong it is, and where?

    python benchmarks/quality_confidence.py --data DIR [--scenes 100] [--picture FILE]

DIR is laid out as `pictures.py` says. For every unknown pixel the error that the network expects is
held against the one it makes: in bins of the expected error, picture by picture, and by how much of
the error the most doubted pixels hold.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from harness import Report
from matplotlib.figure import Figure
from pictures import Picture, chosen, picture_options

from mattekit.core.types import UNKNOWN, Plane
from mattekit.inference.matting import build_matting
from mattekit.metrics.calibration import rank_correlation, sparsification_error

EDGES = (0, 0.015, 0.025, 0.04, 0.06, 0.09, 0.13, 0.2, 0.3, 1)


@dataclass(frozen=True, kw_only=True)
class Doubts:
    """Expected and made errors of the unknown pixels, a pair a picture."""

    name: str
    pictures: list[tuple[Plane, Plane]]

    @property
    def bins(self) -> list[tuple[float, float, float]]:
        """Share of the pixels, mean error expected and made; bins without pixels left out."""
        expected, made = (np.concatenate(part) for part in zip(*self.pictures, strict=True))
        found = np.digitize(expected, EDGES)
        inside = [found == number for number in range(1, len(EDGES)) if (found == number).any()]
        return [(b.mean(), expected[b].mean(), made[b].mean()) for b in inside]


def doubts(name: str, pictures: Iterator[Picture]) -> Doubts:
    """Predict every picture."""
    found = []
    for image, alpha, trimap in pictures:
        matte = build_matting("compact").matte(image, trimap)
        assert matte.expected_error is not None
        unknown = trimap == UNKNOWN
        found.append((matte.expected_error[unknown], np.abs(matte.alpha - alpha)[unknown]))
    return Doubts(name=name, pictures=found)


def tell(report: Report, found: Doubts) -> None:
    """The bins, and what is made of them."""
    shares = f"{found.name}, share of the pixels:.1%"
    table = report.table(f"{shares} | expected error:.3f | error made:.3f")
    for row in found.bins:
        table.row(*row)
    means = [(expected.mean(), made.mean()) for expected, made in found.pictures]
    expected, made = np.mean(means, axis=0)
    misplaced = np.mean([sparsification_error(*map(np.float64, pair)) for pair in found.pictures])
    report.say(
        "Mean over pictures: {expected:.3f} expected, {made:.3f} made; sparsification error "
        "{misplaced:.2f}; rank correlation over pictures {order:.2f}.",
        expected=expected,
        made=made,
        misplaced=misplaced,
        order=rank_correlation(*zip(*means, strict=True)),
    )


def draw(found: list[Doubts], picture: Path) -> None:
    """The error made over the error expected; a perfect judge lies on the diagonal."""
    figure = Figure(figsize=(5.2, 4.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0.01, 0.5], [0.01, 0.5], color="0.7", label="a perfect judge")
    for one in found:
        _, expected, made = zip(*one.bins, strict=True)
        axes.plot(expected, made, marker="o", label=one.name)
    axes.set(xscale="log", yscale="log", xlabel="error expected", ylabel="error made")
    axes.grid(which="both", alpha=0.2)
    axes.legend()
    figure.savefig(picture, dpi=110)


def main() -> None:
    parser = picture_options(__doc__, scenes=100)
    parser.add_argument("--picture", type=Path, help="draw the curves here")
    options = parser.parse_args()
    kinds = {"trimap": "photographs, tight", "trimap2": "photographs, loose"}
    found = [doubts(name, pictures) for name, pictures in chosen(options, kinds)]
    with Report(options.json) as report:
        for one in found:
            tell(report, one)
    if options.picture is not None:
        draw(found, options.picture)


if __name__ == "__main__":
    main()

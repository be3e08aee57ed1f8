"""How often does `inspect` say what is wrong, and how often what is not? On synthetic scenes.

    python benchmarks/quality_inspect.py [--quick] [--scenes 80] [--size 400]

Each scene's true matte is judged with its clean colours, with the photo's, and with colours
multiplied by alpha. Holes and specks of true mattes are gaps in fur and grass.
"""

from collections import Counter

from harness import Options, Report

from mattekit.core.types import Sample
from mattekit.evaluation.inspection import SOLID, VISIBLE_HALO, Inspection, inspect_cutout
from mattekit.imaging.compose import premultiply
from mattekit.synthetic.scene import scene


def has_halo(inspection: Inspection) -> bool:
    """Whether the report speaks of a halo."""
    return inspection.halo is not None and inspection.halo > VISIBLE_HALO


def findings(picture: Sample) -> dict[str, bool]:
    """What is found in a scene; of those that are not solid enough, only holes and specks count."""
    clean = inspect_cutout(picture.foreground, picture.alpha)
    photo = inspect_cutout(picture.image, picture.alpha)
    multiplied = premultiply(picture.foreground, picture.alpha)
    solid = clean.halo is not None and bool(picture.alpha.min() <= SOLID)
    return {
        "solid enough to be judged": solid,
        "halo, clean colours": solid and has_halo(clean),
        "halo, the photo's colours": solid and has_halo(photo),
        "premultiplied, clean colours": solid and clean.premultiplied,
        "premultiplied, multiplied colours": solid
        and inspect_cutout(multiplied, picture.alpha).premultiplied,
        "holes": clean.holes > 0,
        "specks": clean.specks > 0,
    }


def main() -> None:
    parser = Options(__doc__, quick="eight small scenes", scenes=8, size=128)
    parser.add_argument("--scenes", type=int, default=80)
    parser.add_argument("--size", type=int, default=400)
    options = parser.parse_args()
    count, size = options.scenes, options.size
    found = Counter()
    for seed in range(count):
        found.update(findings(scene(seed, size)))
    with Report(options.json) as report:
        table = report.table(f"of {count} scenes of {size}x{size} | scenes:d")
        for what, scenes in found.items():
            table.row(what, scenes)


if __name__ == "__main__":
    main()

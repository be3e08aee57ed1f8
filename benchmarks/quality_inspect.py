"""How often does `inspect` say what is wrong, and how often what is not? On synthetic scenes.

    python benchmarks/quality_inspect.py [--quick] [--scenes 80] [--size 400]

Each scene's true matte is judged with its clean colours, with the photo's, and with colours
multiplied by alpha. Holes and specks of true mattes are gaps in fur and grass.
"""

import argparse

from mattekit.evaluation.inspection import SOLID, VISIBLE_HALO, Inspection, inspect_cutout
from mattekit.imaging.compose import premultiply
from mattekit.synthetic.scene import scene


def has_halo(inspection: Inspection) -> bool:
    """Whether the report speaks of a halo."""
    return inspection.halo is not None and inspection.halo > VISIBLE_HALO


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="eight small scenes")
    parser.add_argument("--scenes", type=int, default=80)
    parser.add_argument("--size", type=int, default=400)
    options = parser.parse_args()
    count, size = (8, 128) if options.quick else (options.scenes, options.size)
    found = dict.fromkeys(
        [
            "solid enough to be judged",
            "halo, clean colours",
            "halo, the photo's colours",
            "premultiplied, clean colours",
            "premultiplied, multiplied colours",
            "holes",
            "specks",
        ],
        0,
    )
    for seed in range(count):
        picture = scene(seed, size)
        clean = inspect_cutout(picture.foreground, picture.alpha)
        found["holes"] += clean.holes > 0
        found["specks"] += clean.specks > 0
        if clean.halo is None or picture.alpha.min() > SOLID:
            continue
        multiplied = premultiply(picture.foreground, picture.alpha)
        found["solid enough to be judged"] += 1
        found["halo, clean colours"] += has_halo(clean)
        found["halo, the photo's colours"] += has_halo(inspect_cutout(picture.image, picture.alpha))
        found["premultiplied, clean colours"] += clean.premultiplied
        found["premultiplied, multiplied colours"] += inspect_cutout(
            multiplied, picture.alpha
        ).premultiplied
    print(f"| of {count} scenes of {size}x{size} | scenes |\n|---|--:|")
    for what, scenes in found.items():
        print(f"| {what} | {scenes} |")


if __name__ == "__main__":
    main()

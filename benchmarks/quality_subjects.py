"""Does the subject finder find the subject of photographs that no training saw?

    python benchmarks/quality_subjects.py PHOTOS [PHOTOS ...] [--model FILE.onnx] [--quick]

PHOTOS are folders with the 25 photographs that `benchmarks/subjects.json` names; their masks lie in
`subjects`. Prints intersection over union of the mask at 0.5 with the drawn one, the better of
two where a photograph was drawn in two readings: of the network alone, of the whole finder without
a hint, and with the box and the points of the file. `--quick` measures the cat of `examples` alone.
"""

import json
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from harness import Options, Report, clock

from mattekit.core.prompt import Prompt
from mattekit.core.types import Alpha, Mask
from mattekit.data.folders import pictures_below
from mattekit.imaging.files import open_picture, read_alpha
from mattekit.imaging.picture import to_depth
from mattekit.imaging.resize import resize
from mattekit.subject.finder import Finder, overlap

HERE = Path(__file__).parent
READINGS = [HERE.parent / "subjects" / name for name in ("test", "test-second")]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One photograph."""

    network: float
    alone: float
    sure: float
    box: float
    points: float
    seconds: float


def masks_of(name: str, size: tuple[int, int]) -> list[Mask]:
    """What was drawn, at the size of the photograph."""
    paths = [folder / f"{name}.png" for folder in READINGS]
    return [resize(read_alpha(path), size) > 0.5 for path in paths if path.exists()]


def measure(finder: Finder, photo: Path, name: str, hints: dict[str, list[list[int]]]) -> Row:
    """The overlaps of one photograph."""
    pixels = to_depth(open_picture(photo).colours, 8)
    size = (pixels.shape[0], pixels.shape[1])
    drawn = masks_of(name, size)

    def best(mask: Alpha) -> float:
        return max(overlap(mask > 0.5, each) for each in drawn)

    looks, _ = finder._looks(pixels, Prompt())
    with clock() as taken:
        alone = finder.segment(pixels, Prompt())
    on, off = (tuple((x, y) for x, y in hints[key]) for key in ("points", "not_points"))
    x, y, width, height = hints["box"]
    return Row(
        network=best(resize(np.mean(looks, axis=0), size)),
        alone=best(alone.mask),
        sure=alone.sure or 0.0,
        box=best(finder.segment(pixels, Prompt(box=(x, y, width, height))).mask),
        points=best(finder.segment(pixels, Prompt(on=on, off=off)).mask),
        seconds=taken.wall,
    )


def main() -> None:
    parser = Options(__doc__, quick="the cat of the examples alone")
    parser.add_argument("photos", nargs="*", type=Path, metavar="PHOTOS")
    parser.add_argument("--model", type=Path, help="a file that mattekit export wrote")
    options = parser.parse_args()
    if not options.photos and not options.quick:
        parser.error("name the folders of the photographs, or --quick")
    subjects = json.loads((HERE / "subjects.json").read_text())
    folders = [HERE.parent / "examples" / "photos"] if options.quick else options.photos
    found = {path.stem: path for folder in folders for path in pictures_below(folder)}
    names = ["cat"] if options.quick else [name for name in subjects if name in found]
    for name in [] if options.quick else sorted(set(subjects) - set(found)):
        print(f"not in these folders, left out: {name}")
    finder = Finder(options.model)
    with Report(options.json) as report:
        numbers = " | ".join(f"{field.name}:.3f" for field in fields(Row))
        table = report.table(f"photograph | {numbers}")
        rows = []
        for name in names:
            rows.append(astuple(measure(finder, found[name], name, subjects[name])))
            table.row(name, *rows[-1])
        table.row(f"mean of {len(rows)}", *np.mean(rows, axis=0))
        alone = np.array([row[1] for row in rows])
        for least in (0.95, 0.9, 0.8):
            count = np.count_nonzero(alone > least)
            report.say(f"without a hint above {least}: {count} of {len(rows)}")


if __name__ == "__main__":
    main()

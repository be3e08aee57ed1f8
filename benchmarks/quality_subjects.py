"""Does the subject finder find the subject of photographs that no training saw?

    python benchmarks/quality_subjects.py PHOTOS [PHOTOS ...] [--model FILE.onnx] [--quick]
    python benchmarks/quality_subjects.py PHOTOS [PHOTOS ...] --cutouts [--box] [--segmenter NAME]

PHOTOS are folders with the 25 photographs that `benchmarks/subjects.json` names; their masks lie in
`subjects`. Prints intersection over union of the mask at 0.5 with the drawn one, the better of
two where a photograph was drawn in two readings: of the network alone, of the whole finder without
a hint, and with the box and the points of the file. `--cutouts` measures the finished alpha above
0.5 instead, its mean error over the whole photograph in thousandths, and its largest wrong hole or
piece as a share of the subject; a refused photograph counts as 0. `--quick` measures the cat of
`examples` alone.
"""

import json
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import cv2
import numpy as np
from harness import Options, Report, clock

from mattekit.core.errors import NoSubject
from mattekit.core.prompt import Prompt
from mattekit.core.types import Alpha, Mask
from mattekit.cutouts.cutout import cut_picture
from mattekit.data.folders import pictures_below
from mattekit.imaging.files import open_picture, read_alpha
from mattekit.imaging.picture import to_depth
from mattekit.imaging.resize import resize
from mattekit.inference.matting import Matting, build_matting
from mattekit.subject.finder import Finder, overlap
from mattekit.subject.hints import Auto, Box

HERE = Path(__file__).parent
LEVELS = (0.95, 0.9, 0.8)
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


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The cut-out of one photograph."""

    overlap: float = 0.0
    error: float = float("nan")
    flaw: float = 1.0
    confidence: float = 0.0

    @property
    def right(self) -> bool:
        """By the strict rule: nearly the drawn mask, and no wrong hole or piece that shows."""
        return self.overlap >= 0.95 and self.flaw <= 0.005


def cut_out(photo: Path, name: str, method: Matting, hint: Auto | Box) -> Finished:
    """What `mattekit cutout PHOTO` makes of a photograph."""
    picture = open_picture(photo)
    try:
        cut = cut_picture(picture, hint, method, clean=False)
    except NoSubject:
        return Finished()
    found = cut.alpha > 0.5
    drawn = max(masks_of(name, picture.size), key=lambda mask: overlap(found, mask))
    _, _, parts, _ = cv2.connectedComponentsWithStats((found != drawn).astype(np.uint8))
    return Finished(
        overlap=overlap(found, drawn),
        error=float(1000 * np.abs(cut.alpha - drawn).mean()),
        flaw=float(parts[1:, cv2.CC_STAT_AREA].max(initial=0) / np.count_nonzero(drawn)),
        confidence=cut.subject_confidence or 0.0,
    )


def report_cutouts(report: Report, photos: dict[str, Path], hints: dict[str, Auto | Box]) -> None:
    """A row for each finished photograph, and how many are right."""
    method = build_matting(None)
    columns = "overlap:.3f | error:.1f | largest flaw:.1% | confidence:.2f"
    table = report.table(f"photograph | {columns}")
    rows = []
    for name, photo in photos.items():
        rows.append(cut_out(photo, name, method, hints[name]))
        table.row(name, *astuple(rows[-1]))
    overlaps = np.array([row.overlap for row in rows])
    counts = ", ".join(f"{np.count_nonzero(overlaps >= least)} of {least}" for least in LEVELS)
    right = sum(row.right for row in rows)
    error = np.nanmean([row.error for row in rows])
    report.say(f"mean {overlaps.mean():.3f}; {counts} or more; strictly right {right}")
    report.say(f"mean error where not refused {error:.1f}")


def main() -> None:
    parser = Options(__doc__, quick="the cat of the examples alone")
    parser.add_argument("photos", nargs="*", type=Path, metavar="PHOTOS")
    parser.add_argument("--model", type=Path, help="a file that mattekit export wrote")
    parser.add_argument("--cutouts", action="store_true", help="measure finished cut-outs")
    parser.add_argument("--box", action="store_true", help="give --cutouts the box of the subject")
    parser.add_argument("--segmenter", default="small", help="of --cutouts; auto: as installed")
    options = parser.parse_args()
    if not options.photos and not options.quick:
        parser.error("name the folders of the photographs, or --quick")
    subjects = json.loads((HERE / "subjects.json").read_text())
    folders = [HERE.parent / "examples" / "photos"] if options.quick else options.photos
    found = {path.stem: path for folder in folders for path in pictures_below(folder)}
    names = ["cat"] if options.quick else [name for name in subjects if name in found]
    for name in [] if options.quick else sorted(set(subjects) - set(found)):
        print(f"not in these folders, left out: {name}")
    if options.cutouts:
        segmenter = None if options.segmenter == "auto" else options.segmenter
        hints: dict[str, Auto | Box] = {
            name: Box(value=tuple(subjects[name]["box"]), segmenter=segmenter)
            if options.box
            else Auto(segmenter=segmenter)
            for name in names
        }
        with Report(options.json) as report:
            report_cutouts(report, {name: found[name] for name in names}, hints)
        return
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
        for least in LEVELS:
            count = np.count_nonzero(alone > least)
            report.say(f"without a hint above {least}: {count} of {len(rows)}")


if __name__ == "__main__":
    main()

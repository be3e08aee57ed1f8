"""How much better is the cut-out of a rough mask with bands as wide as its edge is soft?

    python benchmarks/quality_bands.py --data DIR [--model compact] [--quick]

DIR is laid out as `pictures.py` says. Masks are made from the true alpha, wrong in
the ways of segmenters: seen at 320x320 and blurred; without thin parts; shifted as well; with
holes and loose pieces. Errors are means of |alpha - true| over the whole picture, in thousandths:
of what each trimap says is known, of the matte, and of the cut-out, in which the mask decides where
the matting is unsure, unless an even band was asked for.
"""

from collections import defaultdict
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from harness import Options, Report
from pictures import photographs, scenes

from mattekit.core.types import UNKNOWN, Alpha, Plane, Trimap
from mattekit.imaging.resize import resize
from mattekit.imaging.trimap import diagonal, edge_band
from mattekit.inference.matting import build_matting
from mattekit.subject.bands import soft_bands
from mattekit.subject.settling import settled

SIDE = 320
SHIFT = 0.006  # of the picture's diagonal
OPENED = 0.008
SPOT = 0.012
QUICK = 2


def coarse(alpha: Alpha) -> Alpha:
    """As a network of 320x320 sees it."""
    small = resize((alpha > 0.5).astype(np.float32), (SIDE, SIDE))
    return resize(cv2.GaussianBlur(small, (0, 0), 1.5), alpha.shape).clip(0, 1)


def opened(alpha: Alpha) -> Alpha:
    """Without thin parts."""
    width = round(OPENED * np.hypot(*alpha.shape)) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    solid = (alpha > 0.5).astype(np.uint8)
    return cv2.morphologyEx(solid, cv2.MORPH_OPEN, disc).astype(np.float32)


def shifted(alpha: Alpha) -> Alpha:
    """Coarse, and to one side."""
    away = round(SHIFT * np.hypot(*alpha.shape))
    return np.roll(coarse(alpha), (away, -away), (0, 1))


def holed(alpha: Alpha) -> Alpha:
    """Opened, with three round holes and three specks."""
    mask, rng = opened(alpha), np.random.default_rng(0)
    radius = round(SPOT * np.hypot(*alpha.shape))
    apart = np.ones((6 * radius, 6 * radius), np.uint8)
    for value, size, free in (
        (0.0, radius, cv2.erode(mask, apart) > 0),
        (1.0, radius // 3, cv2.dilate(mask, apart) < 1),
    ):
        places = np.argwhere(free)
        for place in places[rng.integers(len(places), size=3)] if len(places) else ():
            cv2.circle(mask, (int(place[1]), int(place[0])), size, value, -1)
    return mask


MASKS: dict[str, Callable[[Alpha], Alpha]] = {
    spoil.__name__: spoil for spoil in (coarse, opened, shifted, holed)
}
RULES: dict[str, Callable[[Plane, Alpha], Trimap]] = {
    "even, 1 %": lambda image, mask: edge_band(
        mask, max(4, 0.01 * diagonal(mask > 0.5)), tolerance=0.1
    ),
    "as soft as the edge": soft_bands,
}


def main() -> None:
    parser = Options(__doc__, quick=f"{QUICK} pictures only; without --data, scenes")
    parser.add_argument("--data", type=Path, help="folder of real photographs")
    parser.add_argument("--model", default="compact")
    options = parser.parse_args()
    if not options.data and not options.quick:
        parser.error("name the folder of the photographs by --data, or --quick")
    pictures = photographs(options.data, "trimap") if options.data else scenes(QUICK)
    method = build_matting(options.model)
    found = defaultdict(list)
    for image, alpha, _ in islice(pictures, QUICK if options.quick else None):
        for mask, spoil in MASKS.items():
            spoilt = spoil(alpha)
            for rule, bands in RULES.items():
                trimap = bands(image, spoilt)
                known = trimap != UNKNOWN
                matte = method.matte(image, trimap)
                end = settled(matte, spoilt, trimap) if bands is soft_bands else matte
                alphas = np.where(known, trimap / 2, alpha), matte.alpha, end.alpha
                errors = [1000 * np.abs(each - alpha).mean() for each in alphas]
                found[mask, rule].append([*errors, (~known).mean()])
    with Report(options.json) as report:
        report.say(f"{len(found['coarse', 'even, 1 %'])} pictures, {options.model}")
        errors = "known, wrong by:.2f | matte, wrong by:.2f | cut-out, wrong by:.2f"
        table = report.table(f"mask | bands | {errors} | unknown:.1%")
        for names, values in found.items():
            table.row(*names, *np.mean(values, axis=0))


if __name__ == "__main__":
    main()

"""How much better is the cut-out of a rough mask with bands as wide as its edge is soft?

    python benchmarks/quality_bands.py --data DIR [--model compact] [--quick]

DIR holds image/ and alpha/ with the same file names. Masks are made from the true alpha, wrong in
the ways of segmenters: seen at 320x320 and blurred; without thin parts; shifted as well; with
holes and loose pieces. Errors are means of |alpha - true| over the whole picture, in thousandths:
of what each trimap says is known, and of the cut-out.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from mattekit.classical.grabcut import edge_band
from mattekit.core.types import UNKNOWN, Alpha, Plane, Trimap
from mattekit.imaging.files import open_picture, read_alpha
from mattekit.imaging.resize import resize
from mattekit.inference.matting import build_matting
from mattekit.subject.bands import diagonal, soft_bands

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
    "coarse": coarse,
    "opened": opened,
    "shifted": shifted,
    "holed": holed,
}
RULES: dict[str, Callable[[Plane, Alpha], Trimap]] = {
    "even, 1 %": lambda image, mask: edge_band(
        mask, max(4, 0.01 * diagonal(mask > 0.5)), tolerance=0.1
    ),
    "as soft as the edge": soft_bands,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="compact")
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK} pictures")
    options = parser.parse_args()
    method = build_matting(options.model)
    paths = sorted((options.data / "image").iterdir())[: QUICK if options.quick else None]
    rows: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for path in paths:
        image = open_picture(path).colours
        alpha = read_alpha(options.data / "alpha" / path.name)
        for mask, spoil in MASKS.items():
            for rule, bands in RULES.items():
                trimap = bands(image, spoil(alpha))
                known = trimap != UNKNOWN
                found = method.matte(image, trimap).alpha
                rows.setdefault((mask, rule), []).append(
                    (
                        1000 * float((np.abs(trimap / 2 - alpha) * known).mean()),
                        1000 * float(np.abs(found - alpha).mean()),
                        100 * float((~known).mean()),
                    )
                )
        print(f"{path.name} done", flush=True)
    print(f"{len(paths)} pictures, {options.model}\n")
    print("| mask | bands | known, wrong by | cut-out, wrong by | unknown |\n|---|---|---|---|---|")
    for (mask, rule), values in rows.items():
        known, cut, unknown = np.mean(values, axis=0)
        print(f"| {mask} | {rule} | {known:.2f} | {cut:.2f} | {unknown:.1f} % |")


if __name__ == "__main__":
    main()

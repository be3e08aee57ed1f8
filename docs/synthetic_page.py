"""Writes the table of kinds into synthetic.md and draws its pictures.

    python docs/synthetic_page.py

The photographs beside the scenes are those that scikit-image brings along: the public-domain
astronaut and rocket, and the CC0 cat and coffee cup. A test compares the table with this program.
"""

from pathlib import Path

import cv2
import numpy as np
from skimage import data

from mattekit.core.types import Image
from mattekit.imaging.files import encode_image, write_image
from mattekit.imaging.resize import resize
from mattekit.synthetic.kinds import KINDS
from mattekit.synthetic.scene import scene

PAGE = Path(__file__).with_name("synthetic.md")
PICTURES = Path(__file__).parent / "pictures" / "synthetic"
BEGIN = "<!-- kinds: written by docs/synthetic_page.py -->\n"
END = "<!-- end of kinds -->"
HEAD = "| kind | share of the mix | what varies | photo and alpha |\n|---|---|---|---|\n"
SCENES, COLUMNS, SHOWN, THUMBNAIL, GAP = 24, 4, 116, 96, 4
PHOTOS = (data.astronaut, data.chelsea, data.coffee, data.rocket)


def table() -> str:
    """A row for every kind."""
    total = sum(kind.share for kind in KINDS.values())
    return HEAD + "".join(
        f"| `{name}` | {100 * kind.share / total:.0f} % | {kind.varies} "
        f"| ![{name}](pictures/synthetic/{name}.jpg) |\n"
        for name, kind in KINDS.items()
    )


def with_table(page: str) -> str:
    """The page with the table between its two marks."""
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    return before + BEGIN + table() + END + after


def thumbnail(kind: str) -> Image:
    """A scene and its alpha, small."""
    sample = scene(3, 384, kind=kind)
    alpha = cv2.merge([sample.alpha] * 3)
    return np.hstack([resize(plane, (THUMBNAIL, THUMBNAIL)) for plane in (sample.image, alpha)])


def photo_crops(rng: np.random.Generator) -> list[Image]:
    """Crops of photographs as large as the scenes are drawn, or as the photograph is."""
    crops = []
    for number in range(SCENES):
        photo = PHOTOS[number % len(PHOTOS)]().astype(np.float32) / 255
        side = int(rng.uniform(0.4, 1.0) * min(photo.shape[:2]))
        top, left = (int(rng.integers(0, length - side + 1)) for length in photo.shape[:2])
        crops.append(photo[top : top + side, left : left + side])
    return crops


def sheet(pictures: list[Image]) -> Image:
    """The pictures in rows."""
    tiles = [np.pad(resize(one, (SHOWN, SHOWN)), ((0, GAP), (0, GAP), (0, 0))) for one in pictures]
    rows = [np.hstack(tiles[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)]
    return np.vstack(rows)


def main() -> None:
    PAGE.write_text(with_table(PAGE.read_text()))
    for kind in KINDS:
        write_image(PICTURES / f"{kind}.jpg", thumbnail(kind))
    scenes = sheet([scene(seed).image for seed in range(SCENES)])
    photos = sheet(photo_crops(np.random.default_rng(0)))
    wide = np.ones((len(scenes), 4 * GAP, 3), np.float32)
    both = np.hstack([scenes, wide, photos])
    write_image(PICTURES / "sheet.jpg", both)
    print(
        f"wrote {PAGE} and {PICTURES}; the sheet has {len(encode_image(both, format='jpeg'))} bytes"
    )


if __name__ == "__main__":
    main()

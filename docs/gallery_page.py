"""Draw the gallery anew: python docs/gallery_page.py

Each strip is the input, what was known of it, the alpha, and the subject on another background, as
`mattekit.cutout` gives them: no picture is chosen by its result. The photographs are the bundled
ones; a scene is the first of its kind, from the seed below on, whose trimap knows some of both.
"""

from dataclasses import dataclass
from itertools import count
from pathlib import Path

import cv2
import numpy as np

import mattekit
from mattekit.core.types import BACKGROUND, FOREGROUND, Image, Sample, Trimap
from mattekit.imaging.picture import to_float
from mattekit.imaging.resize import fit_within, resize
from mattekit.imaging.trimap import to_pixels

HERE = Path(__file__).parent
PHOTOS = HERE.parent / "examples" / "photos"
PICTURES = HERE / "pictures" / "gallery"
BEGIN, END = "<!-- strips: written by docs/gallery_page.py -->\n", "<!-- end of strips -->"
KINDS = ("hair", "fur", "feather", "leaves", "lace", "veil", "glass")
SEED, SIDE, HEIGHT, GAP = 21, 384, 200, 6


@dataclass(frozen=True, kw_only=True)
class Strip:
    """One input and what the page says of it."""

    name: str
    title: str
    image: Image
    trimap: Trimap | None = None


def strips() -> list[Strip]:
    """The photographs with and without a hint, then the scenes."""
    found = []
    for name, what in (("astronaut.jpg", "Astronaut (NASA)"), ("cat.png", "Cat (Chelsea)")):
        photo = mattekit.read_image(PHOTOS / name)
        stem = Path(name).stem
        trimap = mattekit.read_trimap(PHOTOS / f"{stem}-trimap.png")
        found.append(Strip(name=stem, title=f"{what}, no hint", image=photo))
        found.append(
            Strip(name=f"{stem}-trimap", title=f"{what}, trimap", image=photo, trimap=trimap)
        )
    for kind in KINDS:
        sample = first_known(kind)
        scene = Strip(name=kind, title=f"Scene: {kind}", image=sample.image, trimap=sample.trimap)
        found.append(scene)
    return found


def first_known(kind: str) -> Sample:
    """The first scene of which some foreground and some background is known."""
    scenes = (mattekit.synthetic.scene(seed, SIDE, kind=kind) for seed in count(SEED))
    return next(s for s in scenes if {BACKGROUND, FOREGROUND} <= set(np.unique(s.trimap)))


def drawn(strip: Strip) -> tuple[Image, str]:
    """The strip, and what is to be said of the result."""
    try:
        cut = mattekit.cutout(strip.image, trimap=strip.trimap)
    except mattekit.MattekitError as error:
        return small(strip.image), f"refused: {error}"
    background = mattekit.synthetic.background_picture(np.random.default_rng(8), cut.alpha.shape)
    grey = [cv2.merge([plane] * 3) for plane in (to_float(to_pixels(cut.trimap)), cut.alpha)]
    row = beside([strip.image, *grey, cut.on(background)])
    said = f"confidence {cut.confidence:.2f}" if cut.confidence is not None else ""
    return row, "; ".join(filter(None, [said, *cut.warnings]))


def beside(pictures: list[Image]) -> Image:
    """The pictures in one row, with gaps between them."""
    gap = np.ones((HEIGHT, GAP, 3), np.float32)
    parts = [part for picture in pictures for part in (small(picture), gap)][:-1]
    return np.hstack(parts).clip(0, 1)


def small(plane: Image) -> Image:
    """As high as a strip."""
    height, width = plane.shape[:2]
    return resize(plane, fit_within((height, width), round(max(1.0, width / height) * HEIGHT)))


def main() -> None:
    text = ""
    for strip in strips():
        picture, said = drawn(strip)
        mattekit.write_image(PICTURES / f"{strip.name}.jpg", picture)
        place = f"pictures/gallery/{strip.name}.jpg"
        text += f"## {strip.title}\n\n![{strip.title}]({place})\n\n{said}\n\n"
    page = HERE / "gallery.md"
    before, after = page.read_text().split(BEGIN)[0], page.read_text().split(END)[1]
    page.write_text(before + BEGIN + text + END + after)
    print(f"wrote {page} and {PICTURES}")


if __name__ == "__main__":
    main()

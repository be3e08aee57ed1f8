"""The picture of the README: a scene whose alpha is known, and what mattekit makes of it.

    python examples/readme_picture.py

Photo, trimap, our alpha, the true alpha, our cut-out on a new background; 1200 px, shown smaller.
"""

from pathlib import Path

import numpy as np

import mattekit
from mattekit.core.types import Image, Plane
from mattekit.imaging.picture import to_float
from mattekit.imaging.resize import resize
from mattekit.imaging.trimap import to_pixels

SEED, SIZE, SHOWN = 105, 1200, 400
PLACE = Path(__file__).parents[1] / "docs" / "pictures" / "readme.jpg"


def panel(plane: Plane) -> Image:
    small = resize(plane, (SHOWN, SHOWN))
    return small if small.ndim == 3 else np.repeat(small[..., None], 3, axis=2)


def main() -> None:
    scene = mattekit.synthetic.scene(SEED, SIZE, kind="hair")
    trimap = mattekit.make_trimap(scene.alpha, 12, 25)
    cut = mattekit.cutout(scene.image, trimap=trimap)
    background = mattekit.synthetic.background_picture(np.random.default_rng(8), (SIZE, SIZE))
    planes = (scene.image, to_float(to_pixels(trimap)), cut.alpha, scene.alpha, cut.on(background))
    gap = np.ones((SHOWN, 6, 3), np.float32)
    row = [part for plane in planes for part in (panel(plane), gap)]
    mattekit.write_image(PLACE, np.concatenate(row[:-1], axis=1))
    sad = mattekit.metrics.sad(cut.alpha, scene.alpha, trimap)
    print(f"{PLACE}: SAD {sad:.2f} by {cut.model}")


if __name__ == "__main__":
    main()

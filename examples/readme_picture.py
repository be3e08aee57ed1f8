"""The picture of the README: a photo, and what `mattekit cutout photo.jpg` makes of it.

    python examples/readme_picture.py

The photo, the cut-out on a checkerboard, and on a new background.
"""

from pathlib import Path

import numpy as np

import mattekit
from mattekit.core.types import Image

PHOTO = Path(__file__).parent / "photos" / "astronaut.jpg"
PLACE = Path(__file__).parents[1] / "docs" / "pictures" / "readme.jpg"
SQUARE = 16


def checkerboard(size: tuple[int, int]) -> Image:
    """Light grey and white squares."""
    rows, columns = np.indices(size) // SQUARE
    grey = np.where((rows + columns) % 2, np.float32(0.8), np.float32(1))
    return np.repeat(grey[..., None], 3, axis=2)


def main() -> None:
    cut = mattekit.cutout(PHOTO)
    size = cut.alpha.shape
    background = mattekit.synthetic.background_picture(np.random.default_rng(8), size)
    gap = np.ones((size[0], 6, 3), np.float32)
    shown = (mattekit.read_image(PHOTO), cut.on(checkerboard(size)), cut.on(background))
    row = [part for picture in shown for part in (picture, gap)]
    mattekit.write_image(PLACE, np.concatenate(row[:-1], axis=1))
    print(f"{PLACE}: {'; '.join(cut.warnings) or 'no remarks'}")


if __name__ == "__main__":
    main()

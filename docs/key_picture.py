"""Draw the picture of docs/known-backgrounds.md anew: python docs/key_picture.py

Three drawn scenes of seeds that nothing was tuned on, keyed by `mattekit.key`, each as
`--save preview` shows it. The kinds are chosen, their seeds are not.
"""

from pathlib import Path

import numpy as np

import mattekit
from mattekit.cutouts.preview import preview
from mattekit.imaging.picture import to_depth
from mattekit.imaging.resize import resize
from mattekit.synthetic.screens import screen_scene

PICTURE = Path(__file__).parent / "pictures" / "key.jpg"
KINDS = ("hair", "feather", "glass")
SEED, SIZE, WIDTH = 9_500_000, (360, 480), 1500


def main() -> None:
    """One strip below the other."""
    strips = []
    for number, kind in enumerate(KINDS):
        image = screen_scene(SEED + number, SIZE, kind=kind).image
        strips.append(preview(image, mattekit.key(to_depth(image, 8))))
    sheet = np.concatenate(strips)
    height = round(sheet.shape[0] * WIDTH / sheet.shape[1])
    mattekit.write_image(PICTURE, resize(sheet, (height, WIDTH)))


if __name__ == "__main__":
    main()

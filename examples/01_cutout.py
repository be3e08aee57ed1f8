"""Cut the astronaut out of her photograph. Run from the repository: python examples/01_cutout.py"""

from pathlib import Path

import mattekit

PHOTOS = Path(__file__).parent / "photos"

cut = mattekit.cutout(PHOTOS / "astronaut.jpg", trimap=PHOTOS / "astronaut-trimap.png")
cut.save("astronaut.png")

"""The cut-outs of five fixed pictures, recorded: python tests/golden/cutouts.py writes them anew.

A change of the code that should not change results is held against them; a change that should is
recorded, and `benchmarks/LOG.md` says why.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

import mattekit
from mattekit.core.types import Image, Trimap
from mattekit.imaging.files import read_image, read_trimap
from mattekit.imaging.resize import resize

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
RECORDED = Path(__file__).with_name("cutouts.npz")


def pictures() -> Iterator[tuple[str, Image, Trimap]]:
    """The two bundled photographs and three scenes, with their trimaps."""
    for name, suffix in (("astronaut", ".jpg"), ("cat", ".png")):
        trimap = read_trimap(PHOTOS / f"{name}-trimap.png")
        yield name, read_image(PHOTOS / f"{name}{suffix}"), trimap
    for seed in (1, 2, 3):
        scene = mattekit.synthetic.scene(seed, 512)
        yield f"scene-{seed}", scene.image, scene.trimap


def small(plane: np.ndarray) -> np.ndarray:
    """A quarter of the size, in 8 bits: enough to see any change, and small in the repository."""
    size = tuple(-(-side // 4) for side in plane.shape[:2])
    return np.round(255 * resize(plane.astype(np.float32), size)).astype(np.uint8)


def found() -> dict[str, np.ndarray]:
    """Alpha and premultiplied colours of every picture."""
    planes = {}
    for name, image, trimap in pictures():
        cut = mattekit.cutout(image, trimap=trimap)
        planes[f"{name}-alpha"] = small(cut.alpha)
        planes[f"{name}-colours"] = small(cut.foreground * cut.alpha[..., None])
    return planes


if __name__ == "__main__":
    np.savez_compressed(RECORDED, **found())

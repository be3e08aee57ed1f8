"""Data sets written by hand: a listing of files, each made of the plane that its folder holds."""

import zlib
from pathlib import Path

import numpy as np

from mattekit.core.types import Alpha, Size
from mattekit.imaging.files import write_alpha, write_image, write_trimap
from mattekit.imaging.trimap import band

SIZE = (24, 32)
ALPHAS = ("alpha", "mask", "gt_training_lowres")


def grow(root: Path, listing: str, size: Size = SIZE) -> Path:
    """Write every file of the listing, one a line; a text file has its lines after a colon."""
    for line in filter(None, map(str.strip, listing.splitlines())):
        name, colon, text = line.partition(":")
        path = root / name.strip()
        path.parent.mkdir(parents=True, exist_ok=True)
        if colon:
            path.write_text("".join(f"{row.strip()}\n" for row in text.split(";")))
        else:
            draw(path, size)
    return root


def draw(path: Path, size: Size = SIZE) -> None:
    """An alpha, a trimap or colours, by the name of the folder, different for every stem."""
    folder = path.parent.name.lower()
    if folder in ALPHAS:
        write_alpha(path, soft_square(size))
    elif folder.startswith("trimap"):
        write_trimap(path, band(soft_square(size), inner=1, outer=2))
    else:
        write_image(path, colours(path.stem, size))


def soft_square(size: Size = SIZE) -> Alpha:
    """Opaque in the middle, half transparent around it, nothing at the border."""
    alpha = np.zeros(size, dtype=np.float32)
    alpha[5:-5, 5:-5] = 0.5
    alpha[8:-8, 8:-8] = 1
    return alpha


def colours(stem: str, size: Size = SIZE) -> np.ndarray:
    """A smooth picture that JPEG hardly changes, another one for every name."""
    rng = np.random.default_rng(zlib.crc32(stem.encode()))
    ramp = np.linspace(0, 1, size[1], dtype=np.float32)[None, :, None]
    first, last = rng.random((2, 3), dtype=np.float32)
    return np.repeat(first + (last - first) * ramp, size[0], axis=0).astype(np.float32)

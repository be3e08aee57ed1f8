"""A small folder of predictions, truths, trimaps and photos."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mattekit.evaluation.pairing import Pairing, pair_files
from mattekit.imaging.files import write_alpha, write_image, write_trimap

ROLES = {"predicted": "p", "true": "t", "trimap": "m", "photo": "i", "foreground": "f"}


@dataclass(frozen=True)
class Folder:
    """Where the files of a small test set are."""

    root: Path

    def path(self, role: str, name: str) -> Path:
        return self.root / ROLES[role] / f"{name}.png"

    def pairing(self, *roles: str) -> Pairing:
        wanted = roles or ("predicted", "true", "trimap")
        return pair_files({role: sorted((self.root / ROLES[role]).iterdir()) for role in wanted})


def disc(size: tuple[int, int], radius: float) -> np.ndarray:
    """A soft disc."""
    y, x = np.indices(size)
    distance = np.hypot(y - size[0] / 2, x - size[1] / 2)
    return np.clip((radius - distance) / 6 + 0.5, 0, 1).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Three pictures, `a` predicted best and `c` worst."""
    made = Folder(tmp_path)
    for number, name in enumerate("abc"):
        true = disc((30, 40), 9)
        trimap = np.where(true <= 0, 0, np.where(true >= 1, 2, 1)).astype(np.uint8)
        colours = np.full((30, 40, 3), 0.25, np.float32)
        write_alpha(made.path("true", name), true)
        write_trimap(made.path("trimap", name), trimap)
        write_alpha(made.path("predicted", name), disc((30, 40), 9 - number))
        write_image(made.path("photo", name), colours)
        write_image(made.path("foreground", name), colours)
    return made

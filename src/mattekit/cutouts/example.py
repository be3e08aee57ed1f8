"""The bundled photo and every kind of hint for it, as files to try."""

import shutil
from pathlib import Path

import cv2
import numpy as np

from mattekit.core.atomic import make_folder, replacing, write_text
from mattekit.core.errors import BadOutput
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Mask, Plane, Trimap
from mattekit.imaging.files import read_trimap, write_alpha, write_trimap

FOLDER = Path(__file__).parent / "example"
STROKES_FROM_EDGE = 40
"""Distance in pixels between the example's strokes and the edge."""


def write_example(folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write photo.jpg, trimap.png, mask.png, strokes.png and box.txt, and their licence.

    >>> import tempfile
    >>> [path.name for path in write_example(Path(tempfile.mkdtemp()))]
    ['photo.jpg', 'trimap.png', 'mask.png', 'strokes.png', 'box.txt', 'LICENCE.md']
    """
    names = ("photo.jpg", "trimap.png", "mask.png", "strokes.png", "box.txt", "LICENCE.md")
    paths = [make_folder(folder) / name for name in names]
    for path in paths:
        if path.exists() and not overwrite:
            raise BadOutput(f"{path} exists; name an empty folder, or add --overwrite")
    trimap = read_trimap(FOLDER / "example-trimap.png")
    mask = _mask(trimap)
    photo, trimap_file, mask_file, strokes, box, licence = paths
    _copy(FOLDER / "example.jpg", photo)
    write_trimap(trimap_file, trimap)
    write_alpha(mask_file, mask.astype(np.float32))
    write_trimap(strokes, _strokes(trimap))
    write_text(box, ",".join(map(str, cv2.boundingRect(mask))) + "\n")
    _copy(FOLDER / "README.md", licence)
    return paths


def _mask(trimap: Trimap) -> Trimap:
    """1 on the subject: every unknown pixel goes to the nearer side."""
    return (_distance(trimap != FOREGROUND) <= _distance(trimap != BACKGROUND)).astype(np.uint8)


def _strokes(trimap: Trimap) -> Trimap:
    """Labels deep inside the subject and the background."""
    strokes = np.full_like(trimap, UNKNOWN)
    for label in (BACKGROUND, FOREGROUND):
        strokes[_distance(trimap == label) > STROKES_FROM_EDGE] = label
    return strokes


def _distance(away: Mask) -> Plane:
    """Pixels to the nearest one that is not marked."""
    return cv2.distanceTransform(away.astype(np.uint8), cv2.DIST_L2, 5)


def _copy(source: Path, target: Path) -> None:
    with replacing(target) as aside:
        shutil.copyfile(source, aside)

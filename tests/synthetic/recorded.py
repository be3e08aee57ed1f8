"""Scenes as they were when recorded: python -m synthetic.recorded, in the folder tests.

Planes are kept at 24 pixels for a few kinds, with a hash of their bytes and the environment that
the hash belongs to: versions and the processor's instruction sets, which decide the last bits.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mattekit.synthetic.scene import scene

SCENES = ("hair", "fur", "leaves", "lace", "glass", "flame")
SEED, SIZE = 20, 24
FILE = Path(__file__).with_name("recorded.npz")


def small_planes(kind: str) -> tuple[npt.NDArray[np.float32], str]:
    """Image, alpha, foreground and background side by side (h w 10), and a hash of their bytes."""
    sample = scene(SEED, SIZE, kind=kind)
    assert sample.foreground is not None
    assert sample.background is not None
    planes = np.dstack([sample.image, sample.alpha, sample.foreground, sample.background])
    return planes, hashlib.sha256(np.ascontiguousarray(planes).tobytes()).hexdigest()


def environment() -> str:
    """What decides the last bits of a scene."""
    return f"numpy {np.__version__}, opencv {cv2.__version__}, {cv2.getCPUFeaturesLine()}"


@cache
def recorded() -> dict[str, Any]:
    """Everything in the file."""
    with np.load(FILE) as file:
        return dict(file)


def record() -> None:
    """Write the file anew."""
    entries: dict[str, Any] = {"environment": environment()}
    for kind in SCENES:
        planes, digest = small_planes(kind)
        entries[kind] = planes.astype(np.float16)
        entries[f"{kind}-digest"] = digest
    np.savez_compressed(FILE, **entries)


if __name__ == "__main__":
    record()

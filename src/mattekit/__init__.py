"""Image matting. The names below are the whole public surface; importing them costs no torch."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mattekit import metrics, networks, synthetic
    from mattekit.classical.foreground import estimate_foreground
    from mattekit.core.errors import MattekitError
    from mattekit.cutouts.cutout import Cutout, cutout
    from mattekit.imaging.compose import over
    from mattekit.imaging.files import read_alpha, read_image, read_trimap, write_image
    from mattekit.imaging.trimap import make_trimap
    from mattekit.inference.load import load

HOME = {
    "Cutout": "mattekit.cutouts.cutout",
    "MattekitError": "mattekit.core.errors",
    "cutout": "mattekit.cutouts.cutout",
    "estimate_foreground": "mattekit.classical.foreground",
    "load": "mattekit.inference.load",
    "make_trimap": "mattekit.imaging.trimap",
    "over": "mattekit.imaging.compose",
    "read_alpha": "mattekit.imaging.files",
    "read_image": "mattekit.imaging.files",
    "read_trimap": "mattekit.imaging.files",
    "write_image": "mattekit.imaging.files",
}
ROOMS = ("metrics", "networks", "synthetic")

__all__ = [
    "Cutout",
    "MattekitError",
    "cutout",
    "estimate_foreground",
    "load",
    "make_trimap",
    "metrics",
    "networks",
    "over",
    "read_alpha",
    "read_image",
    "read_trimap",
    "synthetic",
    "write_image",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in ROOMS:
        return import_module(f"mattekit.{name}")
    if name not in HOME:
        raise AttributeError(f"module 'mattekit' has no attribute '{name}'")
    return getattr(import_module(HOME[name]), name)
